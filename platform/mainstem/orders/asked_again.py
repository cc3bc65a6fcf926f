"""What the rules of a plan were asked about an order that was placed, asked once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mainstem.kit.work import Work
from mainstem.network import Upline
from mainstem.orders.placing import planned
from mainstem.orders.placing.planned import Sale
from mainstem.plan import Line, Plan, book

_LINES = """
SELECT o.currency, s.slug AS storefront, o.client_key, o.placed_at, a.slug, a.joined_at,
       l.line_no, l.kind, v.product_id, c.cost_minor IS NOT NULL AS has_cost,
       l.total_minor - l.tax_minor AS net_minor
  FROM orders o
  JOIN storefront s ON s.id = o.storefront_id
  JOIN affiliate a ON a.id = %(seller)s
  JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
  JOIN variant v ON v.id = l.variant_id
  LEFT JOIN order_line_cost c ON c.home_id = l.home_id AND c.order_id = l.order_id AND c.line_no = l.line_no
 WHERE o.home_id = %(home)s AND o.id = %(order)s ORDER BY l.line_no"""


def as_sold(
    work: Work,
    home_id: int,
    order_id: UUID,
    plan: Plan,
    seller: int,
    groups: dict[str, list[str]] | None,
) -> dict[int, Line]:
    """Each line of an order, by its number, as a version of the plan is asked about it for whoever is credited.

    What the catalogue says of a product is of now: its rule was frozen at the sale, and its department may
    have been changed since.
    """
    rows: Sequence[Any] = work.rows(_LINES, home=home_id, order=order_id, seller=seller)
    order = rows[0]
    sale = Sale(
        order.currency,
        order.storefront,
        order.client_key,
        order.placed_at,
        [(row.kind, row.product_id, row.has_cost) for row in rows],
        sum(row.net_minor for row in rows),
    )
    upline = Upline(
        "active", [seller], groups=groups, slug=order.slug, joined_at=order.joined_at, unpaid=None
    )
    facts = planned.read(work, [sale], [book.Published(order.placed_at, plan)], [])
    lines = facts.lines(sale, seller, upline, plan)
    return {row.line_no: line for row, line in zip(rows, lines, strict=True)}
