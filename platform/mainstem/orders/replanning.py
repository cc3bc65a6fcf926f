"""Orders that fall under the version of the plan in force when they are delivered, where theirs says so."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from mainstem.kit.bulk import ASKED, Json, RowKey, asked, given, relation
from mainstem.kit.work import Work
from mainstem.network import Upline
from mainstem.orders.placing import planned
from mainstem.orders.placing.planned import PlannedOrder, Sale, hold_days, milestone_rules
from mainstem.orders.shared import AlsoCredited, kept, uplines_of
from mainstem.plan import book

_DELIVERED = f"""
SELECT o.home_id, o.id, o.currency, s.slug AS storefront, o.client_key, o.placed_at, o.delivered_at,
       o.lead_id, o.seller_id, o.upline, o.groups, o.upline_facts, o.also_credited, a.slug, a.joined_at,
       l.line_no, l.kind, v.product_id, c.cost_minor IS NOT NULL AS has_cost,
       l.total_minor - l.tax_minor AS net_minor
  FROM {ASKED}
  JOIN orders o USING (home_id, id)
  JOIN storefront s ON s.id = o.storefront_id
  JOIN affiliate a ON a.id = o.seller_id
  JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
  JOIN variant v ON v.id = l.variant_id
  LEFT JOIN order_line_cost c ON c.home_id = l.home_id AND c.order_id = l.order_id AND c.line_no = l.line_no
 WHERE o.delivered_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM earning e WHERE e.home_id = o.home_id AND e.source_id = o.id)
 ORDER BY o.home_id, o.id, l.line_no"""


class _OrderPlan(NamedTuple):
    home_id: int
    id: UUID
    plan_version: int
    upline_facts: Json | None
    also_credited: Json | None


class _LinePlan(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    rule: str | None
    hold_days: int
    milestone_rules: Json | None


def replan(work: Work, orders: Sequence[RowKey]) -> None:
    """Sell these orders (home, id) by the version in force when the first of each was delivered.

    What has earned somebody something stays as it is. All else that a rule asks is as of the sale.
    """
    found = [
        list(rows)
        for _, rows in groupby(
            work.rows(_DELIVERED, **asked(orders)), lambda row: (row.home_id, row.id)
        )
    ]
    if not found:
        return
    sales = [_sale(rows) for rows in found]
    uplines = [_upline(rows[0]) for rows in found]
    others = [one for rows in found for one in uplines_of(rows[0].also_credited)]
    until = max(rows[0].delivered_at for rows in found)
    facts = planned.read(
        work, sales, work.fetch(book.published_query()), [*uplines, *others], until=until
    )
    _write(
        work,
        [
            _replanned(facts, rows, sale, upline)
            for rows, sale, upline in zip(found, sales, uplines, strict=True)
        ],
    )


class _Replanned(NamedTuple):
    rows: Sequence[Any]
    order: PlannedOrder
    also: AlsoCredited


def _replanned(
    facts: planned.PlanFacts, rows: Sequence[Any], sale: Sale, upline: Upline
) -> _Replanned:
    """An order by the version in force when it was delivered. To how many it is credited was decided when it
    was placed; what is asked of those above them is asked anew."""
    order = facts.of(sale, rows[0].seller_id, upline, in_force=rows[0].delivered_at)
    said = rows[0].also_credited or ()
    also = [
        kept(one["part_bp"], above, facts.upline_facts(sale, order.plan, above))
        for one, above in zip(said, uplines_of(said), strict=True)
    ]
    return _Replanned(rows, order, also)


def _sale(rows: Sequence[Any]) -> Sale:
    order = rows[0]
    lines = [(row.kind, row.product_id, row.has_cost) for row in rows]
    return Sale(
        order.currency, order.storefront, order.client_key, order.placed_at, lines,
        sum(row.net_minor for row in rows), from_lead=order.lead_id is not None,
    )  # fmt: skip


def _upline(order: Any) -> Upline:
    return Upline(
        "active",
        order.upline,
        groups=order.groups,
        slug=order.slug,
        joined_at=order.joined_at,
        unpaid=order.upline_facts,
    )


def _write(work: Work, replanned: Sequence[_Replanned]) -> None:
    orders = [
        _OrderPlan(
            rows[0].home_id,
            rows[0].id,
            order.plan.version,
            _json(order.upline_facts),
            _json(also),
        )
        for rows, order, also in replanned
    ]
    lines = [
        _LinePlan(
            row.home_id,
            row.id,
            row.line_no,
            rule.id if rule else None,
            hold_days(rules),
            Json(others) if others else None,
        )
        for rows, order, _ in replanned
        for row, rules in zip(rows, order.milestones, strict=True)
        for rule, others in [(rules.get("delivered"), milestone_rules(rules))]
    ]
    work.run(
        f"""UPDATE orders o SET plan_version = new.plan_version, upline_facts = new.upline_facts,
                   also_credited = new.also_credited
              FROM {relation(_OrderPlan, "new")} WHERE o.home_id = new.home_id AND o.id = new.id""",
        **given(orders, _OrderPlan, "new"),
    )
    work.run(
        f"""UPDATE order_line l SET rule = new.rule, hold_days = new.hold_days,
                   milestone_rules = new.milestone_rules
              FROM {relation(_LinePlan, "new")}
             WHERE l.home_id = new.home_id AND l.order_id = new.order_id AND l.line_no = new.line_no""",
        **given(lines, _LinePlan, "new"),
    )


def _json(value: object) -> Json | None:
    return Json(msgspec.json.encode(value).decode()) if value else None
