"""Who was active above a sale, where the plan counts it at the delivery: counted once, before anything is earned,
and kept on the order."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.kit.bulk import RowKey, given, relation
from mainstem.kit.work import Work
from mainstem.orders import CREDITED_TO
from mainstem.plan import NOBODY, Plan, Uplines


class _Delivered(NamedTuple):
    """An order that has begun to arrive, and how its plan looks back: so many days, for so many sales."""

    home_id: int
    id: UUID
    at: datetime
    days: int
    most: int


def _own_sales(of: str) -> str:
    """What somebody had sold themselves when an order began to arrive, up to what is enough."""
    return f"""(
       SELECT count(*)::int AS sales
         FROM (SELECT FROM orders own
                WHERE own.seller_id = {of} AND own.earns AND own.delivered_at <= asked.at
                  AND own.delivered_at >= asked.at - make_interval(days => asked.days::int)
                LIMIT asked.most) AS enough)"""


# Of those above the seller, as the order is credited now: what each has sold themselves, up to what is enough.
_COUNTED = f"""
SELECT o.home_id, o.id, asked.at, moved.id AS change_id,
       coalesce(credited.upline_facts, '{{}}') || coalesce(jsonb_object_agg(above.step::text,
         coalesce(credited.upline_facts -> above.step::text, '{{}}') || jsonb_build_object('own_sales', own.sales))
         FILTER (WHERE above.step IS NOT NULL), '{{}}') AS facts
  FROM {relation(_Delivered, "asked")}
  JOIN orders o USING (home_id, id) {CREDITED_TO}
  LEFT JOIN LATERAL (
       SELECT place - 1 AS step, affiliate_id
         FROM unnest(credited.upline) WITH ORDINALITY AS stood (affiliate_id, place)
        WHERE place > 1 AND affiliate_id <> {NOBODY}) AS above ON true
  LEFT JOIN LATERAL {_own_sales("above.affiliate_id")} AS own ON true
 GROUP BY o.home_id, o.id, asked.at, moved.id, credited.upline_facts"""

# The same of those above whoever else it is credited to, of the few orders that are.
_OTHERS_COUNTED = f"""
SELECT o.home_id, o.id, moved.id AS change_id, credited.also_credited, party.no - 1 AS party,
       above.no - 1 AS step, own.sales
  FROM {relation(_Delivered, "asked")}
  JOIN orders o USING (home_id, id) {CREDITED_TO}
 CROSS JOIN LATERAL jsonb_array_elements(credited.also_credited) WITH ORDINALITY AS party (said, no)
 CROSS JOIN LATERAL jsonb_array_elements_text(party.said -> 'upline') WITH ORDINALITY AS above (id, no)
 CROSS JOIN LATERAL {_own_sales("above.id::bigint")} AS own
 WHERE above.no > 1 AND above.id::bigint <> {NOBODY}
 ORDER BY o.home_id, o.id"""

_KEEP = f"""
WITH counted AS MATERIALIZED ({_COUNTED}), of_change AS (
  UPDATE attribution_change c SET upline_facts = nullif(counted.facts, '{{}}')
    FROM counted WHERE c.home_id = counted.home_id AND c.id = counted.change_id)
UPDATE orders o SET active_as_of = counted.at,
       upline_facts = CASE WHEN counted.change_id IS NULL THEN nullif(counted.facts, '{{}}')
                           ELSE o.upline_facts END
  FROM counted WHERE o.home_id = counted.home_id AND o.id = counted.id"""


def count_at_delivery(work: Work, found: Iterable[Any], plans: Mapping[int, Plan]) -> bool:
    """Count the own sales of those above each of these orders that has begun to arrive, where its plan does so
    at delivery and it was not done yet; whether any was."""
    asked = {}
    for row in found:
        uplines = plans[row.plan_version].sale.uplines
        if uplines.asks_at_delivery and row.reached_at and row.active_as_of is None:
            key = row.home_id, row.id
            asked[key] = _Delivered(*key, row.reached_at, uplines.days, uplines.own_sales_min)
    if asked:
        rows = given(list(asked.values()), _Delivered, "asked")
        others = work.rows(_OTHERS_COUNTED, **rows)
        work.run(_KEEP, **rows)
        _keep_others(work, others)
    return bool(asked)


def _with_others(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """What is kept of whoever else an order is credited to, with what those above each have sold."""
    also: list[dict[str, Any]] = copy.deepcopy(rows[0].also_credited)
    for row in rows:
        facts = also[row.party].setdefault("upline_facts", {})
        facts.setdefault(str(row.step), {})["own_sales"] = row.sales
    return also


def _keep_others(work: Work, counted: Iterable[Any]) -> None:
    """Keep the same of those above whoever else an order is credited to."""
    for (home, order), found in groupby(counted, lambda row: (row.home_id, row.id)):
        rows = list(found)
        also = _with_others(rows)
        where = {"home": home, "id": rows[0].change_id or order, "also": json.dumps(also)}
        table = "attribution_change" if rows[0].change_id else "orders"
        work.run(
            f"""UPDATE {table} SET also_credited = %(also)s::jsonb
                 WHERE home_id = %(home)s AND id = %(id)s""",
            **where,
        )


def facts_now(work: Work, order: RowKey, uplines: Uplines) -> dict[str, Any]:
    """What would be kept of those above an order (home, id) if it began to arrive at this moment: its
    `upline_facts`, and its `also_credited` where it is credited to several with somebody above."""
    asked = [_Delivered(*order, work.now(), uplines.days, uplines.own_sales_min)]
    rows = given(asked, _Delivered, "asked")
    found: dict[str, Any] = {"upline_facts": work.one(_COUNTED, **rows).facts}
    if others := work.rows(_OTHERS_COUNTED, **rows):
        found["also_credited"] = _with_others(others)
    return found
