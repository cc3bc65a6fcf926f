"""What sales have earned everybody by the orders that count in a period, for what a plan says of all of it together.

An order counts here whole, when all of it has arrived: in the period of its order, its delivery or the end of its
hold. It is read only for plans that ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from mainstem.calendar import WITHDRAWAL_DAYS
from mainstem.kit.bulk import insert_many
from mainstem.kit.work import Work
from mainstem.orders import CREDITED_TO, GOODWILL, back_of
from mainstem.periods.columns import People
from mainstem.periods.facts import values_of
from mainstem.periods.model import Period
from mainstem.periods.plans import PeriodPlan
from mainstem.plan.period_limits import NOTHING, Earned

ByCurrency = dict[str, dict[int, Earned]]

_HOLD_OVER = f"""((o.delivered_at AT TIME ZONE {{zone}})::date + greatest((
         SELECT max(hold_days) FROM order_line WHERE home_id = o.home_id AND order_id = o.id), {WITHDRAWAL_DAYS})
       + 1)::timestamp AT TIME ZONE {{zone}}"""
_COUNTED_AT = {
    "order": "o.placed_at",
    "delivery": "o.delivered_at",
    "end_of_hold": _HOLD_OVER.format(zone="%(zone)s"),
}
# Where the orders of a period can lie at all: a hold lasts a year at most.
_NEAR = {
    "order": "o.placed_at >= %(starts_at)s AND o.placed_at < %(ends_at)s",
    "delivery": "o.delivered_at >= %(starts_at)s AND o.delivered_at < %(ends_at)s",
    "end_of_hold": """o.delivered_at >= %(starts_at)s - interval '370 days'
       AND o.delivered_at < %(ends_at)s""",
}

# Whoever's first order that ever reached a client is among these has begun to sell. Whether it came back later does
# not make another one the first.
_EARNED = f"""
WITH counted AS MATERIALIZED (
  SELECT o.home_id, o.id, o.currency, credited.seller_id, o.placed_at,
         o.refunded_minor - goodwill.minor + o.disputed_minor < o.total_minor AS is_kept
    FROM orders o
    LEFT JOIN commission_review v ON v.home_id = o.home_id AND v.order_id = o.id {CREDITED_TO} {GOODWILL}
   WHERE o.earns AND coalesce(v.state, 'released') = 'released' AND o.delivered_at IS NOT NULL AND {{near}}
     AND {{counted}} >= %(starts_at)s AND {{counted}} < %(ends_at)s
     -- What was canceled or refunded before it came is not waited for.
     AND (SELECT bool_and(l.delivered >= l.quantity - l.canceled OR l.total_minor > 0
                   AND {back_of("l")} >= part(l.total_minor, l.quantity - l.delivered, l.quantity))
            FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id)),
first AS (
  SELECT DISTINCT ON (seller_id) seller_id, currency FROM counted c
   WHERE NOT EXISTS (SELECT FROM orders b WHERE b.seller_id = c.seller_id AND b.earns
                        AND b.delivered_at < %(starts_at)s)
   ORDER BY seller_id, placed_at, id),
each AS (
  SELECT e.beneficiary_id AS home_id, e.currency, sum(e.amount_minor) FILTER (WHERE e.level = 0) AS own,
         sum(e.amount_minor) FILTER (WHERE e.level > 0) AS sponsor, 0::bigint AS sales
    FROM counted c
    JOIN earning e ON e.home_id = c.home_id AND e.source_id = c.id AND e.source = 'order'
   GROUP BY 1, 2
   UNION ALL
  SELECT seller_id, currency, 0, 0, count(*) FILTER (WHERE is_kept) FROM counted GROUP BY 1, 2)
SELECT s.home_id, s.currency::text AS currency, s.own::bigint AS own_minor, s.sponsor::bigint AS sponsor_minor,
       s.sales::int AS sales, f.seller_id IS NOT NULL AS is_first
  FROM (SELECT home_id, currency, coalesce(sum(own), 0) AS own, coalesce(sum(sponsor), 0) AS sponsor,
               sum(sales) AS sales
          FROM each GROUP BY 1, 2) AS s
  LEFT JOIN first f ON f.seller_id = s.home_id AND f.currency = s.currency"""


def whole_order_in(period: str) -> str:
    """The condition that an order `o` counts, once it is whole, in a row of `period` by this name."""
    ended = _HOLD_OVER.format(zone=f"{period}.zone")
    counted = f"""CASE {period}.counted_at WHEN 'order' THEN o.placed_at
       WHEN 'delivery' THEN o.delivered_at ELSE {ended} END"""
    return f"""({counted}) >= {period}.starts_on::timestamp AT TIME ZONE {period}.zone
       AND ({counted}) < {period}.ends_on::timestamp AT TIME ZONE {period}.zone"""


class _Row(NamedTuple):
    home_id: int
    starts_on: date
    settlement: int
    currency: str
    own_minor: int
    sponsor_minor: int
    sales: int
    is_first: bool


def keep(work: Work, it: Period, found: Mapping[str, Mapping[int, Earned]]) -> None:
    """Keep what sales have earned everybody in a period that is not closed."""
    work.run("DELETE FROM period_earned WHERE starts_on = %(day)s", day=it.starts_on)
    correct(work, it, 1, {}, found)


def now(work: Work, it: Period, plan: PeriodPlan, people: People) -> ByCurrency:
    """What sales have earned everybody who took part in a period, as things are now; nothing where its plan does
    not ask."""
    if not plan.asks_what_was_earned:
        return {}
    by = it.counted_at
    query = _EARNED.format(counted=_COUNTED_AT[by], near=_NEAR[by])
    took_part = set(people.id.tolist())
    rows = work.rows(query, **values_of(it))
    return _by_currency(row for row in rows if row.home_id in took_part)


def kept(work: Work, starts_on: date, *, settlement: int = 1) -> ByCurrency:
    """What was kept of it at a close, or at a settlement after it."""
    return _by_currency(
        work.rows(
            """SELECT DISTINCT ON (currency, home_id) home_id, currency::text AS currency, own_minor, sponsor_minor,
                      sales, is_first
                 FROM period_earned WHERE starts_on = %(day)s AND settlement <= %(settlement)s
                ORDER BY currency, home_id, settlement DESC""",
            day=starts_on,
            settlement=settlement,
        )
    )


def correct(
    work: Work,
    it: Period,
    settlement: int,
    before: Mapping[str, Mapping[int, Earned]],
    after: Mapping[str, Mapping[int, Earned]],
) -> int:
    """Keep what each has earned by this settlement, of everybody of whom it is not what it was; how many."""
    rows = []
    for currency in sorted(before.keys() | after.keys()):
        was, now = before.get(currency, {}), after.get(currency, {})
        for id in sorted(was.keys() | now.keys()):
            one = now.get(id, NOTHING)
            if one != was.get(id, NOTHING):
                rows.append(
                    _Row(
                        id, it.starts_on, settlement, currency, one.own_minor, one.sponsor_minor,
                        one.sales, one.is_first,
                    )
                )  # fmt: skip
    return insert_many(work, "period_earned", rows)


def _by_currency(rows: Iterable[Any]) -> ByCurrency:
    found: ByCurrency = {}
    for row in rows:
        one = Earned(row.own_minor, row.sponsor_minor, row.sales, row.is_first)
        if one != NOTHING:
            found.setdefault(row.currency, {})[row.home_id] = one
    return found
