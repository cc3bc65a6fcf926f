"""Packing: the box closed, handed over, and arrived."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
)
from mainstem.web.staff.screen import Told
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.desk.ship.fulfilment import BASE, FULFILMENT


@post(f"{BASE}/parcel", sync_to_thread=True)
def pack(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """Close the box: a carrier, and the number on its label."""
    key = (home, order, no)

    def close() -> None:
        problems = [
            Problem(f"/{name}", "missing", message)
            for name, message in (
                ("carrier", "Say who carries it."),
                ("tracking", "Scan or type the number on the label."),
            )
            if not form[name]
        ]
        if problems:
            raise InvalidInput(*problems)
        shipments.pack(work, key, carrier=form["carrier"][:60], tracking=form["tracking"][:80])

    return FULFILMENT.of(key).do(request, work, close, "The box is closed.", form)


@post(f"{BASE}/handover", sync_to_thread=True)
def hand_over(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """The carrier has taken it."""
    key = (home, order, no)

    def do() -> Told:
        shipments.hand_over(work, key)
        number = queries.fulfilment(work, *key).number
        return Told("Order {number} is on its way.", {"number": number})

    screen = replace(FULFILMENT.of(key), url="/desk/ship?queue=hand-over")
    return screen.act(request, work, do)


@post(f"{BASE}/delivery", sync_to_thread=True)
def delivered(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """The client has it. Said twice, it is the same."""
    key = (home, order, no)

    def do() -> str:
        if shipments.deliver(work, [key]):
            return "Delivered."
        if queries.fulfilment(work, *key).parcel_state != "delivered":
            raise NotOnItsWay
        return "They were delivered already."

    return FULFILMENT.of(key).act(request, work, do)


class NotOnItsWay(Refused):
    """Only what has left can arrive."""

    code = "not_on_its_way"
    message = "This parcel has not left yet, so it cannot have arrived."


routes = [pack, hand_over, delivered]
