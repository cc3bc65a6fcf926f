"""What the API takes and gives: its contract, one struct a thing. Amounts are minor units."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from mainstem.leads import ConsentGiven
from mainstem.orders import Address, ClientDetails, PriceQuote, Totals, TotalsSeen

Amount = Annotated[int, Meta(ge=0, le=2**53)]


class LineBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """So many of an article. With `unit_price_minor`, only at the price the buyer saw."""

    sku: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Annotated[int, Meta(ge=1, le=100_000)]
    unit_price_minor: Amount | None = None


class OrderBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An order as the buyer made it.

    `code` is what the buyer typed, `link` what led there. The prices are ours; send in `totals` or
    in a line what the buyer saw of them, and the order is refused where that is no longer so.
    """

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    locale: Annotated[str, Meta(pattern="^[a-z]{2}$")]
    client: ClientDetails
    address: Address
    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=500)]
    external_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    code: Annotated[str, Meta(max_length=200)] = ""
    link: Annotated[str, Meta(max_length=200)] = ""
    totals: TotalsSeen | None = None


class OrderLinks(msgspec.Struct, frozen=True):
    """`self` is for the storefront, by its key. `track` shows the order to whoever has it; `pay`
    is for the client, who sees and pays it there."""

    self: str
    track: str
    pay: str


class OrderSeen(msgspec.Struct, frozen=True):
    """`self` is for the storefront, by its key. `track` shows the order, and is there only for
    orders that this very key has placed."""

    self: str
    track: str | None


class OrderPlaced(msgspec.Struct, frozen=True):
    """The order that was placed. Its goods are reserved until `pay_by`."""

    id: UUID
    number: str
    state: str
    currency: str
    totals: Totals
    pay_by: datetime
    links: OrderLinks


class OrderLine(msgspec.Struct, frozen=True):
    """One line, and how much of it has left, arrived or been canceled."""

    line_no: int
    sku: str
    name: str
    kind: str
    quantity: int
    unit_price_minor: int
    total_minor: int
    shipped: int
    delivered: int
    canceled: int


class Parcel(msgspec.Struct, frozen=True):
    """A parcel on its way."""

    carrier: str
    tracking: str
    state: str
    shipped_at: datetime | None
    delivered_at: datetime | None


class OrderSummary(msgspec.Struct, frozen=True):
    """How far an order has come."""

    id: UUID
    number: str
    external_id: str | None
    state: str
    payment_status: str
    fulfillment_status: str
    currency: str
    totals: Totals
    refunded_minor: int
    placed_at: datetime
    pay_by: datetime
    paid_at: datetime | None
    delivered_at: datetime | None
    links: OrderSeen


class OrderDetails(OrderSummary, frozen=True):
    """An order with its lines and parcels."""

    lines: list[OrderLine]
    parcels: list[Parcel]


class OrderList(msgspec.Struct, frozen=True):
    """Orders, newest first. `next` and `previous` are the cursors of the pages beside this one."""

    orders: list[OrderSummary]
    next: str | None
    previous: str | None


class LeadBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request for a service, with the client's consent to be contacted about it."""

    product: Annotated[str, Meta(min_length=1, max_length=81)]
    client: ClientDetails
    address: Address
    consent: ConsentGiven
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    locale: Annotated[str, Meta(pattern="^[a-z]{2}$")]
    message: Annotated[str, Meta(max_length=4000)] = ""
    wanted_on: date | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    code: Annotated[str, Meta(max_length=200)] = ""
    link: Annotated[str, Meta(max_length=200)] = ""


class LeadLinks(msgspec.Struct, frozen=True):
    """`self` is for the storefront, by its key."""

    self: str


class LeadOpened(msgspec.Struct, frozen=True):
    """The lead that was opened. `state` is `duplicate` where the client had asked before in this
    storefront, or where we are in touch with the client about this service already."""

    id: UUID
    number: str
    state: str
    links: LeadLinks


class LeadDetails(msgspec.Struct, frozen=True):
    """How far a lead has come."""

    id: UUID
    number: str
    external_id: str | None
    product: str
    state: str
    lost_reason: str | None
    currency: str
    quoted_minor: int | None
    order_id: UUID | None
    created_at: datetime
    closed_at: datetime | None
    links: LeadLinks


class LeadList(msgspec.Struct, frozen=True):
    """Leads, newest first. `next` and `previous` are the cursors of the pages beside this one."""

    leads: list[LeadDetails]
    next: str | None
    previous: str | None


class PriceProblem(msgspec.Struct, frozen=True):
    """A problem with what the order costs now beside it."""

    quote: PriceQuote
