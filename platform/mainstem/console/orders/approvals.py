"""The second person's yes or no, and whose purchase an order is."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders
from mainstem.commissions import decide as decide_review
from mainstem.console import queries
from mainstem.console.orders.page import BASE, ORDER
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.guards import staff
from mainstem.web.staff.layout import (
    MONEY,
    HttpRequest,
    HttpResponse,
)
from mainstem.web.staff.typed import reason_in

APPROVAL = f"{BASE}/approvals/{{approval:uuid}}"


@post(f"{APPROVAL}/approval", sync_to_thread=True)
def approve(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """The second person says yes."""

    def do() -> str:
        asked = {row.id: row.kind for row in queries.approvals_of(work, home, order)}
        orders.approve(work, home, approval)
        if asked.get(approval) == "settlement":
            return "The refund is closed: the bank has paid it."
        return "Approved. The refund is requested."

    return ORDER.of(home, order).act(request, work, do)


@post(f"{APPROVAL}/denial", sync_to_thread=True)
def deny(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """The second person says no, and why."""
    return ORDER.of(home, order).do(
        request,
        work,
        lambda: orders.deny(work, home, approval, words=reason_in(form)),
        "Denied. Nothing is refunded.",
    )


@post(f"{APPROVAL}/withdrawal", sync_to_thread=True)
def withdraw(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """Whoever asked asks no more."""
    return ORDER.of(home, order).do(
        request,
        work,
        lambda: orders.withdraw(work, home, approval),
        "Withdrawn. Nothing is refunded.",
    )


@post(f"{BASE}/commission-review", sync_to_thread=True, guards=[staff(*MONEY)])
def review(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
) -> HttpResponse:
    """Say whose purchase an order is: `verdict` is release or refuse, `words` why."""

    def do() -> str:
        if form["verdict"] not in ("release", "refuse"):
            raise InvalidInput(Problem("/verdict", "missing", "This is needed."))
        release = form["verdict"] == "release"
        decide_review(work, home, order, release=release, words=form["words"])
        if release:
            return "Released: it earns commission like any other sale."
        return "Refused: it earns no commission."

    return ORDER.of(home, order).act(request, work, do)


routes = [approve, deny, withdraw, review]
