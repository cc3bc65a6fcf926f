"""What is set of departments, goods and services: one document a thing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from mainstem.kit.documents import (
    SLUG_SHAPE,
    Amounts,
    BasisPoints,
    Country,
    Document,
    Fold,
    Instant,
    IsPicture,
    Line,
    LongTexts,
    Name,
    Refers,
    Slug,
    Texts,
)
from mainstem.kit.validation import shaped

ProductSlug = Annotated[str, shaped("^[a-z0-9][a-z0-9-]{0,80}$", SLUG_SHAPE)]
Sku = Annotated[
    str,
    shaped(
        "^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$",
        "Use letters a to z, digits, dots, dashes and slashes only, at most 64, without blanks.",
    ),
]
DepartmentSlug = Annotated[str, StringConstraints(min_length=1, max_length=61)]
Millimetres = Annotated[int, Field(ge=0, le=100_000)]
Minutes = Annotated[int, Field(ge=0, le=1440)]

Withdrawal = Literal["yes", "made_to_measure", "perishable", "sealed", "digital"]
"""Whether clients may withdraw from an article: as usual, or what Article 16 of Directive 2011/83/EU
excepts."""

OPTIONS_MAX = 3
VARIANTS_MAX = 2048
PICTURES_MAX = 50


def is_gtin(text: str) -> bool:
    """Whether this is a GTIN of 8, 12, 13 or 14 digits whose last one checks the others."""
    if not (text.isascii() and text.isdigit() and len(text) in (8, 12, 13, 14)):
        return False
    digits = [int(digit) for digit in text.zfill(14)]
    return sum(digit * (1 if n % 2 else 3) for n, digit in enumerate(digits)) % 10 == 0


def _said(texts: dict[str, str]) -> dict[str, str]:
    """The texts that say something, in the order of their languages."""
    return {locale: texts[locale] for locale in sorted(texts) if texts[locale]}


class _InOrder(Document):
    """A document that is written the same whenever it says the same."""

    @field_validator("*", mode="after")
    @classmethod
    def _in_order(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return dict(sorted(value.items()))
        return value.astimezone(UTC) if isinstance(value, datetime) else value


class Department(_InOrder):
    """A part of the assortment, which the navigation of storefronts names."""

    slug: Slug = Field(
        title="Name in addresses", description="And in files: small letters, such as table-lamps."
    )
    names: Texts = Field(title="Name", description="What clients read, in each language.")
    descriptions: LongTexts = Field(
        default={}, title="Description", description="A few sentences at the top of its page."
    )
    position: int = Field(
        default=0, ge=0, le=100_000, title="Position", description="Lower ones come first."
    )
    hidden: bool = Field(
        default=False, title="Hidden", description="Kept out of the navigation of storefronts."
    )

    @field_validator("names", "descriptions")
    @classmethod
    def _without_empty(cls, texts: dict[str, str]) -> dict[str, str]:
        return _said(texts)

    @field_validator("names")
    @classmethod
    def _named(cls, names: dict[str, str]) -> dict[str, str]:
        if not names:
            raise ValueError("Give it a name in at least one language.")
        return names


class OptionValue(_InOrder):
    """One value of an option, such as red."""

    one: ClassVar[str] = "Value"
    code: Slug = Field(title="Code", description="What the value is called in files.")
    names: Texts = Field(title="Name", description="What clients read, in each language.")


class Option(_InOrder):
    """What the variants of a product differ in, such as colour."""

    one: ClassVar[str] = "Option"
    code: Slug = Field(title="Code", description="What the option is called in files.")
    names: Texts = Field(title="Name", description="What clients read, in each language.")
    values: tuple[OptionValue, ...] = Field(
        min_length=1, max_length=200, title="Values", description="What can be chosen."
    )


class OfferPrices(_InOrder):
    """A lower price for a time: an announced reduction."""

    one: ClassVar[str] = "Offer"
    prices: Amounts = Field(title="Offer price", description="In each currency, tax included.")
    starts_at: Instant | None = Field(
        default=None, title="From", description="When it begins; empty: now."
    )
    ends_at: Instant | None = Field(
        default=None, title="Until", description="When it ends; empty: until it is taken back."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> OfferPrices:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("An offer ends after it starts.")
        return self


class ScheduledPrices(_InOrder):
    """A list price that begins by itself, and holds until the next one does."""

    one: ClassVar[str] = "Scheduled price"
    prices: Amounts = Field(title="List price", description="In each currency, tax included.")
    starts_at: Instant = Field(title="From", description="When it begins.")


class Variant(_InOrder):
    """One article of a product, with a SKU of its own."""

    one: ClassVar[str] = "Variant"
    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Name and options", ("names", "choices")),
        Fold("Offers", ("offers",)),
        Fold("Cost per item", ("costs",)),
        Fold("Points", ("points",)),
        Fold(
            "Bar code, weight and size", ("gtin", "weight_g", "length_mm", "width_mm", "height_mm")
        ),
    )

    sku: Sku = Field(title="SKU", description="The article number, on labels and in orders.")
    names: Texts = Field(
        default={},
        title="Name",
        description="What tells it apart; empty: the values that were chosen.",
    )
    choices: dict[Slug, Slug] = Field(
        default={}, title="Values", description="The value of each option, by their codes."
    )
    prices: Amounts = Field(
        default={}, title="Price", description="In each currency, tax included."
    )
    scheduled_prices: tuple[ScheduledPrices, ...] = Field(
        default=(),
        max_length=50,
        title="Scheduled prices",
        description="List prices that begin on a day to come; each holds until the next one begins.",
    )
    offers: tuple[OfferPrices, ...] = Field(
        default=(),
        max_length=50,
        title="Offers",
        description="Lower prices for a time; the prior price is shown beside them.",
    )
    costs: Amounts = Field(
        default={},
        title="Cost per item",
        description="What one piece costs the company in each currency, without tax. Only staff see it.",
    )
    points: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        title="Points",
        description="What one piece counts for in points, the same in every currency. Clients never see it.",
    )
    gtin: str = Field(
        default="",
        title="GTIN",
        description="The number below the bar code: 8, 12, 13 or 14 digits.",
    )
    weight_g: int = Field(
        default=0, ge=0, le=10_000_000, title="Weight in grams", description="As it is shipped."
    )
    length_mm: Millimetres = Field(
        default=0, title="Length in millimetres", description="As it is shipped."
    )
    width_mm: Millimetres = Field(
        default=0, title="Width in millimetres", description="As it is shipped."
    )
    height_mm: Millimetres = Field(
        default=0, title="Height in millimetres", description="As it is shipped."
    )

    @field_validator("names")
    @classmethod
    def _without_empty(cls, texts: dict[str, str]) -> dict[str, str]:
        return _said(texts)

    @field_validator("gtin")
    @classmethod
    def _checked(cls, gtin: str) -> str:
        if gtin and not is_gtin(gtin):
            raise ValueError("A GTIN has 8, 12, 13 or 14 digits, and its last one checks the rest.")
        return gtin


class ProductPicture(_InOrder):
    """A picture of a product."""

    one: ClassVar[str] = "Picture"
    file: Annotated[str, IsPicture()] = Field(
        max_length=200, title="Picture", description="The name that the picture got when uploaded."
    )
    focus_x: int = Field(
        default=50, ge=0, le=100, title="Focus across", description="Per cent from the left."
    )
    focus_y: int = Field(
        default=50, ge=0, le=100, title="Focus down", description="Per cent from the top."
    )
    alt: Texts = Field(
        default={},
        title="Description",
        description="What the picture shows, for who cannot see it.",
    )

    @field_validator("alt")
    @classmethod
    def _without_empty(cls, texts: dict[str, str]) -> dict[str, str]:
        return _said(texts)


class Contact(_InOrder):
    """A company that answers for goods: by name, postal address and electronic address."""

    name: Line = Field(default="", title="Name", description="The registered name or trade mark.")
    address: Line = Field(default="", title="Address", description="Street, postal code, town.")
    email: Line = Field(default="", title="E-mail or website", description="Where it is reached.")


class Link(_InOrder):
    """A document that goes with a product, such as its manual."""

    one: ClassVar[str] = "Document"
    names: Texts = Field(title="Name", description="What clients read, in each language.")
    url: Annotated[
        str, shaped(r"^(https://|/)[^\s\"'<>]{1,1000}$", "Begin with https:// and use no blanks.")
    ] = Field(title="Address", description="Where it is, beginning with https://.")


class Product(_InOrder):
    """Goods or a service: what it is, how it is shown, and what it costs."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("What clients read", ("summaries", "descriptions")),
        Fold("Pictures", ("pictures",)),
        Fold("Colours, sizes and other options", ("options",)),
        Fold("Visits", ("visit_minutes", "buffer_minutes", "skills"), ("kind", "service")),
        Fold(
            "When and where it is shown",
            ("hidden", "sold_from", "sold_until", "position", "related"),
        ),
        Fold(
            "Origin, safety and guarantee",
            (
                "origin",
                "maker",
                "responsible",
                "safety",
                "guarantee_months",
                "documents",
                "perishable",
                "withdrawal",
            ),
        ),
        Fold("Commission", ("commissionable_bp",)),
    )

    slug: ProductSlug = Field(
        title="Name in addresses", description="And in files: small letters, such as table-lamps."
    )
    kind: Literal["goods", "service"] = Field(
        default="goods", title="Kind", description="Goods are shipped, a service is performed."
    )
    department: Annotated[DepartmentSlug, Refers("departments")] = Field(
        title="Department", description="The part of the assortment where it is found."
    )
    names: Texts = Field(title="Name", description="What clients read, in each language.")
    summaries: Texts = Field(
        default={}, title="Summary", description="One sentence below the name."
    )
    descriptions: LongTexts = Field(
        default={}, title="Description", description="Everything else that clients want to know."
    )
    position: int = Field(
        default=0, ge=0, le=10_000_000, title="Position", description="Lower ones come first."
    )
    tax_bp: BasisPoints = Field(
        default=2500, title="VAT", description="The article's own rate: of the price without tax."
    )
    tax_class: Annotated[Slug | Literal[""], Refers("tax-classes")] = Field(
        default="",
        title="Tax class",
        description="Such as standard or food: its rate follows from the country and the day. Empty: the"
        " rate above, everywhere.",
    )
    commissionable_bp: BasisPoints = Field(
        default=10_000,
        title="Commissionable share",
        description="The part of the price that counts for commission.",
    )
    options: tuple[Option, ...] = Field(
        default=(),
        max_length=OPTIONS_MAX,
        title="Options",
        description="What the variants differ in, such as colour and size.",
    )
    variants: tuple[Variant, ...] = Field(
        min_length=1,
        max_length=VARIANTS_MAX,
        title="Variants",
        description="The articles, each with a SKU of its own; at least one.",
    )
    pictures: tuple[ProductPicture, ...] = Field(
        default=(),
        max_length=PICTURES_MAX,
        title="Pictures",
        description="The first is shown first.",
    )
    hidden: bool = Field(
        default=False,
        title="Hidden",
        description="Kept out of departments and search; its page opens for who has the address.",
    )
    sold_from: Instant | None = Field(
        default=None, title="Sold from", description="Not on offer before; empty: now."
    )
    sold_until: Instant | None = Field(
        default=None, title="Sold until", description="Not on offer after; empty: for ever."
    )
    perishable: bool = Field(
        default=False,
        title="Perishable",
        description="It spoils soon: its reductions need no lowest price of thirty days.",
    )
    withdrawal: Withdrawal = Field(
        default="yes",
        title="Right of withdrawal",
        description="What the law excepts. It is shown at the offer, before the order and on the order.",
    )
    origin: Country | Literal[""] = Field(
        default="", title="Country of origin", description="Where it was made, such as SE."
    )
    maker: Contact = Field(
        default_factory=Contact,
        title="Manufacturer",
        description="Shown at the offer, as the law asks.",
    )
    responsible: Contact = Field(
        default_factory=Contact,
        title="Responsible person in the EU",
        description="Needed where the manufacturer is outside of the EU.",
    )
    safety: LongTexts = Field(
        default={}, title="Safety", description="Warnings and what to know to use it safely."
    )
    guarantee_months: int = Field(
        default=0,
        ge=0,
        le=1200,
        title="Guarantee in months",
        description="The manufacturer's own guarantee of durability; above 24 it gets the EU label.",
    )
    documents: tuple[Link, ...] = Field(
        default=(), max_length=50, title="Documents", description="Manuals and declarations."
    )
    related: Annotated[tuple[ProductSlug, ...], Refers("products", in_order=True)] = Field(
        default=(), max_length=50, title="Related", description="What is shown beside it."
    )
    visit_minutes: Minutes = Field(
        default=0,
        le=720,
        title="Visit in minutes",
        description="How long a team is there. A service that does not say so cannot be booked.",
    )
    buffer_minutes: Minutes = Field(
        default=0, title="Buffer in minutes", description="Kept free after a visit; services only."
    )
    skills: Annotated[tuple[Name, ...], Refers("skills", may_be_new=True)] = Field(
        default=(),
        max_length=50,
        title="Skills",
        description="What a team must be able to do, all of it; or a team names the service itself.",
    )

    @field_validator("names", "summaries", "descriptions", "safety")
    @classmethod
    def _without_empty(cls, texts: dict[str, str]) -> dict[str, str]:
        return _said(texts)

    @field_validator("names")
    @classmethod
    def _named(cls, names: dict[str, str]) -> dict[str, str]:
        if not names:
            raise ValueError("Give it a name in at least one language.")
        return names

    @model_validator(mode="after")
    def _sold_for_a_while(self) -> Product:
        if self.sold_from and self.sold_until and self.sold_until <= self.sold_from:
            raise ValueError("It is sold until a time after the one from which it is sold.")
        return self

    def is_sold(self, at: datetime) -> bool:
        """Whether it is on offer at an instant."""
        return (self.sold_from is None or self.sold_from <= at) and (
            self.sold_until is None or self.sold_until > at
        )
