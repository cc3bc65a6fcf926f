"""Canceling an order, and closing the links to its page."""

from __future__ import annotations

from uuid import UUID

from mainstem import orders
from mainstem.console import queries
from mainstem.console.orders.page import BASE, of_order
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import ORDERS
from mainstem.web.staff.typed import Reason

NEEDS_APPROVAL = Told(
    "A colleague has to approve it. Until then nothing moves.", outcome="needs_approval"
)


class OrderCancellation(Document):
    """Why an order is canceled."""

    reason: Reason


def _cancel(work: Work, body: OrderCancellation, *, home: int, order: UUID) -> str | Told:
    """Cancel what has not left of an order. What was paid for it goes back; where that is more than
    whoever asks may send back alone, a colleague is asked and nothing moves until then."""
    if orders.cancel(work, home, order, reason=body.reason) == "needs_approval":
        return NEEDS_APPROVAL
    found = queries.order(work, home, order)
    if found.state != "canceled":
        return "What was not shipped is cancelled. What was paid for it is refunded."
    if found.payment_status == "disputed":
        return (
            "The order is cancelled. The client's bank has the money: it is refunded if the"
            " chargeback is won."
        )
    return "The order is cancelled. What was paid is refunded."


def _withdraw_links(work: Work, *, home: int, order: UUID) -> str:
    """Close every link to the client's page; by number and e-mail the client gets a new one."""
    orders.withdraw_links(work, home, order)
    return "No earlier link opens the client's page any more."


CANCEL = Command(
    name="cancel_order",
    path=f"{BASE}/cancellation",
    do=_cancel,
    body=OrderCancellation,
    example={"reason": "The client has changed their mind."},
    scope="orders:write",
    roles=ORDERS,
    tag="Orders",
)
WITHDRAW_LINKS = Command(
    name="withdraw_order_links",
    path=f"{BASE}/links/withdrawal",
    do=_withdraw_links,
    scope="orders:write",
    roles=ORDERS,
    tag="Orders",
)

commands = [CANCEL, WITHDRAW_LINKS]
routes = [form_route(CANCEL, of_order), form_route(WITHDRAW_LINKS, of_order)]
