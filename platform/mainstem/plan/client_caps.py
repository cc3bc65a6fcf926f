"""What all sales to one client pay a level at most: sale by sale, the oldest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class OfClient(NamedTuple):
    """What a level gets of one sale where all sales to its client pay it no more than `most_minor`, of which older
    ones leave `before_minor` standing as things are."""

    most_minor: int
    before_minor: int = 0

    def left_of(self, minor: int) -> int:
        """What of an amount finds place: of what is credited, and of what of it stands."""
        return max(0, min(self.most_minor - self.before_minor, minor))


def of_client(sales: Iterable[tuple[int, int]]) -> list[OfClient]:
    """What limits a level's share of each sale to one client, the oldest first: of each its most, and what of it
    would stand.

    What stands of all together is what would, or the most. A sale whose money goes back leaves its place to later
    ones; no refund raises the whole.
    """
    found, before = [], 0
    for most, stands in sales:
        one = OfClient(most, before)
        found.append(one)
        before += one.left_of(stands)
    return found
