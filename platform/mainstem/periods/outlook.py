"""What an affiliate may look forward to in a period that lasts: the next tier, the next rank, and a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mainstem.money import Money
from mainstem.periods.model import Period
from mainstem.periods.plans import PeriodPlan
from mainstem.plan.periods import Needed, Participant, Team, TierRule, asked_of


@dataclass(frozen=True, slots=True)
class NextTier:
    """The tier that a volume has reached by a rule, and the next one: how much is missing, of what it asks."""

    rule: str
    is_team: bool
    is_whole: bool
    rate_bp: int
    next_rate_bp: int
    volume: Money
    missing: Money
    asked: Money


@dataclass(frozen=True, slots=True)
class NextRank:
    """The next rank: each thing that it asks, with what there is of it."""

    name: str
    asked: Sequence[Needed]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What tiers and goals would pay, if as much is sold a day until the end as until now."""

    days_gone: int
    days: int
    volume: Money
    amount: Money


def next_tiers(
    plan: PeriodPlan, currency: str, volumes_minor: dict[str, int], own_minor: int
) -> list[NextTier]:
    """The next tier of each rule that has a higher one. `volumes_minor` is what a rule counts, where it is not
    the affiliate's own sales alone."""
    found = []
    for rule in plan.rules(currency).tiers:
        volume = volumes_minor.get(rule.id, own_minor)
        higher = next(
            (tier for tier in rule.tiers if not reached(rule, tier.from_minor, volume)), None
        )
        if higher is not None:
            parts = rule.parts(volume)
            found.append(
                NextTier(
                    rule.id,
                    rule.volume == "team",
                    rule.of == "whole",
                    parts[-1][1] if parts else 0,
                    higher.rate_bp,
                    Money(volume, currency),
                    Money(higher.from_minor - volume + (rule.threshold == "above"), currency),
                    Money(higher.from_minor, currency),
                )
            )
    return found


def reached(rule: TierRule, from_minor: int, volume_minor: int) -> bool:
    """Whether a volume has reached a tier that begins there."""
    if rule.threshold == "from" or from_minor == 0:
        return volume_minor >= from_minor
    return volume_minor > from_minor


def next_rank(
    plan: PeriodPlan, currency: str, name: str | None, asked: Sequence[Sequence[Any]]
) -> NextRank | None:
    """The next rank as it was worked out with a period's figures, None where there is no higher one. Without
    figures, as whoever sold nothing is, it is the first."""
    if name is not None:
        found = [Needed(what, have, need) for what, have, need in asked]
        return NextRank(name, found) if name else None
    rules = plan.rules(currency).ranks
    first = next((rank for rank in rules.ranks if rank.stated), None)
    if first is None:
        return None
    nothing = asked_of(rules, first, Participant(0, None), Team())
    return NextRank(first.id, [one for one in nothing if one.need])


def forecast(
    plan: PeriodPlan, it: Period, currency: str, own_minor: int, today: date
) -> Forecast | None:
    """What own sales come to by the end, at the pace of the days that are over; None on the first day.

    Pools and prizes depend on others, and so do a team's tiers: none of them is forecast.
    """
    gone, days = (today - it.starts_on).days, (it.ends_on - it.starts_on).days
    if not 0 < gone <= days or not own_minor:
        return None
    volume = own_minor * days // gone
    rules = plan.rules(currency)
    amount = sum(rule.pays(volume) for rule in rules.tiers if rule.volume == "personal")
    amount += sum(goal.pays_minor for goal in rules.goals if volume >= goal.personal_minor)
    return Forecast(gone, days, Money(volume, currency), Money(amount, currency))
