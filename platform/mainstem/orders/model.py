"""What an order is asked to be, and what came of asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from mainstem import tax
from mainstem.kit.bulk import RowKey

OrderKey = RowKey
"""An order: (home, id)."""


class ClientDetails(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who buys. No account is needed."""

    name: str
    email: str
    phone: str = ""


class Address(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where it goes. `country` is ISO 3166-1 alpha-2."""

    line1: str
    postal_code: str
    city: str
    country: str
    line2: str = ""


class HeldPrice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What one piece cost when it was put into a basket, and until when nobody asks more for it."""

    unit_minor: int
    until: datetime


class LineWanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """So many of a SKU. `agreed_minor` is a total that was agreed elsewhere, tax included: by an
    accepted quote or in an imported history. Everybody else gets the server's price, or a lower one
    that is still `held`, and may say in `unit_price_minor` which price of one the client saw."""

    sku: str
    quantity: int
    agreed_minor: int | None = None
    unit_price_minor: int | None = None
    held: HeldPrice | None = None


class Totals(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What an order adds up to, in minor units. Tax is in the other three."""

    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int


class TotalsSeen(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the buyer was shown of it."""

    items_minor: int | None = None
    shipping_minor: int | None = None
    tax_minor: int | None = None
    total_minor: int | None = None


class TaxSum(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What an order holds at one rate: net, tax, and the rounding amount where no net fits."""

    country: str | None
    bp: int
    treatment: tax.Treatment
    reason: str
    net_minor: int
    tax_minor: int
    rounding_minor: int


class TaxOfDelivery(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A share of the charge of delivery at one rate, and what of it is tax.

    `tax_class` is whose rate it has, or None where it is taxed as goods of that rate are.
    """

    country: str | None
    bp: int
    treatment: tax.Treatment
    reason: str
    gross_minor: int
    tax_minor: int
    tax_class: str | None = None


class Taxes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How an order was taxed: the mode of rounding, the sums of each rate as an invoice says them,
    the shares of delivery, and the VAT number that was shown."""

    rounding: tax.Rounding
    rates: list[TaxSum]
    delivery: list[TaxOfDelivery]
    vat_number: str = ""


class Delivery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How an order comes: what was chosen, and how long it takes. `standard_minor` is what the least
    expensive way would have cost this client; None where nobody kept it."""

    zone: str
    method: str
    name: str
    carrier: str
    handling_days: int
    days_min: int
    days_max: int
    cut_off: str = ""
    standard_minor: int | None = None


class QuotedLine(msgspec.Struct, frozen=True):
    """What so many of a SKU cost now, tax included."""

    sku: str
    quantity: int
    unit_price_minor: int
    total_minor: int


class PriceQuote(msgspec.Struct, frozen=True):
    """What an order costs now."""

    currency: str
    lines: list[QuotedLine]
    totals: Totals


class OrderWanted(msgspec.Struct, frozen=True, kw_only=True):
    """One order as somebody asks for it, after the shape of the request has been checked.

    `key` and `fingerprint` make a repeat harmless: the same key with the same fingerprint is the
    same order. `placed_at` and `delivered_at` are given only for an imported history: when it was
    bought, and when something of it reached the client for money that they had not had back.
    Everybody else gets now, and learns the rest as it happens. `ip_address` is the network address
    of whoever ordered on an open page, and for whom nobody answers; `key_id` the storefront's key
    that did. `delivery_method` is the way that the client has chosen, or empty for the cheapest.
    """

    storefront_id: int
    home_id: int
    channel: str
    key: str
    fingerprint: bytes
    currency: str
    locale: str
    client: ClientDetails
    address: Address
    lines: list[LineWanted]
    external_id: str | None = None
    code: str = ""
    link: str = ""
    totals: TotalsSeen | None = None
    placed_at: datetime | None = None
    delivered_at: datetime | None = None
    lead_id: UUID | None = None
    pay_within: timedelta = timedelta(minutes=30)
    ip_address: str = ""
    key_id: int | None = None
    delivery_method: str = ""
    vat_number: str = ""
    use_store_credit: bool = False
    """Whether the client's store credit makes it cheaper: only for whoever has shown that it is theirs."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The order that came of it. `replayed` when this very request had come before."""

    home_id: int
    order_id: UUID
    number: str
    currency: str
    totals: Totals
    pay_by: datetime
    replayed: bool = False

    @property
    def total_minor(self) -> int:
        """What the client pays, in minor units."""
        return self.totals.total_minor
