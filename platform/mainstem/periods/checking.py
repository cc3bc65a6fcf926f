"""Check: work a period out anew, of what was kept at its close and at each settlement, and compare to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.periods import earned, facts, plans
from mainstem.periods.figures import titles_before, titles_of
from mainstem.periods.model import Period, period
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.reckoning import Outcome, reckon
from mainstem.periods.settling import last_settlement
from mainstem.periods.writing import standing, target

NAMED_MAX = 20
"""So many of what differs are named; the rest is counted by whoever mends the first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it comes out when it is worked out anew, of whom, and both amounts where it is money.

    `what` is earning, rank, plan, facts or sales: `facts` are those that were kept, `sales` what the orders say
    now while no change of them waits to be settled.
    """

    period: str
    settlement: int
    what: str
    affiliate_id: int = 0
    rule: str = ""
    stands: Money | None = None
    should: Money | None = None


def check(work: Work, starts_on: date) -> list[Difference]:
    """What of a closed period differs; nothing where all of it comes out the same. Raises NotFound."""
    it = period(work, starts_on)
    if it.state != "closed":
        return []
    facts.take_time(work)
    return list(_differences(work, it))[:NAMED_MAX]


def closed(work: Work) -> list[date]:
    """The first days of every period that is closed, in their order."""
    rows = work.rows("SELECT starts_on FROM period WHERE state = 'closed' ORDER BY 1")
    return [row.starts_on for row in rows]


def _differences(work: Work, it: Period) -> Iterator[Difference]:
    plan = plans.version(work, it.plan_version)
    if plan.hash != it.plan_hash:
        yield Difference(it.name, 1, "plan")
    last = last_settlement(work, it.starts_on)
    for step in work.rows(
        """SELECT no, settled_at, outcome_hash,
                  lead(settled_at) OVER (ORDER BY no) IS NOT DISTINCT FROM settled_at AS shared
             FROM period_settlement WHERE starts_on = %(day)s ORDER BY no""",
        day=it.starts_on,
    ):
        known = replace(
            facts.kept(work, it.starts_on, settlement=step.no),
            earned=earned.kept(work, it.starts_on, settlement=step.no),
        )
        outcome = _outcome(work, it, plan, known, step.no)
        if step.no == 1:
            yield from _ranks(work, it, outcome)
        if outcome.hash(plan, known) != step.outcome_hash:
            yield Difference(it.name, step.no, "facts")
        if not step.shared:  # of steps at one instant the last shows what stands
            yield from _earnings(work, it, outcome, step.no, step.settled_at)
    if _differs_now(work, it, plan, last) and not work.row(
        "SELECT 1 FROM period_touch WHERE starts_on = %(day)s LIMIT 1", day=it.starts_on
    ):
        yield Difference(it.name, last, "sales")


def _differs_now(work: Work, it: Period, plan: PeriodPlan, last: int) -> bool:
    """Whether what was sold and earned is not what the newest settlement kept."""
    sold = facts.kept(work, it.starts_on, settlement=last).sold
    was = earned.kept(work, it.starts_on, settlement=last)
    return facts.now(work, it) != sold or earned.now(work, it, plan) != was


def _outcome(
    work: Work, it: Period, plan: PeriodPlan, known: facts.Facts, settlement: int
) -> Outcome:
    if settlement == 1:
        return reckon(plan, known, titles_before(work, it.starts_on))
    return reckon(plan, known, {}, closed=titles_of(work, it.starts_on))


def _ranks(work: Work, it: Period, outcome: Outcome) -> Iterator[Difference]:
    stands = titles_of(work, it.starts_on)
    for id in sorted(stands.keys() | outcome.titles.keys()):
        if stands.get(id) != outcome.titles.get(id):
            yield Difference(it.name, 1, "rank", id)


def _earnings(
    work: Work, it: Period, outcome: Outcome, no: int, until: datetime
) -> Iterator[Difference]:
    should = {key: one.amount_minor for key, one in target(outcome.earnings).items()}
    stands = {key: one.minor for key, one in standing(work, it.starts_on, until=until).items()}
    for key in sorted(should.keys() | stands.keys()):
        if should.get(key, 0) != stands.get(key, 0):
            currency, affiliate, rule = key
            yield Difference(
                it.name,
                no,
                "earning",
                affiliate,
                rule,
                Money(stands.get(key, 0), currency),
                Money(should.get(key, 0), currency),
            )
