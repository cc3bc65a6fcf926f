"""What a period is worked out of: who took part, and what each sold. Read and kept by statements for all.

A line of an order counts once, whole, when all of it has arrived: in the period of its order, its delivery or
the end of its hold, as the plan says. What comes back lowers the period that it was counted in and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from mainstem.calendar import WITHDRAWAL_DAYS
from mainstem.kit.work import Work
from mainstem.network import ELIGIBLE
from mainstem.orders import CREDITED_TO, GOODWILL, back_of
from mainstem.periods.model import Period
from mainstem.plan.period_limits import Earned
from mainstem.plan.periods import Participant

LONG = "15min"
NEVER_JOINED = ("applied", "in_review", "rejected")

SPONSORS = """
  LEFT JOIN sponsorship s ON s.affiliate_id = a.id AND s.valid_from < %(ends_at)s
                         AND (s.valid_to IS NULL OR s.valid_to >= %(ends_at)s)"""
"""Beside an `affiliate a`: whom they stood under when a period ended (`SPONSOR`). Nothing else here asks."""
SPONSOR = "CASE WHEN s.affiliate_id IS NULL THEN a.sponsor_id ELSE s.sponsor_id END"

# A state is what the first step after the period's end left, and today's where there was none.
_KEEP_PARTICIPANTS = f"""
INSERT INTO period_participant (home_id, starts_on, sponsor_id, house, suspended, groups)
SELECT a.id, %(starts_on)s, {SPONSOR}, a.is_house, coalesce(later.before, a.state) <> ALL(%(eligible)s),
       coalesce(g.names, '{{}}')
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
_VOLUMES = """
SELECT theirs.affiliate_id AS home_id, currency, sum(theirs.minor)::bigint AS volume_minor,
       count(DISTINCT client_key)::int AS clients, max(at) AS reached_at
  FROM (SELECT seller_id, also_credited, currency, client_key, at,
               kept - CASE WHEN left_minor > 0 THEN part(kept, whole, left_minor) ELSE 0 END AS volume
          FROM (SELECT credited.seller_id, credited.also_credited, o.currency, o.client_key, max({counted}) AS at,
                       sum(earned - CASE WHEN kept > 0 THEN greatest(part(worth,
                             greatest(back_minor - (l.total_minor - kept), 0), kept)
                             - (worth - earned), 0) ELSE 0 END)::bigint AS kept,
                       o.total_minor - (o.refunded_minor - goodwill.minor - o.unallocated_minor) AS left_minor,
                       least(o.unallocated_minor + o.disputed_minor,
                             o.total_minor - (o.refunded_minor - goodwill.minor - o.unallocated_minor)) AS whole
                  {lines} AND {near} AND {counted} >= %(starts_at)s AND {counted} < %(ends_at)s
                 GROUP BY o.home_id, o.id, credited.seller_id, credited.also_credited, goodwill.minor) AS of_order)
    AS standing
 CROSS JOIN LATERAL (
       SELECT seller_id AS affiliate_id, volume AS minor WHERE also_credited IS NULL
        UNION ALL
       SELECT p.affiliate_id, p.minor FROM credited_parts(volume, seller_id, also_credited) AS p
        WHERE also_credited IS NOT NULL AND p.minor > 0) AS theirs
 WHERE volume > 0
 GROUP BY 1, 2"""


def volumes_query(period: Period) -> str:
    """The statement for what each affiliate sold in a period as things are now, by currency."""
    by = period.counted_at
    return _VOLUMES.format(counted=_COUNTED_AT[by], near=_NEAR[by], lines=_LINES)


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


