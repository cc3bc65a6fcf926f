"""What a plan gives for one order: pure, exact, and the only place where it is worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mainstem.money import BASIS, largest_remainder, rdiv
from mainstem.plan.definition import NOBODY, Plan, Rule


@dataclass(frozen=True, slots=True)
class Share:
    """One level's commission on one order under one rule, in minor units.

    `credited_minor` is what the delivered sale earned, `reversed_minor` how much of it has been
    taken back for money that went back: 0 <= reversed <= credited. What stands is the difference.
    """

    level: int
    beneficiary_id: int
    rate_bp: int
    credited_minor: int
    reversed_minor: int


class Sold(NamedTuple):
    """What the lines of an order that were sold by one rule come to: the commissionable value that
    was delivered, and the part of it that went back, in minor units."""

    rule: str
    base_minor: int
    returned_minor: int


class SaleFacts(NamedTuple):
    """What a plan is asked about: all that was frozen when something was sold, and what came of it.

    `upline` is whoever is credited and then every ancestor, with NOBODY for who was not eligible.
    """

    upline: Sequence[int]
    sold: Sequence[Sold]


class Earning(NamedTuple):
    """What one affiliate should have earned of a source by one rule."""

    rule: str
    share: Share


def evaluate(plan: Plan, facts: SaleFacts) -> list[Earning]:
    """Everything that a sale should have earned anybody by now, rule by rule, by level."""
    return [
        Earning(sold.rule, share)
        for sold in facts.sold
        for share in shares_of(
            plan.rules[sold.rule], facts.upline, sold.base_minor, sold.returned_minor
        )
    ]


def shares_of(
    rule: Rule, upline: Sequence[int], base_minor: int, returned_minor: int
) -> list[Share]:
    """Every level's share of a delivered commissionable value, and of the part that went back.

    The sum of the credits is the exact sum of the present levels' rates, at most the cap, rounded
    down; beyond the cap every rate gives way in proportion. The parts are whole by largest
    remainder. A reversal is the returned part of each credit taken
    cumulatively, so any sequence of refunds that adds up to the base takes back every cent and
    never one more.
    """
    assert 0 <= returned_minor <= base_minor, "no more goes back than was delivered"
    present = [
        (level, beneficiary, rate)
        for level, (beneficiary, rate) in enumerate(zip(upline, rule.levels_bp, strict=False))
        if beneficiary != NOBODY and rate > 0
    ]
    if not present or base_minor == 0:
        return []
    rates = [rate for _, _, rate in present]
    if sum(rates) <= rule.cap_bp:
        credits = largest_remainder(base_minor, rates, BASIS)
    else:
        credits = largest_remainder(base_minor * rule.cap_bp, rates, BASIS * sum(rates))
    return [
        Share(level, beneficiary, rate, credit, rdiv(credit * returned_minor, base_minor))
        for (level, beneficiary, rate), credit in zip(present, credits, strict=True)
        if credit
    ]
