"""What a line of a sale may pay a level at most: level by level, with fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from mainstem.audit.arithmetic import split_exactly

OfLine = tuple[int, int]
"""What of a row one line is, and what of that went back."""


def limited(part: int, lines: Sequence[OfLine], most: int) -> tuple[int, int]:
    """What a level's whole part comes to where no line pays more than so much: before anything went back, and
    after."""
    whole = sum(base for base, _ in lines)
    if not whole:
        return 0, 0
    gets = split_exactly([Fraction(part * base, whole) for base, _ in lines])
    keeps = (
        minor - floor(Fraction(minor * back, base or 1) + Fraction(1, 2))
        for minor, (base, back) in zip(gets, lines, strict=True)
    )
    return sum(min(minor, most) for minor in gets), sum(min(minor, most) for minor in keeps)
