"""What a period comes to: ranks and earnings, of its facts and the plan. Pure; whoever runs it gets the same."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mainstem.periods.facts import Facts
from mainstem.periods.plans import PeriodPlan
from mainstem.plan.period_limits import limited
from mainstem.plan.periods import (
    Needed,
    Participant,
    PeriodEarning,
    RankRules,
    Standing,
    Team,
    asked_of,
    earnings,
    next_standing,
    qualified,
    teams,
)

NO_CURRENCY = "XXX"
"""How ISO 4217 says that there is none: how ranks are kept is the same in all of them."""


@dataclass(frozen=True, slots=True)
class Titles:
    """An affiliate's ranks by name, '' for none. Names outlive a plan that has other ranks."""

    highest: str = ""
    paid_as: str = ""
    paid_as_before: str = ""
    qualified: str = ""
    grace_used: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """What an affiliate's team came to in one currency, and what the next rank asks: its name, '' where
    there is no higher one, and each thing with what there is of it."""

    volume_minor: int
    next_rank: str
    asked: list[Needed]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a period pays, by currency, and everybody's ranks who has or had any."""

    earnings: Mapping[str, list[PeriodEarning]]
    titles: Mapping[int, Titles]

    def hash(self, plan: PeriodPlan, facts: Facts) -> str:
        """A hash of what it was worked out of and all that it came to: two alike are the same to the cent."""
        digest = hashlib.sha256(plan.hash.encode())
        for one in facts.participants:
            said = f"{one.id} {one.sponsor_id} {one.house} {one.suspended} {sorted(one.groups)}\n"
            digest.update(said.encode())
        for currency in sorted(facts.sold):
            for id, sold in sorted(facts.sold[currency].items()):
                at = sold.reached_at.timestamp()
                digest.update(f"{currency} {id} {sold.volume_minor} {sold.clients} {at}\n".encode())
        for currency in sorted(facts.earned):
            for id, has in sorted(facts.earned[currency].items()):
                digest.update(f"{currency} {id} {has}\n".encode())
        digest.update(self._lines().encode())
        return digest.hexdigest()

    def _lines(self) -> str:
        paid = [
            f"{currency} {one.rule} {one.beneficiary_id} {one.of_minor} {one.amount_minor}"
            for currency in sorted(self.earnings)
            for one in self.earnings[currency]
        ]
        return "\n".join([*paid, *(f"{id} {one}" for id, one in sorted(self.titles.items()))])


def reckon(
    plan: PeriodPlan,
    facts: Facts,
    before: Mapping[int, Titles],
    *,
    closed: Mapping[int, Titles] | None = None,
) -> Outcome:
    """What a period comes to after the ranks that everybody had `before`.

    `closed` are the ranks of a period that was closed: they stay, whatever has come back since.
    """
    titles = closed if closed is not None else _titles(plan, facts, before)
    numbers = _numbers(plan)
    paid_as = {id: numbers.get(one.paid_as, 0) for id, one in titles.items()}
    active = _active(plan, facts)
    return Outcome(
        {
            currency: _earnings(plan, facts, currency, paid_as, active)
            for currency in sorted(facts.sold.keys() | facts.earned.keys())
        },
        titles,
    )


def _earnings(
    plan: PeriodPlan,
    facts: Facts,
    currency: str,
    paid_as: Mapping[int, int],
    active: Collection[int],
) -> list[PeriodEarning]:
    rules, people = plan.rules(currency), facts.in_currency(currency)
    found = earnings(rules, people, paid_as, facts.reached_first(currency))
    if not plan.asks_what_was_earned:
        return found
    return limited(rules, people, facts.earned.get(currency, {}), active, found)


def _active(plan: PeriodPlan, facts: Facts) -> set[int]:
    """Whoever sold themselves what the plan asks of a sponsor: over all currencies, or in one of those that it
    states an amount in."""
    asked = plan.document.period.overrides if plan.document.period else None
    if asked is None:
        return set()
    sales: dict[int, int] = {}
    for of_currency in facts.earned.values():
        for id, one in of_currency.items():
            sales[id] = sales.get(id, 0) + one.sales
    enough = {
        id
        for currency, least in asked.own_volume_minor.items()
        for id, sold in facts.sold.get(currency, {}).items()
        if sold.volume_minor >= least
    }
    return {
        one.id
        for one in facts.participants
        if sales.get(one.id, 0) >= asked.own_sales_min
        and (not asked.own_volume_minor or one.id in enough)
    }


def _numbers(plan: PeriodPlan) -> dict[str, int]:
    return {name: number for number, name in enumerate(plan.ranks, 1)}


def _titles(plan: PeriodPlan, facts: Facts, before: Mapping[int, Titles]) -> dict[int, Titles]:
    """Everybody's ranks after a period. Whoever qualifies in several currencies has the highest."""
    if not plan.ranks:
        return {}
    reached: dict[int, int] = {}
    for currency in facts.sold:
        rules = plan.rules(currency).ranks
        people = facts.in_currency(currency)
        found = teams(people)
        for one in people:
            number = qualified(rules, one, found[one.id])
            if number > reached.get(one.id, 0):
                reached[one.id] = number
    steps = _Steps(plan.rules(NO_CURRENCY).ranks, _numbers(plan), ["", *plan.ranks])
    return {
        one.id: _next(steps, before.get(one.id, Titles()), reached.get(one.id, 0))
        for one in facts.participants
        if one.id in reached or one.id in before
    }


@dataclass(frozen=True, slots=True)
class _Steps:
    """How ranks are kept, and their numbers and names."""

    rules: RankRules
    numbers: Mapping[str, int]
    names: Sequence[str]


def _next(steps: _Steps, before: Titles, now: int) -> Titles:
    numbers, names = steps.numbers, steps.names
    stood = Standing(
        numbers.get(before.highest, 0), numbers.get(before.paid_as, 0), 0, before.grace_used
    )
    after = next_standing(steps.rules, stood, now)
    return Titles(
        names[after.highest] or before.highest,
        names[after.paid_as],
        before.paid_as,
        names[after.qualified],
        after.grace_used,
    )


def progress(
    plan: PeriodPlan, facts: Facts, titles: Mapping[int, Titles], currency: str
) -> dict[int, Progress]:
    """How far everybody is whose team sold something in a currency, and what the next rank asks of them."""
    rules = plan.rules(currency).ranks
    people = facts.in_currency(currency)
    found = teams(people)
    numbers = _numbers(plan)
    return {
        one.id: _progress(plan, rules, one, found[one.id], numbers.get(titles[one.id].qualified, 0))
        if one.id in titles
        else _progress(plan, rules, one, found[one.id], 0)
        for one in people
        if found[one.id].volume_minor
    }


def _progress(
    plan: PeriodPlan, rules: RankRules, one: Participant, team: Team, now: int
) -> Progress:
    higher = next((n for n in range(now + 1, len(rules.ranks) + 1) if rules.ranks[n - 1].stated), 0)
    if not higher:
        return Progress(team.volume_minor, "", [])
    rank = rules.ranks[higher - 1]
    asked = [part for part in asked_of(rules, rank, one, team) if part.need]
    return Progress(team.volume_minor, plan.ranks[higher - 1], asked)
