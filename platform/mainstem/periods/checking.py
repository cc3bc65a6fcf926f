"""Check: work a period out anew, of what was kept at its close and at each settlement, and compare to the cent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from mainstem.kit.columns import given
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.periods import earned, elsewhere, facts, keeping, plans
from mainstem.periods.batch import nothing
from mainstem.periods.columns import Facts
from mainstem.periods.figures import titles_before
from mainstem.periods.model import Period, period
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.reckoning import Outcome, reckon
from mainstem.periods.settling import last_settlement

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
        known = _kept(work, it, step.no)
        outcome = _outcome(work, it, plan, known, step.no)
        if step.no == 1:
            yield from _ranks(work, it, outcome)
        if outcome.hash(plan, known, like=step.outcome_hash) != step.outcome_hash:
            yield Difference(it.name, step.no, "facts")
        if not step.shared:  # of steps at one instant the last shows what stands
            yield from _earnings(work, it, outcome, step.no, step.settled_at)
    if _differs_now(work, it, plan, _kept(work, it, last)) and not work.row(
        "SELECT 1 FROM period_touch WHERE starts_on = %(day)s LIMIT 1", day=it.starts_on
    ):
        yield Difference(it.name, last, "sales")


def _kept(work: Work, it: Period, settlement: int) -> Facts:
    return replace(
        facts.kept(work, it.starts_on, settlement=settlement),
        earned=earned.kept(work, it.starts_on, settlement=settlement),
        elsewhere=elsewhere.kept(work, it.starts_on, settlement=settlement),
    )


def _differs_now(work: Work, it: Period, plan: PeriodPlan, known: Facts) -> bool:
    """Whether what was sold and earned is not what the newest settlement kept."""
    return (
        facts.now(work, it, known.people) != known.sold
        or earned.now(work, it, plan, known.people) != known.earned
        or elsewhere.now(work, it, plan, known.people) != known.elsewhere
    )


def _outcome(work: Work, it: Period, plan: PeriodPlan, known: Facts, settlement: int) -> Outcome:
    if settlement == 1:
        return reckon(plan, known, titles_before(work, it.starts_on, plan))
    titles = keeping.titles_of(work, it.starts_on, plan.ranks)
    return reckon(plan, known, titles, closed=titles)


def _ranks(work: Work, it: Period, outcome: Outcome) -> Iterator[Difference]:
    should = outcome.titles
    stands = keeping.titles_of(work, it.starts_on, should.names[1:])
    for id in should.unlike(stands):
        yield Difference(it.name, 1, "rank", id)


# Lines are counted where they lie: of a million only those come here whose sum is not what it should be.
_UNLIKE = """
SELECT home_id, coalesce(stands, 0) AS stands, coalesce(amount, 0) AS should
  FROM (SELECT home_id, sum(amount_minor)::bigint AS stands FROM earning
         WHERE source = 'period' AND period_from = %(day)s AND currency = %(currency)s AND rule = %(rule)s
           AND credited_at <= %(until)s GROUP BY 1) AS line
  FULL JOIN unnest(%(ids)s, %(amounts)s) AS due (home_id, amount) USING (home_id)
 WHERE coalesce(stands, 0) <> coalesce(amount, 0) ORDER BY 1"""


def _earnings(
    work: Work, it: Period, outcome: Outcome, no: int, until: datetime
) -> Iterator[Difference]:
    paid = {(currency, one.rule): one for currency, of in outcome.earnings.items() for one in of}
    for currency, rule in sorted(paid.keys() | _rules_of(work, it)):
        due = paid.get((currency, rule)) or nothing(rule)
        for row in work.rows(
            _UNLIKE,
            day=it.starts_on,
            currency=currency,
            rule=rule,
            until=until,
            ids=given(due.id),
            amounts=given(due.amount),
        ):
            stands, should = Money(row.stands, currency), Money(row.should, currency)
            yield Difference(it.name, no, "earning", row.home_id, rule, stands, should)


def _rules_of(work: Work, it: Period) -> set[tuple[str, str]]:
    rows = work.rows(
        "SELECT DISTINCT currency, rule FROM earning WHERE source = 'period' AND period_from = %(day)s",
        day=it.starts_on,
    )
    return {(row.currency, row.rule) for row in rows}
