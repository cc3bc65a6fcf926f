"""What is not sent any more: the client's bank has taken the payment of an order back for good."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mainstem import payments, stock
from mainstem.kit.events import record_all
from mainstem.kit.work import Work
from mainstem.orders.progress import _FULFILLMENT_STATUS, lock


def withhold(work: Work, orders: Sequence[tuple[int, UUID]]) -> None:
    """Send nothing more of these orders (home, id), whose dispute is lost, and free their goods.

    An order of which nothing has left is canceled, and what its disputes left of the payment is asked
    to go back; where the gateway refuses that, the failed refund says what people still owe. Of any
    other order the goods that have not left are canceled, and people decide about the rest of its
    money. Asked again, it changes nothing.
    """
    asked = sorted(set(orders))
    lock(work, asked)
    rows = work.rows(
        """SELECT o.home_id, o.id, o.fulfillment_status = 'unfulfilled' AS whole,
                  o.paid_minor - o.disputed_minor
                    - coalesce((SELECT sum(r.amount_minor) FROM refund r
                                 WHERE r.home_id = o.home_id AND r.order_id = o.id
                                   AND r.state IN ('requested', 'submitted', 'succeeded')), 0)::bigint
                    AS left_minor
             FROM orders o JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id)
               USING (home_id, id)
            WHERE o.state = 'placed' ORDER BY o.home_id, o.id""",
        homes=[home for home, _ in asked],
        ids=[id for _, id in asked],
    )
    keys = [(row.home_id, row.id) for row in rows]
    whole = [(row.home_id, row.id) for row in rows if row.whole]
    _cancel_rest(work, keys)
    work.run(
        """UPDATE orders o SET state = 'canceled', fulfillment_status = 'canceled'
             FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS whole (home_id, id)
            WHERE o.home_id = whole.home_id AND o.id = whole.id""",
        homes=[home for home, _ in whole],
        ids=[id for _, id in whole],
    )
    stock.give_back(work, keys)
    for row in rows:
        if row.whole and row.left_minor > 0:
            payments.request_refund(
                work, row.home_id, row.id, amount_minor=row.left_minor, reason="dispute_lost"
            )
    record_all(work, "order.canceled", whole)


def _cancel_rest(work: Work, keys: Sequence[tuple[int, UUID]]) -> None:
    """Cancel what has not left: of an order that has begun to leave, its goods alone."""
    work.run(
        """UPDATE order_line l SET canceled = l.quantity - l.shipped
             FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, order_id)
             JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.order_id
            WHERE l.home_id = o.home_id AND l.order_id = o.id
              AND (l.kind = 'goods' OR o.fulfillment_status = 'unfulfilled')""",
        homes=[home for home, _ in keys],
        ids=[id for _, id in keys],
    )
    work.run(
        _FULFILLMENT_STATUS,
        homes=[home for home, _ in keys],
        orders=[id for _, id in keys],
        times=[work.now()] * len(keys),
        delivered=False,
    )
