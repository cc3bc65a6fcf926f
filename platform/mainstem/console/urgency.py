"""What waits for somebody, in the order of what it costs to wait.

What is late stands first. Then the money counts that stands still: one more day costs whoever it belongs
to that much for a day. Where no money waits, or as much, more things stand before fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from mainstem.money import Money, exponent


@dataclass(frozen=True, slots=True)
class Waiting:
    """Things of one kind that wait: how many, since when, until when, and the money in them."""

    kind: str
    count: int
    since: datetime | None = None
    due: datetime | None = None
    amounts: tuple[Money, ...] = ()

    def is_late(self, now: datetime) -> bool:
        """Whether the first deadline among them is over."""
        return self.due is not None and self.due <= now


def by_cost(
    waiting: Iterable[Waiting], now: datetime, worth: Mapping[str, Fraction]
) -> list[Waiting]:
    """What waits, the costliest first. `worth` is what one unit of a currency is in the company's own;
    a currency that nobody has set a rate for counts as one."""
    return sorted(
        (one for one in waiting if one.count),
        key=lambda one: (not one.is_late(now), -per_day(one, worth), -one.count, one.kind),
    )


def per_day(one: Waiting, worth: Mapping[str, Fraction]) -> Fraction:
    """The money that stands still each day, in units of the company's own currency."""
    return sum(
        (
            Fraction(amount.minor, 10 ** exponent(amount.currency))
            * worth.get(amount.currency, Fraction(1))
            for amount in one.amounts
        ),
        Fraction(0),
    )
