"""Refunds that failed: tried again, or paid by the company's own bank."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders, payments
from mainstem.console.orders.page import BASE, ORDER
from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.guards import staff
from mainstem.web.staff.layout import (
    MONEY,
    HttpRequest,
    HttpResponse,
)
from mainstem.web.staff.typed import reason_in, reference_in


@post(f"{BASE}/refunds/{{refund:uuid}}/retry", sync_to_thread=True, guards=[staff(*MONEY)])
def retry_refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    refund: FromPath[UUID],
) -> HttpResponse:
    """Try a refund again that failed."""
    return ORDER.of(home, order).do(
        request,
        work,
        lambda: payments.retry_refund(work, home, refund),
        "The refund is tried again.",
    )


@post(f"{BASE}/refunds/{{refund:uuid}}/settlement", sync_to_thread=True, guards=[staff(*MONEY)])
def settle_refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    refund: FromPath[UUID],
) -> HttpResponse:
    """Our own bank has paid what a failed refund was to give: close it."""

    def do() -> str:
        outcome = orders.settle_by_bank(
            work, home, refund, reason=reason_in(form), reference=reference_in(form)
        )
        if outcome == "needs_approval":
            return "A colleague has to approve it. Until then nothing moves."
        return "The refund is closed: the bank has paid it."

    return ORDER.of(home, order).act(request, work, do)


@post(f"{BASE}/payments/{{payment:uuid}}/retry", sync_to_thread=True, guards=[staff(*MONEY)])
def retry_duplicate_refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    payment: FromPath[UUID],
) -> HttpResponse:
    """Request the refund of a duplicate payment again."""
    return ORDER.of(home, order).do(
        request,
        work,
        lambda: payments.request_duplicate_refund(work, home, payment),
        "The refund is requested again.",
    )


routes = [retry_refund, settle_refund, retry_duplicate_refund]
