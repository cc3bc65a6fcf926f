"""The plan of a period: the version that was in force when it began holds for all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mainstem.kit.work import Work
from mainstem.periods.spans import Every, Span, begins, span_of
from mainstem.plan import Plan, PlanDocument, book
from mainstem.plan.periods import PeriodRules

LENGTHS: tuple[Every, ...] = ("year", "quarter", "month")


@dataclass(frozen=True, slots=True)
class PeriodPlan:
    """A version of the plan that pays for periods."""

    plan: Plan
    _compiled: dict[str, PeriodRules] = field(default_factory=dict, compare=False, repr=False)
    """By currency: a close asks for them with every line that it explains."""

    @property
    def version(self) -> int:
        """Its number."""
        return self.plan.version

    @property
    def hash(self) -> str:
        """The hash by which it is known."""
        return self.plan.fingerprint

    @property
    def document(self) -> PlanDocument:
        """What it says."""
        return self.plan.document

    @property
    def ranks(self) -> Sequence[str]:
        """The ranks from the lowest to the highest."""
        return self.document.rank_names

    @property
    def hold_days(self) -> int:
        """For how long what a period pays is held, from its close."""
        assert self.document.period is not None, "it pays for periods"
        return self.document.period.hold_days

    @property
    def asks_what_was_earned(self) -> bool:
        """Whether something of a period follows from what its sales have earned."""
        return bool(self.document.period and self.document.period.asks_what_was_earned)

    @property
    def teams_as_at_sale(self) -> bool:
        """Whether each sale counts for the upline that it was sold under."""
        return bool(self.document.period and self.document.period.teams == "as_at_sale")

    @property
    def currency(self) -> str:
        """The first currency that its rules and ranks state amounts in; empty where they state none."""
        said = self.document.period
        assert said is not None, "it pays for periods"
        stated: set[str] = set()
        for tiers in said.tiers:
            stated |= set(tiers.tiers[0].from_minor)
        for goal in said.goals:
            stated |= set(goal.pays_minor)
        for first in said.first_sales:
            stated |= set(first.pays_minor)
        for cap in said.caps:
            stated |= set(cap.at_most_minor)
        for rank in said.ranks.ranks if said.ranks else ():
            stated |= rank.currencies
        return min(stated, default="")

    def rules(self, currency: str) -> PeriodRules:
        """What it says of a period in one currency."""
        if currency not in self._compiled:
            self._compiled[currency] = self.plan.period(currency)
        return self._compiled[currency]


def version(work: Work, number: int) -> PeriodPlan:
    """A version that some period was worked out by."""
    return PeriodPlan(book.versions(work, [number])[number])


def around(work: Work, day: date, zone: ZoneInfo) -> tuple[Span, PeriodPlan] | None:
    """The period that a day is in, with its plan; None where the company pays for none.

    A period is as long as the version says that was in force when it began, and lasts to its end: a plan
    with quarters that comes in February begins with April's.
    """
    published = work.fetch(book.published_query())
    for every in LENGTHS:
        span = span_of(day, every)
        plan = _in_force(published, begins(span.starts_on, zone))
        if plan and plan.document.period and plan.document.period.every == every:
            return span, PeriodPlan(plan)
    return None


def _in_force(published: Iterable[book.Published], at: datetime) -> Plan | None:
    try:
        return book.choose(published, at)
    except book.NoPlanInForce:
        return None
