"""History, step by step: what happened elsewhere goes through the same verbs as what happens here.

Each step takes any number of orders and brings them to where they were, in the caller's one
transaction: placed and paid, shipped, delivered, refunded. Nothing has to follow by itself
afterwards: the steps do here what the worker would do, so they are run with tools that have no
reactions (`quiet`), and the facts they record are kept, but wait for nobody. A step that is
repeated finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mainstem import earnings, orders, payments
from mainstem.kit.bulk import ASKED_ORDERS, asked
from mainstem.kit.errors import Refused
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Tools, Work
from mainstem.orders import OrderKey, OrderWanted, Placed
from mainstem.payments import PastRefund
from mainstem_fulfillment import jobs, routing, shipments


@dataclass(frozen=True, slots=True)
class Sale:
    """One order of the past, and when and by what it was paid; None: it still waits for that."""

    wanted: OrderWanted
    paid_at: datetime | None
    reference: str = ""


def quiet(tools: Tools) -> Tools:
    """The same tools, without anything that follows from facts by itself."""
    return replace(tools, consumers={})


def place(work: Work, sales: Sequence[Sale]) -> list[Placed | Refused]:
    """Orders placed, one answer each in the order given; known ones as they are."""
    return orders.place(work, [sale.wanted for sale in sales])


def pay(work: Work, sales: Sequence[Sale], placed: Sequence[Placed]) -> int:
    """What was paid for these orders of these sales; how many that was news of. They are routed."""
    captured = payments.record_external(
        work,
        [
            (one.home_id, one.order_id, one.total_minor, one.currency, sale.paid_at, sale.reference)
            for sale, one in zip(sales, placed, strict=True)
            if sale.paid_at is not None
        ],
    )
    paid = orders.mark_paid(work, captured)
    if paid:
        routing.route(work, paid)
        earnings.hold_for_review(work, paid)
    return len(paid)


_RELEASED = f"""
SELECT f.home_id, f.order_id, f.no
  FROM fulfilment f JOIN {ASKED_ORDERS} USING (home_id, order_id) WHERE f.state = 'released'"""


def ship(work: Work, shipped: Mapping[OrderKey, datetime]) -> int:
    """The goods of these orders left at these instants; how many fulfilments that was news of."""
    rows = work.rows(_RELEASED, **asked(shipped))
    released = [(row.home_id, row.order_id, row.no) for row in rows]
    if released:
        shipments.dispatch(work, released, at=dict(shipped))
    return len(released)


_MOVING = f"""
SELECT p.home_id, p.order_id, p.fulfilment_no
  FROM parcel p JOIN {ASKED_ORDERS} USING (home_id, order_id) WHERE p.state = 'in_transit'"""


def deliver(work: Work, delivered: Mapping[OrderKey, datetime]) -> int:
    """These orders' goods arrived and their services were performed, and all of it earns from here.

    How many fulfilments and services that was news of.
    """
    rows = work.rows(_MOVING, **asked(delivered))
    moving = [(row.home_id, row.order_id, row.fulfilment_no) for row in rows]
    news = shipments.deliver(work, moving, at=dict(delivered)) if moving else 0
    news += jobs.perform(work, delivered)
    earnings.settle(work, list(delivered))
    return news


def refund(work: Work, refunds: Sequence[PastRefund]) -> int:
    """This money went back, and the commissions on it with it; how many refunds were news."""
    new = payments.record_external_refunds(work, refunds)
    touched = in_key_order(new)
    if touched:
        orders.record_refund(work, touched)
        earnings.settle(work, touched)
    return len(new)
