"""Who stood above an affiliate at an instant of the past, and what decided then whether they are paid."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from mainstem.kit.work import Work
from mainstem.network import ELIGIBLE
from mainstem.plan import NOBODY, SalePlan


class UplineThen(NamedTuple):
    """An upline as an order would have frozen it: NOBODY for whoever was not eligible, `facts` of them
    by how many steps they stand above, and the groups of each."""

    upline: list[int]
    groups: dict[str, list[str]] | None
    facts: dict[str, dict[str, Any]] | None


# Sponsors are kept with the days from and until which they were; states with the steps that were taken.
_ABOVE = """
WITH RECURSIVE above (id, steps) AS (
  SELECT %(seller)s::bigint, 0
   UNION ALL
  SELECT s.sponsor_id, above.steps + 1 FROM above
    JOIN sponsorship s ON s.affiliate_id = above.id AND s.sponsor_id IS NOT NULL
     AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s))
SELECT above.id, above.steps, a.is_house, a.joined_at <= %(at)s AS was_there,
       coalesce((SELECT after FROM affiliate_step WHERE affiliate_id = a.id AND at <= %(at)s
                  ORDER BY at DESC, id DESC LIMIT 1),
                (SELECT before FROM affiliate_step WHERE affiliate_id = a.id AND at > %(at)s
                  ORDER BY at, id LIMIT 1), a.state) AS state,
       (SELECT jsonb_agg(g.name ORDER BY g.name) FROM affiliate_group g
         WHERE g.affiliate_id = a.id AND g.from_at <= %(at)s
           AND (g.until_at IS NULL OR g.until_at > %(at)s)) AS groups,
       CASE WHEN %(days)s > 0 AND above.steps > 0 THEN (
            SELECT count(*)::int FROM orders o
             WHERE o.seller_id = a.id AND o.earns AND o.delivered_at <= %(counted)s
               AND o.delivered_at >= %(counted)s - make_interval(days => %(days)s)) END AS own_sales
  FROM above JOIN affiliate a ON a.id = above.id ORDER BY above.steps"""


def could_be_credited(work: Work, seller: int, at: datetime) -> bool:
    """Whether an affiliate could have been credited with a sale at an instant."""
    then = _rows(work, seller, at, 0)[0]
    return bool(then.was_there) and _is_eligible(then)


def upline_then(
    work: Work, seller: int, at: datetime, plan: SalePlan, *, active_as_of: datetime | None = None
) -> UplineThen:
    """The upline of an affiliate at an instant, with what this plan asks of it.

    `active_as_of` is when own sales were counted where the plan counts them at delivery; None before that.
    """
    asked = plan.uplines
    counted = active_as_of if asked.asks_at_delivery else at
    days = asked.days if asked.own_sales_min and counted else 0
    rows = _rows(work, seller, at, days, counted=counted)
    groups = {str(row.id): row.groups for row in rows if row.groups}
    facts = {str(row.steps): found for row in rows if row.steps and (found := _facts(row))}
    upline = [row.id if _is_eligible(row) or not row.steps else NOBODY for row in rows]
    return UplineThen(upline, groups or None, facts or None)


def _rows(
    work: Work, seller: int, at: datetime, days: int, *, counted: datetime | None = None
) -> list[Any]:
    return work.rows(_ABOVE, seller=seller, at=at, days=days, counted=counted or at)


def _is_eligible(row: Any) -> bool:
    return row.state in ELIGIBLE and not row.is_house


def _facts(row: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if not _is_eligible(row):
        facts["id"] = row.id
    if row.is_house:
        facts["house"] = True
    if row.state not in ELIGIBLE:
        facts["suspended"] = True
    if row.own_sales is not None:
        facts["own_sales"] = row.own_sales
    return facts
