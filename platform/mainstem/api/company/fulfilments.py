"""What is to be picked, packed and handed over, and what is on its way."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import Field

from mainstem import orders
from mainstem.api.company.listing import Listing, Row, list_route, show_route
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk import queries

SCOPE, TAG = "fulfillment:read", "Fulfilment"


class FulfilmentRow(Row):
    """One location's work for one order. `home`, `order` and `no` lead to it."""

    home: int = Field(validation_alias="home_id")
    order: UUID = Field(validation_alias="order_id")
    no: int
    number: str
    state: str
    parked_for: str | None
    picker: str | None
    location: str
    storefront: str
    client: str
    promised_on: date | None
    pieces: int | None
    put_back: int | None
    waits: bool = Field(description="A refund waits for approval: until then it does not leave.")


class PickLine(Row):
    """Pieces of one article on a pick list."""

    line_no: int
    sku: str
    name: str
    quantity: int
    picked: int


class StopLine(Row):
    """Pieces that were canceled while somebody had the list in hand: they go back first."""

    sku: str
    pieces: int
    in_box: int


class FulfilmentDetails(Row):
    """One location's work for one order, with its pick list and its parcel."""

    home: int = Field(validation_alias="home_id")
    order: UUID = Field(validation_alias="order_id")
    no: int
    number: str
    order_state: str
    state: str
    parked_for: str | None
    picker: str | None
    location: str
    storefront: str
    client: dict[str, Any]
    address: dict[str, Any]
    chosen_carrier: str = Field(description="The carrier of the delivery that the client chose.")
    carrier: str | None
    tracking: str | None
    parcel_state: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    waits: bool
    picked: int = Field(description="How many pieces of the list are picked.")
    lines: list[PickLine]
    stops: list[StopLine]


class ParcelRow(Row):
    """A parcel on its way. `home`, `order` and `no` lead to its fulfilment."""

    home: int = Field(validation_alias="home_id")
    order: UUID = Field(validation_alias="order_id")
    no: int
    number: str
    carrier: str
    tracking: str
    shipped_at: datetime
    client: str
    city: str | None
    promised_on: date | None


class HoldRow(Row):
    """An unpaid order that keeps goods from others."""

    home: int = Field(validation_alias="home_id")
    order: UUID = Field(validation_alias="order_id")
    number: str
    storefront: str
    large: bool
    placed_at: datetime
    pay_by: datetime


def _read(work: Work, *, home: int, order: UUID, no: int) -> dict[str, Any]:
    """One fulfilment: its pick list, what goes back on the shelf, and its parcel."""
    key = (home, order, no)
    row = queries.fulfilment(work, *key)
    lines = shipments.contents(work, key)
    return {
        **asdict(row),
        "lines": lines,
        "picked": sum(line.picked for line in lines),
        "stops": shipments.stops(work, key),
    }


def _find(work: Work, *, in_state: str | None, **page: Any) -> Page[Any]:
    return shipments.to_do(work, states=[in_state] if in_state else None, **page)


def _holds(work: Work, **_: Any) -> Page[Any]:
    return Page(orders.unpaid_holds(work))


State = Annotated[
    Literal["assigned", "released", "picking", "picked", "packed", "parked"] | None,
    QueryParameter(name="state", description="Only those in this state"),
]

routes = [
    list_route(
        Listing(
            name="list_fulfilments",
            path="/fulfilments",
            row=FulfilmentRow,
            scope=SCOPE,
            tag=TAG,
            words="Open work, what was promised first comes first; and what was canceled in somebody's"
            " hands, until it is put back.",
            find=_find,
            filters={"in_state": (State, None)},
        )
    ),
    show_route(
        "/fulfilments/{home:int}/{order:uuid}/{no:int}",
        FulfilmentDetails,
        _read,
        name="show_fulfilment",
        scope=SCOPE,
        tag=TAG,
    ),
    list_route(
        Listing(
            name="list_parcels_in_transit",
            path="/parcels",
            row=ParcelRow,
            scope=SCOPE,
            tag=TAG,
            words="Parcels on their way, the oldest first.",
            find=shipments.in_transit,
        )
    ),
    list_route(
        Listing(
            name="list_unpaid_holds",
            path="/holds",
            row=HoldRow,
            scope=SCOPE,
            tag=TAG,
            words="Unpaid orders that keep goods from others, large shares first: all on one page.",
            find=_holds,
        )
    ),
]
