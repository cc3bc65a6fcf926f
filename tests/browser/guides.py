"""A guide, part by part: what it emphasises is what stands on the pages."""

from __future__ import annotations

import re
from pathlib import Path

GUIDES = Path(__file__).parents[2] / "docs/guides"


class Part:
    """One numbered part of a guide. Each word that it emphasises is read once at least."""

    def __init__(self, guide: str, no: int) -> None:
        text = (GUIDES / guide).read_text("utf-8")
        found = re.search(rf"^## {no}\. .*?\n(.*?)(?=^## |\Z)", text, re.M | re.S)
        assert found, f"the guide has no part {no}"
        self.text = " ".join(found[1].split())
        self.left = set(re.findall(r"\*([^*]+)\*", self.text))

    def __call__(self, words: str) -> str:
        """Words that the guide emphasises here."""
        assert f"*{words}*" in self.text, f"the guide does not say {words!r} here"
        self.left.discard(words)
        return words

    def is_done(self) -> None:
        """All that the guide emphasises was found."""
        assert not self.left, f"the guide also says {self.left}"
