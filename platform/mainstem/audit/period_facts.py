"""What a closed period was worked out of, as it was kept, and what was credited and posted of it, as columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from mainstem.audit.columns import Ints, as_numbers, as_words, numbers, words
from mainstem.audit.period_kernel import Month, Tree
from mainstem.kit.work import Work


@dataclass(frozen=True)
class ClosedPeriod:
    """A period that was closed: its first day, what it is called, and what its plan's document says of it."""

    starts_on: date
    name: str
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Ranks:
    """Everybody's ranks by their names, as they were kept: a row for each who has or had any."""

    id: Ints
    highest: list[str]
    paid_as: list[str]
    before: list[str]
    qualified: list[str]
    grace: Ints


def next_closed(work: Work, after: date) -> ClosedPeriod | None:
    """The first closed period that begins after a day."""
    row = work.row(
        """SELECT p.starts_on, p.every, v.document::text AS document
             FROM period p JOIN plan_version v ON v.version = p.plan_version
            WHERE p.state = 'closed' AND p.starts_on > %(after)s ORDER BY 1 LIMIT 1""",
        after=after,
    )
    if row is None:
        return None
    said = json.loads(row.document).get("period") or {}
    return ClosedPeriod(row.starts_on, _name(row.starts_on, row.every), said)


def _name(day: date, every: str) -> str:
    quarter = f"{day.year:04}-Q{(day.month - 1) // 3 + 1}"
    return {"year": f"{day.year:04}", "quarter": quarter}.get(
        every, f"{day.year:04}-{day.month:02}"
    )


def tree_of(work: Work, day: date) -> Tree:
    """Who took part in a period, and under whom they stood when it ended."""
    row = work.one(
        f"""SELECT {numbers("home_id", "ids")}, {numbers("coalesce(sponsor_id, 0)", "sponsors")},
                   {numbers("house::int", "houses")}, {numbers("suspended::int", "suspended")}
              FROM period_participant WHERE starts_on = %(day)s""",
        day=day,
    )
    ids = as_numbers(row.ids)
    order = np.argsort(ids)
    ids, sponsors = ids[order], as_numbers(row.sponsors)[order]
    at = np.searchsorted(ids, sponsors)
    known = np.isin(sponsors, ids)
    above = np.where(known, at, -1)
    return Tree(
        ids, above, as_numbers(row.houses)[order] == 1, as_numbers(row.suspended)[order] == 1
    )


# What was kept at the close, or the newest correction of it.
_VOLUMES = f"""
SELECT currency, {numbers("home_id", "ids")}, {numbers("volume_minor", "volumes")},
       {numbers("clients", "clients")}, {numbers("extract(epoch FROM reached_at) * 1000000", "reached")}
  FROM (SELECT coalesce(c.currency, v.currency)::text AS currency, coalesce(c.home_id, v.home_id) AS home_id,
               coalesce(c.volume_minor, v.volume_minor) AS volume_minor, coalesce(c.clients, v.clients) AS clients,
               coalesce(c.reached_at, v.reached_at) AS reached_at
          FROM (SELECT * FROM period_volume WHERE starts_on = %(day)s) AS v
          FULL JOIN (SELECT DISTINCT ON (home_id, currency) * FROM period_correction
                      WHERE starts_on = %(day)s AND %(corrected)s
                      ORDER BY home_id, currency, settlement DESC) AS c
               ON c.home_id = v.home_id AND c.currency = v.currency) AS stands
 WHERE volume_minor > 0 GROUP BY 1 ORDER BY 1"""


def months_of(work: Work, day: date, tree: Tree, *, corrected: bool) -> list[Month]:
    """What everybody had sold when a period was closed, or as it was corrected since; by currency."""
    moved: dict[str, list[tuple[list[int], int]]] = {}
    for row in work.rows(_MOVED, day=day, corrected=corrected):
        moved.setdefault(row.currency, []).append((row.upline, row.volume_minor))
    found = []
    for row in work.rows(_VOLUMES, day=day, corrected=corrected):
        columns = [np.zeros(len(tree.id), np.int64) for _ in range(3)]
        at = np.searchsorted(tree.id, as_numbers(row.ids))
        for column, sent in zip(columns, (row.volumes, row.clients, row.reached), strict=True):
            column[at] = as_numbers(sent)
        volume, clients, reached = columns
        found.append(Month(row.currency, volume, clients, reached, moved.get(row.currency, [])))
    return found


# The newest of each upline, by the close or with what was corrected since.
_MOVED = """
SELECT currency, upline, volume_minor
  FROM (SELECT DISTINCT ON (home_id, currency, upline) currency::text AS currency, upline, volume_minor
          FROM period_sold_under WHERE starts_on = %(day)s AND (settlement = 1 OR %(corrected)s)
         ORDER BY home_id, currency, upline, settlement DESC) AS stands
 WHERE volume_minor > 0"""


def ranks_of(work: Work, day: date) -> Ranks:
    """Everybody's ranks in a period."""
    texts = ", ".join(
        words(name, name) for name in ("highest", "paid_as", "paid_as_before", "qualified")
    )
    row = work.one(
        f"""SELECT {numbers("home_id", "ids")}, {texts}, {numbers("grace_used", "grace")}
              FROM period_standing WHERE starts_on = %(day)s""",
        day=day,
    )
    return Ranks(
        as_numbers(row.ids),
        as_words(row.highest),
        as_words(row.paid_as),
        as_words(row.paid_as_before),
        as_words(row.qualified),
        as_numbers(row.grace),
    )


def closed_before(work: Work, day: date) -> date | None:
    """The first day of the period that was closed before one."""
    found = work.value(
        "SELECT max(starts_on) FROM period WHERE state = 'closed' AND starts_on < %(day)s", day=day
    )
    return found if isinstance(found, date) else None


# The key of a posting names the first of its lines; a transfer is found by it, whatever else is in the books.
CREDITED = f"""
SELECT currency::text AS currency, rule, {numbers("home_id", "ids")}, {numbers("amount", "amounts")},
       {numbers("booked", "booked")}, sum(lines)::bigint AS lines
  FROM (SELECT e.home_id, e.currency, e.rule, sum(e.amount_minor)::bigint AS amount, count(*) AS lines,
               coalesce(sum(posted.minor), 0)::bigint AS booked
          FROM earning e
          LEFT JOIN LATERAL (
               SELECT sum(n.signed_minor)::bigint AS minor FROM ledger_transfer t
                 JOIN ledger_entry n ON n.home_id = t.home_id AND n.transfer_id = t.id AND n.owner_id = e.home_id
                WHERE t.home_id = e.home_id AND t.key = 'period:' || e.source_id || ':' || e.rule || ':' || e.no
               ) AS posted ON true
         WHERE e.source = 'period' AND e.period_from = %(day)s
         GROUP BY 1, 2, 3) AS each
 GROUP BY 1, 2 ORDER BY 1, 2"""
