"""Parcels on their way, and those that have arrived."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from pydantic import Field

from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.orders import local_day
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form, whole_number
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import (
    SHIP,
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
    rows: list[shipments.ParcelOnItsWay]
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


class ParcelNamed(Document):
    """One parcel on its way."""

    home: int = Field(ge=0, lt=2**62, title="Home")
    order: UUID = Field(title="Order")
    no: int = Field(ge=0, lt=10_000, title="Number", description="Of the order's fulfilment.")


class Deliveries(Document):
    """Parcels that have arrived."""

    parcels: list[ParcelNamed] = Field(max_length=1000, title="Parcels")


def _deliver(work: Work, body: Deliveries) -> Told:
    """Say that these parcels have arrived. Saying it again changes nothing."""
    if not body.parcels:
        raise NothingTicked
    done = shipments.deliver(work, [(one.home, one.order, one.no) for one in body.parcels])
    if not done:
        return Told("They were delivered already.", {"n": 0}, "done_before")
    return Told("One parcel is delivered.", {"n": done}, many="{n} parcels are delivered.")


def _read(work: Work, form: Form) -> Deliveries:
    return Deliveries(
        parcels=[
            ParcelNamed(home=home, order=order, no=no)
            for home, order, no in _keys(form.all("parcel"))
        ]
    )


DELIVER_MANY = Command(
    name="deliver_parcels",
    path="/deliveries",
    page="/ship/deliveries",
    do=_deliver,
    body=Deliveries,
    read=_read,
    example={"parcels": [{"home": 1, "order": "019cae4e-5a00-7000-8000-000000000001", "no": 1}]},
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)


@form_of(DELIVER_MANY)
def deliver(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Say that the ticked parcels have arrived, and come back to those on their way."""
    try:
        said = DELIVER_MANY.sent(work, form, {})
    except NothingTicked as no:
        return _transit(request, work, no)
    return redirect(request, "/desk/ship/transit", notice=said.words(language_of(request)))


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


commands = [DELIVER_MANY]
routes = [transit, deliver]
