"""What the API takes and gives: its contract, one type a thing. Amounts are minor units.

What it takes are models, which check all of it; what it gives are structs.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from mainstem.leads import ConsentGiven
from mainstem.orders import (
    Address,
    ClientDetails,
    LineWanted,
    PriceQuote,
    Totals,
    TotalsSeen,
)

Amount = Annotated[int, Field(ge=0, le=2**53)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
LocaleCode = Annotated[str, Field(pattern="^[a-z]{2}$")]
ExternalName = Annotated[str, Field(min_length=1, max_length=64)]
Short = Annotated[str, Field(max_length=200)]


class Body(BaseModel):
    """What a request brings: exactly what is named, of the kind that is named."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @property
    def fingerprint(self) -> bytes:
        """The same for the same request, however its JSON was spaced and ordered."""
        return hashlib.sha256(self.model_dump_json().encode()).digest()


class ClientBody(Body):
    """Who buys. No account is needed."""

    name: str
    email: str
    phone: str = ""

    def details(self) -> ClientDetails:
        """As orders and leads take it."""
        return ClientDetails(self.name, self.email, self.phone)


class AddressBody(Body):
    """Where it goes. `country` is ISO 3166-1 alpha-2."""

    line1: str
    postal_code: str
    city: str
    country: str
    line2: str = ""

    def address(self) -> Address:
        """As orders and leads take it."""
        return Address(self.line1, self.postal_code, self.city, self.country, self.line2)


class LineBody(Body):
    """So many of an article. With `unit_price_minor`, only at the price the buyer saw."""

    sku: ExternalName
    quantity: Annotated[int, Field(ge=1, le=100_000)]
    unit_price_minor: Amount | None = None

    def wanted(self) -> LineWanted:
        """As an order takes it."""
        return LineWanted(self.sku, self.quantity, unit_price_minor=self.unit_price_minor)


class TotalsBody(Body):
    """What the buyer was shown of it."""

    items_minor: int | None = None
    shipping_minor: int | None = None
    tax_minor: int | None = None
    total_minor: int | None = None

    def seen(self) -> TotalsSeen:
        """As an order takes it."""
        return TotalsSeen(self.items_minor, self.shipping_minor, self.tax_minor, self.total_minor)


class ConsentBody(Body):
    """That the client let us contact them, and the very words they said yes to."""

    given: bool
    text_version: str
    words: str

    def consent(self) -> ConsentGiven:
        """As a lead takes it."""
        return ConsentGiven(self.given, self.text_version, self.words)


class OrderBody(Body):
    """An order as the buyer made it.

    `code` is what the buyer typed, `link` what led there. The prices are ours; send in `totals` or
    in a line what the buyer saw of them, and the order is refused where that is no longer so.
    `delivery_method` is the code of a way of delivery, or empty for the cheapest; `vat_number` is a
    business's, and lets it buy without our tax where the number was checked. `store_credit` is the text that
    the client's own page of an earlier order gives: it shows that their store credit is theirs to be used here.
    """

    currency: Currency
    locale: LocaleCode
    client: ClientBody
    address: AddressBody
    lines: Annotated[list[LineBody], Field(min_length=1, max_length=500)]
    external_id: ExternalName | None = None
    code: Short = ""
    link: Short = ""
    totals: TotalsBody | None = None
    delivery_method: Annotated[str, Field(max_length=64)] = ""
    vat_number: Annotated[str, Field(max_length=40)] = ""
    store_credit: Annotated[str, Field(max_length=500)] = ""

    @property
    def fingerprint(self) -> bytes:
        """The same for the same request. What came later to the contract and is left out is left out
        here as well: a repeat is known again across a new version."""
        unsaid = {"delivery_method", "vat_number", "store_credit"} - self.model_fields_set
        return hashlib.sha256(self.model_dump_json(exclude=unsaid).encode()).digest()


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
    """An order with its lines and parcels.

    The client's store credit made it cheaper by `store_credit_minor`, before `totals`; of that,
    `store_credit_given_back_minor` came back with the money that went back.
    """

    lines: list[OrderLine]
    parcels: list[Parcel]
    store_credit_minor: int
    store_credit_given_back_minor: int


class OrderList(msgspec.Struct, frozen=True):
    """Orders, newest first. `next` and `previous` are the cursors of the pages beside this one."""

    orders: list[OrderSummary]
    next: str | None
    previous: str | None


class LeadBody(Body):
    """A request for a service, with the client's consent to be contacted about it."""

    product: Annotated[str, Field(min_length=1, max_length=81)]
    client: ClientBody
    address: AddressBody
    consent: ConsentBody
    currency: Currency
    locale: LocaleCode
    message: Annotated[str, Field(max_length=4000)] = ""
    wanted_on: date | None = None
    external_id: ExternalName | None = None
    code: Short = ""
    link: Short = ""


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
