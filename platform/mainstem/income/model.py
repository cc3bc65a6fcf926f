"""What an income statement says."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import msgspec

from mainstem.money import Money


class Quartiles(msgspec.Struct, frozen=True):
    """What a quarter, half and three quarters of the people earned at most, in minor units: each is what
    somebody really earned."""

    lower_minor: int
    median_minor: int
    upper_minor: int


class InCurrency(msgspec.Struct, frozen=True):
    """What was earned in one currency, by whoever earned in it and everybody who earned nothing at all.

    `little` are those who earned something and less than `little_minor`, a thousand of the currency.
    Of all that was earned, `own_bp` came from clients of their own, `team_bp` from their team's, and the rest
    of what periods pay, in basis points.
    """

    currency: str
    people: int
    little_minor: int
    little: int
    quartiles: Quartiles
    own_bp: int
    team_bp: int

    @property
    def period_bp(self) -> int:
        """Of what periods pay."""
        return 10_000 - self.own_bp - self.team_bp

    def money(self, minor: int) -> Money:
        """An amount of it."""
        return Money(minor, self.currency)


class IncomeStatement(msgspec.Struct, frozen=True):
    """What everybody who took part on any day from `from_on` until before `until_on` earned in that time.

    `people` are all of them, but for house accounts; `nothing` those who earned nothing in any currency;
    `months` is how many of its months the middle one of them earned in. What participants bought
    themselves, which earns nobody anything, is `bought_minor` by currency.
    """

    from_on: date
    until_on: date
    people: int
    nothing: int
    months: int
    currencies: list[InCurrency]
    bought_minor: dict[str, int]

    @property
    def last_day(self) -> date:
        """The last day that it is of."""
        return self.until_on - timedelta(days=1)

    @staticmethod
    def money(minor: int, currency: str) -> Money:
        """An amount that it says."""
        return Money(minor, currency)

    @property
    def nothing_bp(self) -> int:
        """Which part of them earned nothing, in basis points, rounded up."""
        return -(-self.nothing * 10_000 // self.people) if self.people else 0

    @property
    def hash(self) -> str:
        """By which what was published is known."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()
