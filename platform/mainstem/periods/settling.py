"""Settle to target, for periods: what changes after a close is worked out anew and the difference posted now.

The closed figures stay as they were. Refund, dispute, late delivery and correction are all this one verb, in
any order and any number of times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from mainstem.kit.bulk import ASKED, RowKey, asked
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.periods import earned, elsewhere, facts, keeping, plans
from mainstem.periods.closing import begin
from mainstem.periods.columns import NO_SALES, Facts, Sales
from mainstem.periods.earned import whole_order_in
from mainstem.periods.facts import placed_in
from mainstem.periods.model import Period, period
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.reckoning import reckon
from mainstem.periods.writing import bring, differing, standing

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


# Whose an order was at its sale, and everybody whose it has been since.
_SELLERS = """
SELECT o.seller_id AS id FROM period_touch t JOIN orders o ON o.home_id = t.home_id AND o.id = t.order_id
 WHERE t.starts_on = %(day)s
 UNION
SELECT unnest(ARRAY[c.from_seller_id, c.to_seller_id]) FROM period_touch t
  JOIN attribution_change c ON c.home_id = t.home_id AND c.order_id = t.order_id AND c.state = 'approved'
 WHERE t.starts_on = %(day)s
 UNION
SELECT (party -> 'upline' ->> 0)::bigint FROM period_touch t
  JOIN orders o ON o.home_id = t.home_id AND o.id = t.order_id
  LEFT JOIN attribution_change c ON c.home_id = o.home_id AND c.order_id = o.id AND c.state = 'approved'
 CROSS JOIN LATERAL jsonb_array_elements(coalesce(o.also_credited, '[]') || coalesce(c.also_credited, '[]')) AS party
 WHERE t.starts_on = %(day)s"""


def _settle(work: Work, starts_on: date) -> int:
    it = period(work, starts_on, lock=True)
    sellers = [row.id for row in work.rows(_SELLERS, day=starts_on)]
    # First, so that whatever changes from here on notes it again.
    work.run("DELETE FROM period_touch WHERE starts_on = %(day)s", day=starts_on)
    facts.take_time(work)
    last, plan = last_settlement(work, starts_on), plans.version(work, it.plan_version)
    known = replace(
        facts.kept(work, starts_on, settlement=last),
        earned=earned.kept(work, starts_on, settlement=last),
        elsewhere=elsewhere.kept(work, starts_on, settlement=last),
    )
    after = replace(
        known,
        sold=_sold(work, it, known, sellers),
        earned=earned.now(work, it, plan, known.people),
        elsewhere=elsewhere.with_sellers(
            known.elsewhere,
            sellers,
            elsewhere.now(work, it, plan, known.people, sellers=sellers),
        ),
    )
    if after == known:
        return 0
    return _brought(work, it, plan, known, after, last + 1)


def _sold(work: Work, it: Period, known: Facts, sellers: Sequence[int]) -> dict[str, Sales]:
    """What everybody has sold: read anew of those whose orders were touched, and of all others as it is kept."""
    now = facts.now(work, it, known.people, sellers=sellers)
    ids = np.array(sellers, np.int64)
    found = {
        currency: known.sold.get(currency, NO_SALES).instead(ids, now.get(currency, NO_SALES))
        for currency in known.sold.keys() | now.keys()
    }
    return {currency: sales for currency, sales in found.items() if len(sales.id)}


def _brought(work: Work, it: Period, plan: PeriodPlan, known: Facts, after: Facts, no: int) -> int:
    """Post what another one should stand of than by the settlement before; how many movements that took."""
    titles = keeping.titles_of(work, it.starts_on, plan.ranks)
    before = reckon(plan, known, titles, closed=titles)
    outcome = reckon(plan, after, titles, closed=titles)
    step = begin(work, it, plan, no, outcome.hash(plan, after))
    earned.correct(work, it, no, known.earned, after.earned)
    elsewhere.correct(work, it, no, known.elsewhere, after.elsewhere)
    for currency, sales in _corrections(known.sold, after.sold).items():
        keeping.keep_corrections(work, it.starts_on, no, currency, sales)
    should = differing(before.earnings, outcome.earnings)
    stands = standing(work, it.starts_on, of=[affiliate for _, affiliate, _ in should])
    moved = bring(work, step, should, {key: stands[key] for key in should if key in stands})
    record(work, "period.settled", it.starts_on.isoformat())
    return moved


def last_settlement(work: Work, starts_on: date) -> int:
    """The number of a closed period's newest settlement."""
    return int(
        work.value("SELECT max(no) FROM period_settlement WHERE starts_on = %(day)s", day=starts_on)
    )


def _corrections(before: Mapping[str, Sales], after: Mapping[str, Sales]) -> dict[str, Sales]:
    """What each has sold now, of everybody of whom it is not what it was."""
    found = {}
    for currency in sorted(before.keys() | after.keys()):
        was, now = before.get(currency, NO_SALES), after.get(currency, NO_SALES)
        sales = now.unlike(was)
        if len(sales.id):
            found[currency] = sales
    return found
