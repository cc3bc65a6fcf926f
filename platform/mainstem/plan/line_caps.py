"""What one line of a sale pays a level at most: a level's share, divided over the lines and limited on each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mainstem.money import largest_remainder, rdiv


class LinePart(NamedTuple):
    """What of a portion one line is, and how much of that went back: 0 <= returned <= base."""

    base_minor: int
    returned_minor: int = 0


class ByLine(NamedTuple):
    """What a level gets, line by line, of which none pays it more than `most_minor`.

    `reached` of the `lines` come to more; what the others come to together is `under_minor`. `stands_minor` is
    what is left after what went back.
    """

    most_minor: int
    lines: int
    reached: int
    under_minor: int
    stands_minor: int

    @property
    def credited_minor(self) -> int:
        """What all lines pay together, before anything went back."""
        return self.reached * self.most_minor + self.under_minor


def by_line(part_minor: int, lines: Sequence[LinePart], most_minor: int) -> ByLine:
    """A level's whole part, divided over the lines by their bases: whole, by largest remainder, a tie going to
    the earlier line. Of each as much goes back as of its base, taken cumulatively and rounded once, and the
    limit is applied to what then stands."""
    whole = sum(line.base_minor for line in lines)
    parts = largest_remainder(part_minor, [line.base_minor for line in lines], whole)
    left = [
        part - rdiv(part * line.returned_minor, line.base_minor) if part else 0
        for part, line in zip(parts, lines, strict=True)
    ]
    under = [part for part in parts if part <= most_minor]
    return ByLine(
        most_minor=most_minor,
        lines=len(parts),
        reached=len(parts) - len(under),
        under_minor=sum(under),
        stands_minor=sum(min(one, most_minor) for one in left),
    )
