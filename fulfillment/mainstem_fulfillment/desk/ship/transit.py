"""Parcels on their way, and those that have arrived."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency

from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.orders import local_day
from mainstem.web import listing
from mainstem.web.forms import Form, whole_number
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    show,
)
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk.ship.queue import counts_of
from mainstem_fulfillment.shipments import FulfilmentKey


class Transit(Page, kw_only=True):
    """Parcels on their way."""

    queue: str
    rows: list[Any]
    listing: Listing
    counts: dict[str, int]
    today: date


@get("/ship/transit", sync_to_thread=True)
def transit(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Parcels on their way, oldest first."""
    return _transit(request, work)


def _transit(request: HttpRequest, work: Work, no: Refused | None = None) -> HttpResponse:
    language = language_of(request)
    text = listing.text(
        request, "q", language.text("Client, number or parcel"), language.text("Name, tracking")
    )
    found = shipments.in_transit(work, text=text.value, cursor=listing.cursor_of(request))
    page = Transit(
        **layout_of(request, work, "ship"),
        queue="transit",
        rows=found.rows,
        listing=listing.build("/desk/ship/transit", found, text),
        counts=counts_of(work),
        today=local_day(work, work.now()),
    )
    return show(request, "desk/transit.html", page, no)


@post("/ship/deliveries", sync_to_thread=True)
def deliver(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Say that the ticked parcels have arrived. Saying it again changes nothing."""
    keys = _keys(form.all("parcel"))
    if not keys:
        return _transit(request, work, NothingTicked())
    done = shipments.deliver(work, keys)
    language = language_of(request)
    words = language.count("One parcel is delivered.", "{n} parcels are delivered.", done)
    if done == 0:
        words = language.text("They were delivered already.")
    return redirect(request, "/desk/ship/transit", notice=words)


class NothingTicked(Refused):
    """No row was chosen."""

    code = "nothing_ticked"
    status = 422
    message = "Select the parcels that have arrived."


def _keys(sent: list[str]) -> list[FulfilmentKey]:
    keys = []
    for text in sent:
        try:
            said, order, nth = text.split(":")
            home, no = whole_number(said), whole_number(nth, digits=4)
            if home is None or no is None:
                raise ValueError
            keys.append((home, UUID(order), no))
        except ValueError:
            raise InvalidInput(
                Problem("/parcel", "invalid_field", "This is not one of the parcels.")
            ) from None
    return keys


routes = [transit, deliver]
