"""A plan of one rate a level, as the tests of rounding ask it, and as it was first reckoned.

`as_first_reckoned` is the reckoning of the plan's first format, kept as it was: another way to the same
cents, which what pays today is held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mainstem.money import BASIS, largest_remainder, rdiv
from mainstem.plan import (
    NOBODY,
    Credit,
    Member,
    Portion,
    SalePlan,
    SaleRule,
    credits,
)
from mainstem.plan.sale_rules import Level


class Rates(NamedTuple):
    """A rate for each level, and what they are together at most."""

    levels_bp: Sequence[int]
    cap_bp: int


def shares_of(
    rates: Rates, upline: Sequence[int], base_minor: int, returned_minor: int
) -> list[Credit]:
    """What each level gets, by the plan that pays."""
    levels = tuple(Level(rate) for rate in rates.levels_bp)
    plan = SalePlan((SaleRule("goods", levels, rates.cap_bp, 30),))
    members = [Member(who, suspended=who == NOBODY) for who in upline]
    return credits(plan, members, "SEK", [Portion("goods", base_minor, returned_minor)])


def as_first_reckoned(
    rates: Rates, upline: Sequence[int], base_minor: int, returned_minor: int
) -> list[tuple[int, int, int, int]]:
    """Level, beneficiary, credit and reversal of each, as the first format was reckoned."""
    present = [
        (level, who, rate)
        for level, (who, rate) in enumerate(zip(upline, rates.levels_bp, strict=False))
        if who != NOBODY and rate > 0
    ]
    if not present or base_minor == 0:
        return []
    each = [rate for _, _, rate in present]
    if sum(each) <= rates.cap_bp:
        parts = largest_remainder(base_minor, each, BASIS)
    else:
        parts = largest_remainder(base_minor * rates.cap_bp, each, BASIS * sum(each))
    return [
        (level, who, part, rdiv(part * returned_minor, base_minor))
        for (level, who, _), part in zip(present, parts, strict=True)
        if part
    ]


def told(shares: Sequence[Credit]) -> list[tuple[int, int, int, int]]:
    """The same of what pays today."""
    return [
        (one.level, one.beneficiary_id, one.credited_minor, one.reversed_minor) for one in shares
    ]
