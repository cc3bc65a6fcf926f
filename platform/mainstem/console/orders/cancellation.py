"""Canceling an order, and closing the links to its page."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders
from mainstem.console import queries
from mainstem.console.orders.page import BASE, ORDER
from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
)
from mainstem.web.staff.typed import reason_in


@post(f"{BASE}/cancellation", sync_to_thread=True)
def cancel(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
) -> HttpResponse:
    """Cancel what has not left of an order; what was paid for it goes back."""

    def do() -> str:
        if orders.cancel(work, home, order, reason=reason_in(form)) == "needs_approval":
            return "A colleague has to approve it. Until then nothing moves."
        found = queries.order(work, home, order)
        if found.state != "canceled":
            return "What was not shipped is cancelled. What was paid for it is refunded."
        if found.payment_status == "disputed":
            return (
                "The order is cancelled. The client's bank has the money: it is refunded if the"
                " chargeback is won."
            )
        return "The order is cancelled. What was paid is refunded."

    return ORDER.of(home, order).act(request, work, do, form)


@post(f"{BASE}/links/withdrawal", sync_to_thread=True)
def withdraw_links(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], order: FromPath[UUID]
) -> HttpResponse:
    """Close every link to the client's page; by number and e-mail the client gets a new one."""
    return ORDER.of(home, order).do(
        request,
        work,
        lambda: orders.withdraw_links(work, home, order),
        "No earlier link opens the client's page any more.",
    )


routes = [cancel, withdraw_links]
