"""Unpaid holds: goods that wait for money, and the desk's hand on them."""

from __future__ import annotations

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.orders import Hold
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, refused, show


class Holds(Page, kw_only=True):
    """Unpaid orders that keep goods from others."""

    holds: list[Hold]


@get("/ship/holds", sync_to_thread=True)
def list_holds(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Who keeps what without having paid, large shares first."""
    return _show(request, work)


def _show(request: HttpRequest, work: Work, no: Refused | None = None) -> HttpResponse:
    page = Holds(**layout_of(request, work, "ship"), holds=orders.unpaid_holds(work))
    return show(request, "desk/holds.html", page, no)


@post("/ship/holds/{home:int}/{order:uuid}/freeing", sync_to_thread=True)
def free(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], order: FromPath[UUID]
) -> HttpResponse:
    """Give the order up, so that its goods are others' to buy."""
    no = refused(work, lambda: orders.free(work, home, order))
    if no:
        return _show(request, work, no)
    notice = language_of(request).text("The goods are released.")
    return redirect(request, "/desk/ship/holds", notice=notice)


routes = [list_holds, free]
