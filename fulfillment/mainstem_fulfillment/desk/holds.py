"""Unpaid holds: goods that wait for money, and the desk's hand on them."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency

from mainstem import orders
from mainstem.kit.work import Work
from mainstem.orders import Hold
from mainstem.web.commands import Command
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import SHIP, HttpRequest, HttpResponse, Page, layout_of
from mainstem.web.staff.screen import Screen


class Holds(Page, kw_only=True):
    """Unpaid orders that keep goods from others."""

    holds: list[Hold]


@get("/ship/holds", sync_to_thread=True)
def list_holds(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Who keeps what without having paid, large shares first."""
    return HOLDS.show(request, work)


def _holds(request: HttpRequest, work: Work) -> Holds:
    return Holds(**layout_of(request, work, "ship"), holds=orders.unpaid_holds(work))


HOLDS = Screen("desk/holds.html", _holds, "/desk/ship/holds")


def _free(work: Work, *, home: int, order: UUID) -> str:
    """Give an unpaid order up, so that the goods it keeps are others' to buy."""
    orders.free(work, home, order)
    return "The goods are released."


FREE = Command(
    name="free_unpaid_order",
    path="/holds/{home:int}/{order:uuid}/freeing",
    page="/ship/holds/{home:int}/{order:uuid}/freeing",
    do=_free,
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)

commands = [FREE]
routes = [list_holds, form_route(FREE, lambda **_: HOLDS)]
