"""The European Union's notice of the legal guarantee, and its label of a producer's own.

Regulation (EU) 2025/1960 fixes what both say and look like. They are drawn once for pages, as SVG,
and once for mail, as PNG: by the same hand, so that neither can differ from the other.
"""

from mainstem.guarantee.label import Durability, durability, label_png, label_svg, label_words
from mainstem.guarantee.notice import notice_png, notice_svg, notice_words
from mainstem.guarantee.words import LABEL_URL, NOTICES, Notice, notice_of

__all__ = [
    "LABEL_URL",
    "NOTICES",
    "Durability",
    "Notice",
    "durability",
    "label_png",
    "label_svg",
    "label_words",
    "notice_of",
    "notice_png",
    "notice_svg",
    "notice_words",
]
