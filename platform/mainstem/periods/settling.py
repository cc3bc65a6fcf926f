"""Settle to target, for periods: what changes after a close is worked out anew and the difference posted now.

The closed figures stay as they were. Refund, dispute, late delivery and correction are all this one verb, in
any order and any number of times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from mainstem.kit.bulk import ASKED, RowKey, asked, insert_many
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.periods import earned, facts, plans
from mainstem.periods.closing import begin
from mainstem.periods.earned import whole_order_in
from mainstem.periods.facts import Facts, Sold, placed_in
from mainstem.periods.figures import titles_of
from mainstem.periods.model import Period, period
from mainstem.periods.reckoning import reckon
from mainstem.periods.writing import bring, standing, target


class _CorrectionRow(NamedTuple):
    home_id: int
    starts_on: date
    settlement: int
    currency: str
    volume_minor: int
    clients: int
    reached_at: datetime


_TOUCH = f"""
INSERT INTO period_touch (home_id, starts_on, order_id)
SELECT DISTINCT o.home_id, p.starts_on, o.id
  FROM {ASKED}
  JOIN orders o USING (home_id, id)
  JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
  JOIN period p ON p.state <> 'open' AND (({placed_in("p")}) OR ({whole_order_in("p")})
       -- Another order may be the first of its seller now.
       OR EXISTS (SELECT FROM period_earned e WHERE e.home_id = o.seller_id AND e.starts_on = p.starts_on AND e.is_first
                     AND p.starts_on::timestamp AT TIME ZONE p.zone > o.delivered_at))
ON CONFLICT DO NOTHING"""


def touch(work: Work, orders: Sequence[RowKey]) -> None:
    """Note that these orders (home, id) have changed: the periods that they count in are settled anew.

    Where a period is still open nothing is noted: it is worked out as things are then.
    """
    if orders and work.value("SELECT 1 FROM period WHERE state <> 'open' LIMIT 1"):
        work.run(_TOUCH, **asked(orders))


def settle(work: Work) -> int:
    """Settle every closed period of which an order has changed since; how many movements that took."""
    touched = work.rows(
        """SELECT DISTINCT starts_on FROM period_touch JOIN period USING (starts_on)
            WHERE state = 'closed' ORDER BY 1"""
    )
    return sum(_settle(work, row.starts_on) for row in touched)


def _settle(work: Work, starts_on: date) -> int:
    it = period(work, starts_on, lock=True)
    # First, so that whatever changes from here on notes it again.
    work.run("DELETE FROM period_touch WHERE starts_on = %(day)s", day=starts_on)
    facts.take_time(work)
    plan = plans.version(work, it.plan_version)
    last = last_settlement(work, starts_on)
    known = facts.kept(work, starts_on, settlement=last)
    sold = facts.now(work, it)
    corrections = list(_corrections(it, last + 1, known.sold, sold))
    was, has = earned.kept(work, starts_on, settlement=last), earned.now(work, it, plan)
    if not corrections and was == has:
        return 0
    after = Facts(known.participants, sold, has)
    outcome = reckon(plan, after, {}, closed=titles_of(work, starts_on))
    step = begin(work, it, plan, last + 1, outcome.hash(plan, after))
    insert_many(work, "period_correction", corrections)
    earned.correct(work, it, last + 1, was, has)
    moved = bring(work, step, target(outcome.earnings), standing(work, starts_on))
    record(work, "period.settled", starts_on.isoformat())
    return moved


def last_settlement(work: Work, starts_on: date) -> int:
    """The number of a closed period's newest settlement."""
    return int(
        work.value("SELECT max(no) FROM period_settlement WHERE starts_on = %(day)s", day=starts_on)
    )


_NOTHING: Mapping[int, Sold] = {}


def _corrections(
    it: Period,
    no: int,
    before: Mapping[str, Mapping[int, Sold]],
    after: Mapping[str, Mapping[int, Sold]],
) -> list[_CorrectionRow]:
    """What each has sold now, of everybody of whom it is not what it was."""
    rows = []
    for currency in sorted(before.keys() | after.keys()):
        was, now = before.get(currency, _NOTHING), after.get(currency, _NOTHING)
        for id in sorted(was.keys() | now.keys()):
            if was.get(id) != now.get(id):
                one = now.get(id) or Sold(0, 0, was[id].reached_at)
                rows.append(
                    _CorrectionRow(
                        id,
                        it.starts_on,
                        no,
                        currency,
                        one.volume_minor,
                        one.clients,
                        one.reached_at,
                    )
                )
    return rows
