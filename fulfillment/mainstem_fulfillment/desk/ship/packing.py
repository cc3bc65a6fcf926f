"""Packing: the box closed, handed over, and arrived."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from mainstem.kit.documents import Document
from mainstem.kit.errors import Refused
from mainstem.kit.validation import said_error
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import SHIP
from mainstem.web.staff.screen import Screen
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.desk.ship.fulfilment import API, BASE, of_fulfilment

CARRIER_MAX, TRACKING_MAX = 60, 80


def _a_carrier(text: str) -> str:
    if not text:
        raise said_error("missing", "Say who carries it.")
    return text[:CARRIER_MAX]


def _a_label(text: str) -> str:
    if not text:
        raise said_error("missing", "Scan or type the number on the label.")
    return text[:TRACKING_MAX]


class ParcelLabel(Document):
    """Who carries it, under which number."""

    carrier: Annotated[str, AfterValidator(_a_carrier)] = Field(title="Carrier")
    tracking: Annotated[str, AfterValidator(_a_label)] = Field(
        title="Label", description="The number that stands on it."
    )


class NotOnItsWay(Refused):
    """Only what has left can arrive."""

    code = "not_on_its_way"
    message = "This parcel has not left yet, so it cannot have arrived."


def _pack(work: Work, body: ParcelLabel, *, home: int, order: UUID, no: int) -> str:
    """Close the box: a carrier, and the number on its label."""
    shipments.pack(work, (home, order, no), carrier=body.carrier, tracking=body.tracking)
    return "The box is closed."


def _hand_over(work: Work, *, home: int, order: UUID, no: int) -> Told:
    """Say that the carrier has taken it."""
    shipments.hand_over(work, (home, order, no))
    number = queries.fulfilment(work, home, order, no).number
    return Told("Order {number} is on its way.", {"number": number})


def _deliver(work: Work, *, home: int, order: UUID, no: int) -> str | Told:
    """Say that the client has it. Said twice, it is the same."""
    if shipments.deliver(work, [(home, order, no)]):
        return "Delivered."
    if queries.fulfilment(work, home, order, no).parcel_state != "delivered":
        raise NotOnItsWay
    return Told("They were delivered already.", outcome="done_before")


PACK = Command(
    name="pack_fulfilment",
    path=f"{API}/parcel",
    page=f"{BASE}/parcel",
    do=_pack,
    body=ParcelLabel,
    example={"carrier": "PostNord", "tracking": "00370730254738219016"},
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)
HAND_OVER = Command(
    name="hand_over_fulfilment",
    path=f"{API}/handover",
    page=f"{BASE}/handover",
    do=_hand_over,
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)
DELIVER = Command(
    name="deliver_fulfilment",
    path=f"{API}/delivery",
    page=f"{BASE}/delivery",
    do=_deliver,
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)


def _to_hand_over(home: int, order: UUID, no: int) -> Screen:
    """The page of one, which leads on to the others that wait for the carrier."""
    return replace(of_fulfilment(home, order, no), url="/desk/ship?queue=hand-over")


commands = [PACK, HAND_OVER, DELIVER]
routes = [
    form_route(PACK, of_fulfilment),
    form_route(HAND_OVER, _to_hand_over),
    form_route(DELIVER, of_fulfilment),
]
