"""How wide words are in the typeface of both drawings, and where their lines break."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from PIL import ImageFont

from mainstem.paths import STATIC

FAMILY = "Inter Notice"
"""What the style sheets call the files below; `Inter` itself would set whole pages in them."""
REGULAR, STRONG, HEAVY = 400, 600, 800
_MEASURED_AT = 200
"""Large, so that a width is not rounded to whole pixels of a small letter."""

Run = tuple[str, int]
"""Words and their weight."""


@cache
def font(weight: int, size: int) -> ImageFont.FreeTypeFont:
    """The typeface as it is drawn and measured with."""
    return ImageFont.truetype(STATIC / "fonts" / f"inter-{weight}.woff2", size)


def width(words: str, size: float, weight: int = REGULAR) -> float:
    """How far these words reach at this size."""
    return font(weight, _MEASURED_AT).getlength(words) * size / _MEASURED_AT


def lines(runs: Iterable[Run], size: float, room: float) -> list[list[Run]]:
    """Runs of words set in lines of at most this width, broken between words."""
    set_in: list[list[Run]] = [[]]
    reached = 0.0
    for text, weight in runs:
        for word in text.split(" "):
            wide = width(word + " ", size, weight)
            if set_in[-1] and reached + width(word, size, weight) > room:
                set_in.append([])
                reached = 0.0
            reached += wide
            _append(set_in[-1], word, weight)
    return set_in


def _append(line: list[Run], word: str, weight: int) -> None:
    if line and line[-1][1] == weight:
        line[-1] = (f"{line[-1][0]} {word}", weight)
    else:
        line.append((word, weight))
