"""What a plan's periods come to over facts, and the ranks that sales see: by the rules of the close itself.

Periods follow each other from the first that the facts know, in which nobody has any rank yet; only those within the
days that were asked for are told. A sale sees the ranks of the last period that was over before its month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mainstem.kit.columns import Ints
from mainstem.lab import period_facts
from mainstem.lab.engines import Engine
from mainstem.lab.facts import Facts, months_of
from mainstem.lab.report import NotCounted, PeriodCost, RankHeld, Why
from mainstem.periods import PeriodFacts, PeriodPlan, Span, Titles, no_titles, reckon
from mainstem.plan import Plan, PlanDocument, compiled, fingerprint

SEES = {
    "paid_as_of_last_period": "paid_as",
    "qualified_in_last_period": "qualified",
    "highest_so_far": "highest",
}
"""The column of ranks that a sale sees, by what the plan says."""


@dataclass
class Volumes:
    """What everybody sold in each period, read once: any plan's periods are worked out of it. The ranks are kept of
    the plan that was asked last, so that one with another tier, and the same ranks, does not work them out again."""

    engine: Engine
    facts: Facts
    _read: dict[tuple[str, Span], PeriodFacts] = field(default_factory=dict)
    _titles: dict[Span, Titles] = field(default_factory=dict)
    _titles_of: tuple[str, str] | None = None

    def of(self, counted: str, span: Span) -> PeriodFacts:
        """What a period is worked out of."""
        key = counted, span
        if key not in self._read:
            self._read[key] = period_facts.read(self.engine, self.facts, counted, span)
        return self._read[key]

    def titles(self, counted: str, ranks: str) -> dict[Span, Titles]:
        """The ranks after each period that are known already under these rules, as written; to be added to."""
        if self._titles_of != (counted, ranks):
            self._titles, self._titles_of = {}, (counted, ranks)
        return self._titles


@dataclass(frozen=True)
class PeriodsRan:
    """What the periods of a plan come to. `ranks` are, by the last month of a period, those after it: the id of
    whoever has any, and the number of the rank that a sale sees. `paid` are affiliate and amount, by currency."""

    costs: tuple[PeriodCost, ...] = ()
    held: tuple[RankHeld, ...] = ()
    ranks: Mapping[str, tuple[Ints, Ints]] = field(default_factory=dict)
    paid: Mapping[str, list[tuple[Ints, Ints]]] = field(default_factory=dict)
    not_counted: tuple[NotCounted, ...] = ()

    @cached_property
    def known(self) -> bool:
        """Whether any period was worked out, so that the ranks that sales see are known."""
        return bool(self.ranks)

    def alike(self, other: PeriodsRan) -> bool:
        """Whether sales see the same ranks after both."""
        return self.ranks.keys() == other.ranks.keys() and all(
            np.array_equal(mine, theirs)
            for month in self.ranks
            for mine, theirs in zip(self.ranks[month], other.ranks[month], strict=True)
        )

    def before(self, month: str) -> tuple[Ints, Ints]:
        """The ranks that a sale of a month sees; nobody's before the first period is over."""
        earlier = [one for one in self.ranks if one < month]
        return (
            self.ranks[max(earlier)] if earlier else (np.empty(0, np.int64), np.empty(0, np.int64))
        )


def run_periods(
    volumes: Volumes, document: PlanDocument, *, first: int = 0, last: int = 0
) -> PeriodsRan:
    """Work out a plan's periods over what was sold from the one day to the other (20260131), both included."""
    said = document.period
    if said is None:
        return PeriodsRan()
    # What all of a period together comes to takes each order's commission, which is not known yet.
    unknown = tuple(NotCounted(one, "not_in_lab") for one in said.limits)
    said = said.without_limits()
    plan = _plan_of(document.model_copy(update={"period": said}))
    months = months_of(volumes.facts, first, last)
    known = period_facts.known(volumes.facts, said.counted_at, said.every, months)
    why = _why_not(plan.document, volumes.facts, known)
    if why:
        return PeriodsRan(
            not_counted=(*(NotCounted(one, why) for one in said.rule_names), *unknown)
        )
    written = said.ranks.model_dump_json() if said.ranks else ""
    titles, kept = no_titles(plan.ranks), volumes.titles(said.counted_at, written)
    costs: list[PeriodCost] = []
    ranks: dict[str, tuple[Ints, Ints]] = {}
    paid: dict[str, list[tuple[Ints, Ints]]] = {}
    for span in known:
        sold = volumes.of(said.counted_at, span)
        found = reckon(plan, sold, titles, closed=kept.get(span))
        titles = kept[span] = found.titles
        if said.ranks:
            ranks[period_facts.last_month(span)] = (
                titles.id, getattr(titles, SEES[said.ranks.sale_sees])
            )  # fmt: skip
        if f"{span.starts_on:%Y-%m}" < months[0]:
            continue
        for currency, rules in found.earnings.items():
            for one in rules:
                costs.append(
                    PeriodCost(span.name, one.rule, currency, len(one.id), int(one.amount.sum()))
                )
                paid.setdefault(currency, []).append((one.id, one.amount))
    return PeriodsRan(tuple(costs), _held(plan, titles), ranks, paid, unknown)


def _why_not(document: PlanDocument, facts: Facts, known: Sequence[Span]) -> Why | None:
    """Why the periods cannot be worked out; None where they can."""
    said = document.period
    assert said is not None, "it pays for periods"
    if said.counts_teams and said.teams == "as_at_sale":
        return "teams_as_at_sale"  # facts say whom everybody stood under at the end, and not at each sale
    if known:
        return None
    return "period_not_over" if said.counted_at in facts.about.counted else "no_network"


def _plan_of(document: PlanDocument) -> PeriodPlan:
    return PeriodPlan(Plan(0, document, compiled(document), fingerprint(document.written())))


def _held(plan: PeriodPlan, titles: Titles) -> tuple[RankHeld, ...]:
    return tuple(
        RankHeld(name, int((titles.paid_as == number).sum()))
        for number, name in enumerate(plan.ranks, 1)
    )
