"""What a period is worked out of: who took part, and what each sold. Read and kept by statements for all.

A line of an order counts once, whole, when all of it has arrived: in the period of its order, its delivery or
the end of its hold, as the plan says. What comes back lowers the period that it was counted in and no other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from mainstem.calendar import WITHDRAWAL_DAYS
from mainstem.kit import columns
from mainstem.kit.columns import as_numbers, instants, numbers
from mainstem.kit.work import Work
from mainstem.network import ELIGIBLE, parts_of
from mainstem.orders import CREDITED_TO, GOODWILL, back_of
from mainstem.periods.columns import NOBODY, Facts, People, Sales
from mainstem.periods.model import Period
from mainstem.periods.spans import Span

LONG = "15min"
NEVER_JOINED = ("applied", "in_review", "rejected")

SPONSORS = """
  LEFT JOIN sponsorship s ON s.affiliate_id = a.id AND s.valid_from < %(ends_at)s
                         AND (s.valid_to IS NULL OR s.valid_to >= %(ends_at)s)"""
"""Beside an `affiliate a`: whom they stood under when a period ended (`SPONSOR`). Nothing else here asks."""
SPONSOR = "CASE WHEN s.affiliate_id IS NULL THEN a.sponsor_id ELSE s.sponsor_id END"

# A state is what the first step after the period's end left, and today's where there was none.
_TAKING_PART = f"""
SELECT a.id AS home_id, {SPONSOR} AS sponsor_id, a.is_house AS house,
       coalesce(later.before, a.state) <> ALL(%(eligible)s) AS suspended, coalesce(g.names, '{{}}') AS groups
  FROM affiliate a {SPONSORS}
  LEFT JOIN (SELECT DISTINCT ON (affiliate_id) affiliate_id, before FROM affiliate_step
              WHERE affiliate_id IS NOT NULL AND at >= %(ends_at)s ORDER BY affiliate_id, at) AS later
         ON later.affiliate_id = a.id
  LEFT JOIN (SELECT affiliate_id, array_agg(DISTINCT name ORDER BY name) AS names FROM affiliate_group
              WHERE from_at < %(ends_at)s AND (until_at IS NULL OR until_at >= %(ends_at)s)
              GROUP BY 1) AS g ON g.affiliate_id = a.id
 WHERE a.joined_at < %(ends_at)s AND coalesce(later.before, a.state) <> ALL(%(never)s)"""

_COUNTED_AT = {
    "order": "o.placed_at",
    "delivery": "l.delivered_at",
    "end_of_hold": f"""((l.delivered_at AT TIME ZONE %(zone)s)::date + greatest(l.hold_days, {WITHDRAWAL_DAYS})
       + 1)::timestamp AT TIME ZONE %(zone)s""",
}
# Where the lines of a period can lie at all: a hold lasts a year at most.
_NEAR = {
    "order": "o.placed_at >= %(starts_at)s AND o.placed_at < %(ends_at)s",
    "delivery": "l.delivered_at >= %(starts_at)s AND l.delivered_at < %(ends_at)s",
    "end_of_hold": """l.delivered_at >= %(starts_at)s - interval '370 days'
       AND l.delivered_at < %(ends_at)s""",
}

_LINES = f"""
  FROM orders o
  JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
  LEFT JOIN commission_review v ON v.home_id = o.home_id AND v.order_id = o.id {CREDITED_TO} {GOODWILL}
 CROSS JOIN LATERAL (SELECT {back_of("l")} AS back_minor,
                            part(l.total_minor, l.quantity - l.canceled, l.quantity) AS kept,
                            part(l.commissionable_minor, l.quantity - l.canceled, l.quantity) AS worth,
                            part(l.commissionable_minor, l.delivered, l.quantity) AS earned) AS still
 WHERE o.earns AND coalesce(v.state, 'released') = 'released' AND l.delivered > 0
   -- What was canceled or refunded before it came is not waited for.
   AND (l.delivered >= l.quantity - l.canceled OR l.total_minor > 0 AND back_minor
          >= part(l.total_minor, l.quantity - l.delivered, l.quantity))"""

# Of what was refunded or disputed without naming a line, each line bears its part.
# An order that is credited to several counts for each by their part: whole amounts by largest remainder.
_STANDING = """
       (SELECT seller_id, also_credited, currency, client_key, at {beside},
               kept - CASE WHEN left_minor > 0 THEN part(kept, whole, left_minor) ELSE 0 END AS volume
          FROM (SELECT credited.seller_id, credited.also_credited, o.currency, o.client_key, max({counted}) AS at
                       {beside_order},
                       sum(earned - CASE WHEN kept > 0 THEN greatest(part(worth,
                             greatest(back_minor - (l.total_minor - kept), 0), kept)
                             - (worth - earned), 0) ELSE 0 END)::bigint AS kept,
                       o.total_minor - (o.refunded_minor - goodwill.minor - o.unallocated_minor) AS left_minor,
                       least(o.unallocated_minor + o.disputed_minor,
                             o.total_minor - (o.refunded_minor - goodwill.minor - o.unallocated_minor)) AS whole
                  {lines} {candidates} AND {near} AND {counted} >= %(starts_at)s AND {counted} < %(ends_at)s
                 GROUP BY o.home_id, o.id, credited.seller_id, credited.also_credited, goodwill.minor {beside_order})
               AS of_order)
    AS standing
 {theirs}
 WHERE volume > 0 AND theirs.minor > 0 {of_sellers}""".replace("{theirs}", parts_of("volume"))
_VOLUMES = """
SELECT theirs.affiliate_id AS home_id, currency, sum(theirs.minor)::bigint AS volume_minor,
       count(DISTINCT client_key)::int AS clients, max(at) AS reached_at
  FROM {standing}
 GROUP BY 1, 2"""

# Few sellers are looked for by whose orders were theirs or are theirs now, not by all orders of the period. Of an
# order that is credited to several the others are nowhere but in it, so all of those are looked at.
_CANDIDATES = """
   AND (o.home_id, o.id) IN (
       SELECT home_id, id FROM orders WHERE seller_id = ANY(%(sellers)s::bigint[])
        UNION
       SELECT home_id, id FROM orders WHERE also_credited IS NOT NULL
        UNION
       SELECT home_id, order_id FROM attribution_change
        WHERE (to_seller_id = ANY(%(sellers)s::bigint[]) OR also_credited IS NOT NULL) AND state = 'approved')"""
_OF_SELLERS = "AND theirs.affiliate_id = ANY(%(sellers)s::bigint[])"


def volumes_query(period: Period, *, of_sellers: bool = False) -> str:
    """The statement for what each affiliate sold in a period as things are now, by currency; or `of_sellers`."""
    return _VOLUMES.format(standing=standing(period, of_sellers=of_sellers))


def standing(period: Period, *, of_sellers: bool = False, beside: Sequence[str] = ()) -> str:
    """What to read FROM for what stands of each order that counts in a period, as `theirs` (affiliate_id, minor) for
    each whom it is credited to; with columns of `credited` beside it."""
    by = period.counted_at
    return _STANDING.format(
        beside="".join(f", {name}" for name in beside),
        beside_order="".join(f", credited.{name}" for name in beside),
        counted=_COUNTED_AT[by],
        near=_NEAR[by],
        lines=_LINES,
        candidates=_CANDIDATES if of_sellers else "",
        of_sellers=_OF_SELLERS if of_sellers else "",
    )


def placed_in(period: str) -> str:
    """The condition that a line `l` of an order `o` counts in a row of `period` by this name."""
    ended = _COUNTED_AT["end_of_hold"].replace("%(zone)s", f"{period}.zone")
    counted = f"""CASE {period}.counted_at WHEN 'order' THEN o.placed_at
       WHEN 'delivery' THEN l.delivered_at ELSE {ended} END"""
    return f"""({counted}) >= {period}.starts_on::timestamp AT TIME ZONE {period}.zone
       AND ({counted}) < {period}.ends_on::timestamp AT TIME ZONE {period}.zone"""


def values_of(period: Period) -> dict[str, Any]:
    """What the statements of a period are told."""
    return {
        "starts_on": period.starts_on,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "zone": period.zone,
        "eligible": list(ELIGIBLE),
        "never": list(NEVER_JOINED),
    }


def take_time(work: Work) -> None:
    """Let this work think for as long as a company of a million needs: no page waits for it."""
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        work.run("SELECT set_config(%(limit)s, %(most)s, true)", limit=limit, most=LONG)
    # What was just written for everybody is known to no statistics: a loop over it would never end.
    work.run("SET LOCAL enable_nestloop = off")
    work.run("SET LOCAL work_mem = '256MB'")


def read(work: Work, period: Period) -> Facts:
    """Who took part in a period and what each sold, as things are now."""
    people = _people(work, _TAKING_PART, **values_of(period))
    return Facts(people, now(work, period, people))


def read_span(work: Work, span: Span, *, counted_at: str, zone: str) -> Facts:
    """What any period would be worked out of as things are now, whether anybody has opened it or not."""
    now = work.now()
    return read(
        work,
        Period(
            span.starts_on, span.ends_on, span.every, counted_at, zone, 0, "", "open", now, 0, None, None, None,
            None, None,
        ),
    )  # fmt: skip


def kept(work: Work, starts_on: date, *, settlement: int = 1) -> Facts:
    """What a period was worked out of at its close, or at a settlement after it."""
    rows = """
    SELECT DISTINCT ON (currency, home_id) home_id, currency, volume_minor, clients, reached_at
      FROM (SELECT home_id, currency, volume_minor, clients, reached_at, 1 AS settlement
              FROM period_volume WHERE starts_on = %(day)s
             UNION ALL
            SELECT home_id, currency, volume_minor, clients, reached_at, settlement
              FROM period_correction
             WHERE starts_on = %(day)s AND settlement <= %(settlement)s) AS each
     ORDER BY currency, home_id, settlement DESC"""
    people = _people(
        work,
        """SELECT home_id, sponsor_id, house, suspended, groups FROM period_participant
            WHERE starts_on = %(day)s""",
        day=starts_on,
    )
    return Facts(people, _sales(work, rows, people, day=starts_on, settlement=settlement))


def now(
    work: Work, period: Period, people: People, *, sellers: Sequence[int] | None = None
) -> dict[str, Sales]:
    """What everybody who took part in a period, or these sellers, have sold in it, as things are now."""
    values = values_of(period) | ({} if sellers is None else {"sellers": list(sellers)})
    return _sales(work, volumes_query(period, of_sellers=sellers is not None), people, **values)


def _people(work: Work, rows: str, **values: Any) -> People:
    found = columns.read(
        work,
        f"""SELECT {numbers("home_id", "ids")}, {numbers(f"coalesce(sponsor_id, {NOBODY})", "sponsors")},
                   {numbers("house::int", "houses")}, {numbers("suspended::int", "suspended")},
                   json_agg(json_build_array(home_id, groups)) FILTER (WHERE groups <> '{{}}')::text AS groups
              FROM ({rows}) AS everybody""",
        values,
    )[0]
    ids = as_numbers(found.ids)
    order = np.argsort(ids)
    return People(
        ids[order],
        as_numbers(found.sponsors)[order],
        as_numbers(found.houses)[order] == 1,
        as_numbers(found.suspended)[order] == 1,
        {id: frozenset(names) for id, names in json.loads(found.groups or "[]")},
    )


def _sales(work: Work, rows: str, people: People, **values: Any) -> dict[str, Sales]:
    """Rows as columns, by currency: of those who took part, and nobody who sold nothing among them."""
    found: dict[str, Sales] = {}
    for row in columns.read(
        work,
        f"""SELECT currency::text AS currency, {numbers("home_id", "ids")},
                   {numbers("volume_minor", "volumes")}, {numbers("clients", "clients")},
                   {instants("reached_at", "reached")}
              FROM ({rows}) AS each GROUP BY 1 ORDER BY 1""",
        values,
    ):
        columns_of = (row.ids, row.volumes, row.clients, row.reached)
        all_of = Sales(*(as_numbers(column) for column in columns_of))
        _, known = people.places(all_of.id)
        sales = all_of.sorted_where(known & (all_of.volume != 0))
        if len(sales.id):
            found[row.currency] = sales
    return found


def changed(before: Mapping[str, Sales], after: Mapping[str, Sales]) -> bool:
    """Whether anybody has sold other than before."""
    return dict(before) != dict(after)
