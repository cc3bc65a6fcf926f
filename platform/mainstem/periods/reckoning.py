"""What a period comes to: ranks and earnings, of its facts and the plan. Pure; whoever runs it gets the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mainstem.kit.columns import Ints
from mainstem.periods import batch, first_hash
from mainstem.periods.batch import Asked, Paid
from mainstem.periods.columns import NO_SALES, Facts, tell
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.titles import Titles, next_titles, no_titles
from mainstem.plan.period_limits import limited

NO_CURRENCY = "XXX"
"""How ISO 4217 says that there is none: how ranks are kept is the same in all of them."""

BY_COLUMNS = "2:"
"""How the hash of columns begins. What was hashed before there were columns stays what it is."""


@dataclass(frozen=True)
class Outcome:
    """What a period pays, by currency and rule, and the ranks of everybody who has or had any."""

    earnings: Mapping[str, list[Paid]]
    titles: Titles

    def hash(self, plan: PeriodPlan, facts: Facts, *, like: str | None = None) -> str:
        """A hash of what it was worked out of and all that it came to: two alike are the same to the cent.

        In the form that another one has, where it is to be compared to it.
        """
        if like is not None and not like.startswith(BY_COLUMNS):
            return first_hash.of(plan, facts, self.earnings, self.titles)
        digest = hashlib.sha256(f"{plan.hash}\n".encode())
        facts.told(digest)
        for currency in sorted(self.earnings):
            for paid in sorted(self.earnings[currency], key=lambda one: one.rule):
                digest.update(f"{currency} {paid.rule} {paid.whole_minor}\n".encode())
                for column in (paid.id, paid.of, paid.amount, paid.counts()):
                    tell(digest, column)
        self.titles.told(digest)
        return BY_COLUMNS + digest.hexdigest()


def reckon(
    plan: PeriodPlan, facts: Facts, before: Titles, *, closed: Titles | None = None
) -> Outcome:
    """What a period comes to after the ranks that everybody had `before`.

    `closed` are the ranks of a period that was closed: they stay, whatever has come back since.
    """
    titles = closed if closed is not None else _titles(plan, facts, before)
    paid_as = titles.for_all(facts.people).paid_as
    paid_as = np.where(paid_as <= len(plan.ranks), paid_as, 0)
    return Outcome(
        {
            currency: _earnings(plan, facts, currency, paid_as)
            for currency in sorted(facts.sold.keys() | facts.earned.keys())
        },
        titles,
    )


def _earnings(plan: PeriodPlan, facts: Facts, currency: str, paid_as: Ints) -> list[Paid]:
    rules, people = plan.rules(currency), facts.in_currency(currency)
    found = batch.earnings(rules, people, paid_as)
    if not plan.asks_what_was_earned:
        return found
    # Worked out one by one: it is asked of what single sales have earned, by plans that ask.
    return batch.by_rule(
        limited(
            rules,
            people.participants(),
            facts.earned.get(currency, {}),
            _active(plan, facts),
            [one for paid in found for one in paid.earnings()],
        )
    )


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
    enough: set[int] = set()
    for currency, least in asked.own_volume_minor.items():
        sold = facts.sold.get(currency, NO_SALES)
        enough |= set(sold.id[sold.volume >= least].tolist())
    return {
        id
        for id in facts.people.id.tolist()
        if sales.get(id, 0) >= asked.own_sales_min and (not asked.own_volume_minor or id in enough)
    }


def _titles(plan: PeriodPlan, facts: Facts, before: Titles) -> Titles:
    """Everybody's ranks after a period. Whoever qualifies in several currencies has the highest."""
    if not plan.ranks:
        return no_titles(())
    reached = np.zeros(len(facts.people.id), np.int64)
    for currency in facts.sold:
        now = batch.qualified(plan.rules(currency).ranks, facts.in_currency(currency))
        reached = np.maximum(reached, now)
    return next_titles(plan.rules(NO_CURRENCY).ranks, facts.people, before, reached)


@dataclass(frozen=True)
class OnTheWay:
    """How far affiliates are on the way to one rank, '' for those with no higher one: their ids, what their teams
    sold, and what it asks of them with what there is of it."""

    next_rank: str
    id: Ints
    team_minor: Ints
    asked: list[tuple[str, Ints, int]]


def on_the_way(plan: PeriodPlan, facts: Facts, titles: Titles, currency: str) -> Iterator[OnTheWay]:
    """How far everybody is whose team sold something in a currency, by the rank that comes next for them."""
    rules, people = plan.rules(currency).ranks, facts.in_currency(currency)
    team = batch.teams(people)
    now = titles.for_all(facts.people).qualified
    stated = [number for number, rank in enumerate(rules.ranks, 1) if rank.stated]
    at = np.searchsorted(np.array(stated, np.int64), now, side="right")
    for place, number in enumerate([*stated, 0]):
        here = np.flatnonzero((at == place) & (team.volume != 0))
        name = plan.ranks[number - 1] if number else ""
        asked = batch.asked_of(rules, rules.ranks[number - 1], people, team) if number else None
        yield OnTheWay(name, facts.people.id[here], team.volume[here], _needed(asked, here))


def _needed(asked: Asked | None, here: Ints) -> list[tuple[str, Ints, int]]:
    if asked is None:
        return []
    return [(what, have[here], need) for what, have, need in asked.parts() if need]