@dataclass(frozen=True, slots=True)
class Sold:
    """What an affiliate sold in a period in one currency, to how many clients, and when the last of it counted."""

    volume_minor: int
    clients: int
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Who took part in a period, and what each sold, by currency and affiliate."""

    participants: list[Participant]
    sold: Mapping[str, Mapping[int, Sold]] = field(default_factory=dict)
    earned: Mapping[str, Mapping[int, Earned]] = field(default_factory=dict)
    """What sales have earned them, where the plan asks."""

    def in_currency(self, currency: str) -> list[Participant]:
        """Everybody, with what they sold in one currency."""
        sold = self.sold.get(currency, {})
        return [
            replace(one, volume_minor=sold[one.id].volume_minor, clients=sold[one.id].clients)
            if one.id in sold
            else one
            for one in self.participants
        ]

    def reached_first(self, currency: str) -> list[int]:
        """Everybody who sold in a currency, by when they had reached what they sold."""
        sold = self.sold.get(currency, {})
        return sorted(sold, key=lambda id: (sold[id].reached_at, id))


def take_time(work: Work) -> None:
    """Let this work think for as long as a company of a million needs: no page waits for it."""
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        work.run("SELECT set_config(%(limit)s, %(most)s, true)", limit=limit, most=LONG)


def keep(work: Work, period: Period) -> Facts:
    """Keep who took part in a period that is not closed and what each sold, as things are now."""
    for table in ("period_participant", "period_volume"):
        work.run(f"DELETE FROM {table} WHERE starts_on = %(day)s", day=period.starts_on)
    values = values_of(period)
    work.run(_KEEP_PARTICIPANTS, **values)
    work.run(
        f"""INSERT INTO period_volume (home_id, starts_on, currency, volume_minor, clients, reached_at)
            SELECT v.home_id, %(starts_on)s, v.currency, v.volume_minor, v.clients, v.reached_at
              FROM ({volumes_query(period)}) AS v
              JOIN period_participant p ON p.home_id = v.home_id AND p.starts_on = %(starts_on)s""",
        **values,
    )
    return kept(work, period.starts_on)


def kept(work: Work, starts_on: date, *, settlement: int = 1) -> Facts:
    """What a period was worked out of at its close, or at a settlement after it."""
    rows = work.rows(
        """SELECT DISTINCT ON (currency, home_id) home_id, currency, volume_minor, clients, reached_at
             FROM (SELECT home_id, currency, volume_minor, clients, reached_at, 1 AS settlement
                     FROM period_volume WHERE starts_on = %(day)s
                    UNION ALL
                   SELECT home_id, currency, volume_minor, clients, reached_at, settlement
                     FROM period_correction
                    WHERE starts_on = %(day)s AND settlement <= %(settlement)s) AS each
            ORDER BY currency, home_id, settlement DESC""",
        day=starts_on,
        settlement=settlement,
    )
    return Facts(_participants(work, starts_on), by_currency(rows))


def now(work: Work, period: Period) -> Mapping[str, Mapping[int, Sold]]:
    """What everybody who took part in a period has sold in it, as things are now."""
    return by_currency(
        work.rows(
            f"""SELECT v.* FROM ({volumes_query(period)}) AS v
                  JOIN period_participant p ON p.home_id = v.home_id AND p.starts_on = %(starts_on)s""",
            **values_of(period),
        )
    )


def by_currency(rows: list[Any]) -> dict[str, dict[int, Sold]]:
    """Rows as they are looked up: by currency and affiliate, nobody who sold nothing among them."""
    found: dict[str, dict[int, Sold]] = {}
    for row in rows:
        if row.volume_minor:
            sold = Sold(row.volume_minor, row.clients, row.reached_at)
            found.setdefault(row.currency, {})[row.home_id] = sold
    return found


def _participants(work: Work, starts_on: date) -> list[Participant]:
    return [
        Participant(
            row.home_id,
            row.sponsor_id,
            house=row.house,
            suspended=row.suspended,
            groups=frozenset(row.groups),
        )
        for row in work.rows(
            """SELECT home_id, sponsor_id, house, suspended, groups FROM period_participant
                WHERE starts_on = %(day)s ORDER BY home_id""",
            day=starts_on,
        )
    ]
