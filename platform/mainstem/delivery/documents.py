"""Documents: a zone with its methods, as a page, the API and a file say it."""

from __future__ import annotations

from datetime import time
from typing import Annotated, ClassVar

from pydantic import Field

from mainstem.delivery.rules import Measure
from mainstem.kit.documents import (
    Amounts,
    AmountsWhen,
    Document,
    Fold,
    Line,
    Minor,
    Refers,
    Slug,
    Texts,
)
from mainstem.kit.validation import shaped

ZoneCountry = Annotated[
    str,
    shaped(
        r"^([A-Z]{2}|\*)$", "Give countries by their two letters, such as SE, or * for every one."
    ),
]
"""A country, or * for every one."""

Beginning = Annotated[
    str, shaped("^[A-Z0-9]{1,10}$", "Use capital letters and digits only, without blanks.")
]
"""How postal codes begin, without blanks."""

Days = Annotated[int, Field(ge=0, le=90)]


class PriceBand(Document):
    """What it costs up to and with so much."""

    one: ClassVar[str] = "Price"
    up_to: Minor | None = Field(
        default=None,
        title="Up to",
        description="Grams or pieces; where it is priced by value, an amount with tax (in files and"
        " over the API in minor units). Empty for whatever there is.",
    )
    price: Amounts = Field(title="Price", description="In each currency, tax included.")


class DeliveryMethod(Document):
    """A way of delivering that a client may choose."""

    one: ClassVar[str] = "Method"
    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Free delivery", ("free_from",)),
        Fold("When it arrives", ("cut_off", "handling_days", "days_min", "days_max")),
    )

    code: Slug = Field(title="Code", description="What it is called in files and orders.")
    names: Texts = Field(title="Name", description="What the client reads.")
    carrier: Line = Field(default="", title="Carrier", description="Who brings it.")
    priced_by: Measure = Field(
        default="weight",
        title="Priced by",
        description="Whether its bands are of weight, value or pieces.",
    )
    bands: Annotated[list[PriceBand], AmountsWhen("priced_by", "value")] = Field(
        min_length=1, title="Prices", description="From little to much."
    )
    free_from: Amounts = Field(
        default_factory=dict,
        title="Free from",
        description="The value of goods from which it costs nothing, in each currency.",
    )
    cut_off: time | None = Field(
        default=None,
        title="Cut-off",
        description="What is paid later leaves as if it were paid on the next working day.",
    )
    handling_days: Days = Field(
        default=2, title="Handling", description="Working days from the payment to the carrier."
    )
    days_min: Days = Field(
        default=1,
        title="At the earliest",
        description="Working days from the carrier to the client.",
    )
    days_max: Days = Field(
        default=3, title="At the latest", description="Working days from the carrier to the client."
    )


class DeliveryZone(Document):
    """Where the same methods are offered."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Only a part of a country", ("only_postal_codes", "except_postal_codes")),
        Fold("Name and place in line", ("names", "position")),
    )

    code: Slug = Field(title="Code", description="What it is called in files and orders.")
    position: int = Field(
        default=0,
        ge=0,
        le=10_000,
        title="Position",
        description="Zones are looked at in this order; the first that an address lies in counts.",
    )
    names: Texts = Field(default_factory=dict, title="Name", description="What staff call it.")
    countries: Annotated[list[ZoneCountry], Refers("countries", in_order=True)] = Field(
        min_length=1, title="Countries", description="Two letters each, or * for every country."
    )
    only_postal_codes: list[Beginning] = Field(
        default_factory=list,
        title="Only postal codes",
        description="Beginnings of the codes that are in it; empty for all.",
    )
    except_postal_codes: list[Beginning] = Field(
        default_factory=list,
        title="But not postal codes",
        description="Beginnings of the codes that are not in it.",
    )
    methods: list[DeliveryMethod] = Field(
        min_length=1, title="Methods", description="How goods come to these addresses."
    )
