"""Refunds that failed: tried again, or paid by the company's own bank."""

from __future__ import annotations

from uuid import UUID

from mainstem import orders, payments
from mainstem.console.orders.cancellation import NEEDS_APPROVAL
from mainstem.console.orders.page import BASE, of_order
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY
from mainstem.web.staff.typed import Reason, Reference


class BankSettlement(Document):
    """By which transfer our own bank has paid what a failed refund was to give, and why so."""

    reason: Reason
    reference: Reference


def _retry(work: Work, *, home: int, order: UUID, refund: UUID) -> str:
    """Try a refund again that failed."""
    payments.retry_refund(work, home, refund)
    return "The refund is tried again."


def _settle(
    work: Work, body: BankSettlement, *, home: int, order: UUID, refund: UUID
) -> str | Told:
    """Close a failed refund: our own bank has paid what it was to give, under a reference.

    Said twice with the same reference, it is booked once. Where it is more than whoever says so may
    send back alone, a colleague is asked and nothing moves until then.
    """
    outcome = orders.settle_by_bank(
        work, home, refund, reason=body.reason, reference=body.reference
    )
    if outcome == "needs_approval":
        return NEEDS_APPROVAL
    return "The refund is closed: the bank has paid it."


def _retry_duplicate(work: Work, *, home: int, order: UUID, payment: UUID) -> str:
    """Request the refund of a duplicate payment again."""
    payments.request_duplicate_refund(work, home, payment)
    return "The refund is requested again."


RETRY = Command(
    name="retry_refund",
    path=f"{BASE}/refunds/{{refund:uuid}}/retry",
    do=_retry,
    scope="money:write",
    roles=MONEY,
    tag="Refunds",
)
SETTLE = Command(
    name="settle_refund",
    path=f"{BASE}/refunds/{{refund:uuid}}/settlement",
    do=_settle,
    body=BankSettlement,
    example={"reason": "The card was closed.", "reference": "MB-2041"},
    scope="money:write",
    roles=MONEY,
    tag="Refunds",
)
RETRY_DUPLICATE = Command(
    name="retry_duplicate_refund",
    path=f"{BASE}/payments/{{payment:uuid}}/retry",
    do=_retry_duplicate,
    scope="money:write",
    roles=MONEY,
    tag="Refunds",
)


commands = [RETRY, SETTLE, RETRY_DUPLICATE]
routes = [form_route(command, of_order, refills=False) for command in commands]
