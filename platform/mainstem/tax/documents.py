"""Documents: what a company sets about tax, as a page, the API and a file say it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from mainstem.kit.documents import (
    BasisPoints,
    Country,
    Currency,
    Day,
    Document,
    Fold,
    Name,
    Refers,
    Slug,
)
from mainstem.kit.validation import shaped
from mainstem.tax.rules import DeliveryTax, Oss, Rounding, UntaxedPrice

TaxPlace = Annotated[
    str,
    shaped(
        "^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
        "Give a country by its two letters, such as SE, and a part of it with its code, such as PT-20.",
    ),
]
"""A country, or a region of one that has rates of its own: PT-20."""

Figure = Annotated[
    str,
    shaped(
        r"^[0-9]{1,7}(\.[0-9]{1,9})?$",
        "Write a number with a point before its decimals, such as 11.2.",
    ),
]
"""A rate of exchange as it was published: 9.968."""


class VatNumber(Document):
    """The company's number in one country."""

    one: ClassVar[str] = "VAT number"
    country: Country = Field(title="Country", description="Two letters, such as SE.")
    number: Name = Field(title="Number", description="With its country before it.")


class EuroRate(Document):
    """What one euro costs in a currency."""

    one: ClassVar[str] = "Euro rate"
    currency: Annotated[Currency, Refers("currencies")] = Field(
        title="Currency", description="Three letters, such as SEK."
    )
    rate: Figure = Field(title="Rate", description="As it was published, such as 9.968.")


class TaxSettings(Document):
    """How the company taxes what it sells."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Sales to businesses", ("sells_to_businesses", "check_with_vies", "untaxed_price")),
        Fold("How tax is worked out", ("rounding", "delivery_tax")),
        Fold("Euro rates, for the threshold", ("euro_rates",)),
    )

    home_country: Country = Field(
        title="Home country", description="Where the company is and pays its own tax."
    )
    vat_numbers: list[VatNumber] = Field(
        default_factory=list,
        title="VAT numbers",
        description="The company's number in each country where it is registered.",
    )
    oss: Oss = Field(
        default="off",
        title="Sales to other EU countries",
        description="Whether the tax of the client's country counts: never, from the threshold on,"
        " or always.",
    )
    rounding: Rounding = Field(
        default="line",
        title="Rounding",
        description="Whether tax is worked out by line, or from the sum of each rate.",
    )
    delivery_tax: DeliveryTax = Field(
        default="shared_by_value",
        title="Tax of delivery",
        description="Shared among the rates of the goods by their value, or always the standard"
        " rate.",
    )
    untaxed_price: UntaxedPrice = Field(
        default="without_tax",
        title="Price where no tax is due",
        description="Whether who pays no tax of ours pays the price without it, or the same price.",
    )
    sells_to_businesses: bool = Field(
        default=False,
        title="Sells to businesses",
        description="Whether the checkout asks for a VAT number.",
    )
    check_with_vies: bool = Field(
        default=False,
        title="Check VAT numbers with VIES",
        description="Whether a number is looked up at the European Commission when it is given.",
    )
    euro_rates: list[EuroRate] = Field(
        default_factory=list,
        title="Euro rates",
        description="What one euro costs in each currency, to count the threshold.",
    )


class TaxRate(Document):
    """The rate of one class of things in one country, from a day on."""

    country: TaxPlace = Field(title="Country", description="Whose tax it is.")
    tax_class: Annotated[Slug, Refers("tax-classes", may_be_new=True)] = Field(
        title="Class", description="What kind of things it is for."
    )
    valid_from: Day = Field(title="From", description="The first day on which it counts.")
    valid_until: Day | None = Field(
        default=None, title="Until", description="The first day on which it counts no more."
    )
    rate_bp: BasisPoints = Field(title="Rate", description="Of the price without tax.")
    is_sure: bool = Field(
        default=True,
        title="Certain",
        description="Off where the rate is still to be looked up for these things.",
    )

    @property
    def key(self) -> str:
        """Its name among the rates: SE-food-2026-04-01."""
        return f"{self.country}-{self.tax_class}-{self.valid_from}"

    @property
    def last_day(self) -> date | None:
        """The last day on which it counts, where it ends."""
        return self.valid_until - timedelta(days=1) if self.valid_until else None


def billionths_of_a_euro(figure: str) -> int:
    """What one unit of a currency is in euro, in billionths, from what one euro costs."""
    price = Decimal(figure)
    return int((Decimal(10**9) / price).to_integral_value()) if price else 0
