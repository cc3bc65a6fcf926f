"""Orders in words, for the tests of intake."""

from __future__ import annotations

from typing import Any

from tests.company import HOME, Shop

from mainstem import orders
from mainstem.kit.db import Database
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.orders import ClientDetails, LineWanted, OrderWanted


def wanted(shop: Shop, *lines: tuple[str, int], **changes: Any) -> OrderWanted:
    """Somebody new wants so many of each SKU from this shop."""
    key = f"order-{new_id()}"
    asked: dict[str, Any] = {
        "storefront_id": shop.id,
        "home_id": shop.home_id,
        "channel": "api",
        "key": key,
        "fingerprint": key.encode(),
        "currency": shop.currency,
        "locale": "sv",
        "client": ClientDetails(name="Guest", email=f"{key}@example.com"),
        "address": HOME,
        "lines": [LineWanted(sku, quantity) for sku, quantity in lines],
    }
    return OrderWanted(**(asked | changes))


def place_alone(database: Database, one: OrderWanted) -> orders.Placed | Exception:
    """The answer to one order in a Work of its own."""
    with database.work() as work:
        [answer] = orders.place(work, [one])
    return answer


def stock_of(work: Work, sku: str, quantity: int) -> None:
    """So many of it at the first location, and none elsewhere."""
    work.run(
        """UPDATE stock_level s SET on_hand = CASE WHEN l.position = 0 THEN %(quantity)s ELSE 0 END
             FROM variant v, location l
            WHERE v.id = s.variant_id AND l.id = s.location_id AND v.sku = %(sku)s""",
        sku=sku,
        quantity=quantity,
    )


def promised(work: Work) -> dict[str, tuple[int, int]]:
    """What the counters say is promised of each SKU, and what the live reservations add up to."""
    rows = work.rows(
        """SELECT v.sku, sum(s.reserved)::int AS counted,
                  sum((SELECT coalesce(sum(r.quantity), 0) FROM reservation r
                        WHERE r.variant_id = s.variant_id AND r.location_id = s.location_id
                          AND r.released_at IS NULL))::int AS promised
             FROM stock_level s JOIN variant v ON v.id = s.variant_id GROUP BY 1 ORDER BY 1"""
    )
    return {row.sku: (row.counted, row.promised) for row in rows}
