"""How an order ends before or after its time: canceled, withheld, expired, closed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from mainstem import payments, stock
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import record, record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.orders.holds import payable_on
from mainstem.orders.progress import FULFILLMENT_STATUS, Key, lock


def cancel(work: Work, home_id: int, order_id: UUID, *, reason: str) -> None:
    """Cancel an order of which nothing has left. What is left of its payment is refunded."""
    row = work.row(
        """SELECT state, fulfillment_status FROM orders
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=order_id,
    )
    if row is None:
        raise NotFound("order")
    if row.state not in ("pending", "placed") or row.fulfillment_status != "unfulfilled":
        raise InvalidTransition("order", row.state, "canceled")
    key = (home_id, order_id)
    _cancel_rest(work, [key])
    _end(work, [key])
    stock.give_back(work, [key])
    give_rest_back(work, [key], reason=reason)
    record(work, "order.canceled", order_id, home=home_id)


def withhold(work: Work, orders: Sequence[Key]) -> None:
    """Send nothing more of these orders, whose dispute is lost, and free their goods.

    An order of which nothing has left is canceled, and what its disputes left of the payment is asked
    to go back; where the gateway refuses that, the failed refund says what people still owe. Of any
    other order the goods that have not left are canceled, and people decide about the rest of its
    money. Asked again, it changes nothing.
    """
    asked = in_key_order(orders)
    lock(work, asked)
    rows = work.rows(
        """SELECT o.home_id, o.id, o.fulfillment_status = 'unfulfilled' AS whole
             FROM orders o JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id)
               USING (home_id, id)
            WHERE o.state = 'placed' ORDER BY o.home_id, o.id""",
        homes=[home for home, _ in asked],
        ids=[id for _, id in asked],
    )
    keys = [(row.home_id, row.id) for row in rows]
    whole = [(row.home_id, row.id) for row in rows if row.whole]
    _cancel_rest(work, keys)
    _end(work, whole)
    stock.give_back(work, keys)
    give_rest_back(work, whole, reason="dispute_lost")
    record_all(work, "order.canceled", whole)


def give_rest_back(work: Work, orders: Sequence[Key], *, reason: str) -> None:
    """Refund what is left of the payments of canceled orders: neither disputed nor on its way back.

    What has come back and is not booked yet counts as gone, so that nothing is asked for twice.
    """
    rows = work.rows(
        """SELECT o.home_id, o.id,
                  o.paid_minor - o.disputed_minor
                    - coalesce((SELECT sum(r.amount_minor) FROM refund r
                                 WHERE r.home_id = o.home_id AND r.order_id = o.id
                                   AND r.state IN ('requested', 'submitted', 'succeeded')), 0)::bigint
                    AS left_minor
             FROM orders o JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id)
               USING (home_id, id)
            WHERE o.state = 'canceled' ORDER BY o.home_id, o.id""",
        homes=[home for home, _ in orders],
        ids=[id for _, id in orders],
    )
    for row in rows:
        if row.left_minor > 0:
            payments.request_refund(
                work, row.home_id, row.id, amount_minor=row.left_minor, reason=reason
            )


def _end(work: Work, orders: Sequence[Key]) -> None:
    work.run(
        """UPDATE orders o SET state = 'canceled', fulfillment_status = 'canceled'
             FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id)
            WHERE o.home_id = asked.home_id AND o.id = asked.id""",
        homes=[home for home, _ in orders],
        ids=[id for _, id in orders],
    )


def _cancel_rest(work: Work, keys: Sequence[Key]) -> None:
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
        FULFILLMENT_STATUS,
        homes=[home for home, _ in keys],
        orders=[id for _, id in keys],
        times=[work.now()] * len(keys),
        delivered=False,
    )


def expire_unpaid(work: Work, *, most: int = 500) -> int:
    """Give up orders whose deadline has passed unpaid and free their goods; how many."""
    rows = work.rows(
        """UPDATE orders SET state = 'expired', fulfillment_status = 'canceled'
            WHERE (home_id, id) IN (
                  SELECT o.home_id, o.id FROM orders o
                   WHERE o.state = 'pending' AND o.pay_by < %(now)s
                     AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.home_id = o.home_id
                                       AND p.order_id = o.id AND p.state IN ('processing', 'captured'))
                   ORDER BY o.home_id, o.id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
        RETURNING home_id, id""",
        now=work.now(),
        most=most,
    )
    orders = in_key_order((row.home_id, row.id) for row in rows)
    stock.give_back(work, orders)
    record_all(work, "order.expired", orders)
    return len(orders)


_HELD_LONG_ENOUGH = """
SELECT o.home_id, o.id, o.placed_at, o.address->>'country' AS country,
       o.address->>'postal_code' AS postal_code, l.kind, l.hold_days, l.delivered_at
  FROM (SELECT * FROM orders
         WHERE state = 'placed' AND fulfillment_status = 'delivered' AND disputed_minor = 0
           -- What the calendar adds to the days is for it to say; this only leaves out the many.
           AND delivered_at < %(now)s - make_interval(days => (
                 SELECT max(hold_days) FROM order_line
                  WHERE home_id = orders.home_id AND order_id = orders.id))
         ORDER BY delivered_at LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS o
 CROSS JOIN LATERAL (
       SELECT kind, max(hold_days) AS hold_days, max(delivered_at) AS delivered_at
         FROM order_line WHERE home_id = o.home_id AND order_id = o.id AND delivered > 0
        GROUP BY kind) AS l
 ORDER BY 1, 2"""


def close_finished(work: Work, *, most: int = 5000) -> int:
    """Close orders that are delivered whole and whose hold is over; how many."""
    today = work.now().astimezone(work.tools.zone).date()
    rows = work.rows(_HELD_LONG_ENOUGH, now=work.now(), most=most)
    over = [
        key
        for key, kinds in groupby(rows, lambda row: (row.home_id, row.id))
        if max(payable_on(row, work.tools.zone) for row in kinds) <= today
    ]
    return work.run(
        """UPDATE orders o SET state = 'closed', closed_at = %(now)s
             FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS over (home_id, id)
            WHERE o.home_id = over.home_id AND o.id = over.id""",
        now=work.now(),
        homes=[home for home, _ in over],
        ids=[id for _, id in over],
    )
