"""What may be done with an order, and why not."""

from __future__ import annotations

from mainstem import orders, payments
from mainstem.console import queries
from mainstem.console.orders.views import ActionState
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.staff.layout import (
    said,
)


class NothingLeft(Refused):
    """All of it has gone back, or nothing ever came."""

    code = "nothing_left"
    message = "There is nothing left to refund."


class AllHasLeft(Refused):
    """What has left is given back by a refund, not canceled."""

    code = "all_has_left"
    message = "All of it is shipped already. Refund what is returned instead."


def is_waited_for(order: queries.OrderDetails) -> bool:
    """Whether the client still waits for something of it."""
    return order.state == "placed" and order.fulfillment_status not in ("delivered", "canceled")


def alone(work: Work, currency: str) -> Money | None:
    """What the reader may send back alone; None for whoever may not at all."""
    try:
        return orders.limit_of(work, currency)
    except Refused:
        return None


def asked_minor(refunds: list[queries.RefundRow]) -> int:
    """What has been asked back and may still go: a refund that failed counts no more."""
    return sum(
        row.amount_minor for row in refunds if row.state in ("requested", "submitted", "succeeded")
    )


def still_here(lines: list[queries.LineRow]) -> int:
    """How many pieces are still to leave or to be performed."""
    return sum(row.quantity - row.canceled - row.shipped for row in lines if row.line_no)


def why_not_cancel(order: queries.OrderDetails, still: int) -> Refused | None:
    """Why nothing of the order can be canceled; None where something can."""
    if order.state not in ("pending", "placed"):
        return InvalidTransition("order", order.state, "canceled")
    return AllHasLeft() if not still else None


def why_not_refund(
    left: int, paid: list[queries.PaymentRow], disputes: list[queries.DisputeRow]
) -> Refused | None:
    """Why nothing can be sent back; None where something can."""
    if left <= 0:
        return NothingLeft()
    if any(row.state == "captured" and row.provider != "stripe" for row in paid):
        return None
    return payments.chargeback_of([row.status for row in disputes])


def action_state(language: Language, no: Refused | None) -> ActionState:
    """An action, open or closed with its reason in the reader's language."""
    return ActionState(no is None, said(language, no) if no else "")
