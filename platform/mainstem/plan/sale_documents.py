"""What a plan says of a sale, field by field: who is paid up the sponsors' line, and what for what."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mainstem.kit.documents import BasisPoints, Currency, Day, Document, Fold, Refers, Slug
from mainstem.money import BASIS
from mainstem.plan.limits import HOLD_DAYS_MAX, HOLD_DAYS_MIN, LEVELS_MAX
from mainstem.plan.milestones import Milestone
from mainstem.plan.sale_rules import Base, CapBy, Clients, LevelBase
from mainstem.plan.uplines import ActiveAt, Passing

DAYS_MAX = 366

MinorAboveZero = Annotated[int, Field(gt=0, le=2**53)]
"""An amount above nothing, in the minor unit of its currency."""

Names = list[Slug]

Crediting = Literal["as_attributed", "split"]
"""Whether one is credited with all of an order, in the order of precedence; or each with a part."""


class UplinesDocument(Document):
    """What happens at a sponsor who is not paid, and what a sponsor must do to be paid."""

    house: Passing = Field(title="At a house account")
    suspended: Passing = Field(title="At somebody who is suspended")
    inactive: Passing = Field(title="At a sponsor who sells too little")
    own_sales_min: int = Field(
        0,
        ge=0,
        le=1000,
        title="Sales of their own",
        description="So many of a sponsor's own sales must have been delivered to clients. 0 asks for none.",
    )
    days: int = Field(0, ge=0, le=DAYS_MAX, title="Within days")
    active_at: ActiveAt | None = Field(
        None,
        title="Counted back from the",
        description="Where sales of their own are asked for.",
    )

    @model_validator(mode="after")
    def _days_to_look_back(self) -> Self:
        if bool(self.own_sales_min) != bool(self.days):
            raise ValueError("Say how many sales, and within how many days; or 0 for both.")
        if bool(self.own_sales_min) != bool(self.active_at):
            raise ValueError(
                "Say whether sales of their own are counted back from the sale or from its delivery,"
                " where some are asked for."
            )
        return self


class CreditDocument(Document):
    """To whom an order is credited that came through one affiliate's storefront with what is another's."""

    other_affiliates_code: Crediting = Field(title="With another's code")
    other_affiliates_link: Crediting = Field(title="By another's link")
    storefront_bp: BasisPoints = Field(0, title="The storefront gets")
    other_bp: BasisPoints = Field(0, title="Whose code or link it is gets")

    @model_validator(mode="after")
    def _of_the_whole(self) -> Self:
        splits = "split" in (self.other_affiliates_code, self.other_affiliates_link)
        if splits and not (self.storefront_bp and self.other_bp):
            raise ValueError("Say how much of an order each of the two is credited with.")
        if self.storefront_bp + self.other_bp != (BASIS if splits else 0):
            raise ValueError("What the two are credited with is the whole of an order, or nothing.")
        return self


class WhenDocument(Document):
    """Which lines a rule is for. What is left empty asks nothing; of several names one must fit."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold(
            "Only of some",
            ("departments", "products", "storefronts", "affiliates", "groups"),
        ),
        Fold("Only for some clients", ("clients", "months_max", "orders_max")),
        Fold("Only for some time", ("starts_on", "ends_on")),
        Fold("Only of large orders", ("order_min_minor",)),
    )

    kind: Literal["", "goods", "service"] = Field("", title="Goods or services")
    milestone: Literal[Milestone, ""] = Field(
        "", title="Milestone of a service", description="Empty: that it was delivered."
    )
    departments: list[Annotated[Slug, Refers("departments")]] = Field([], title="Departments")
    products: list[Annotated[Slug, Refers("products")]] = Field([], title="Products")
    storefronts: Names = Field([], title="Storefronts")
    affiliates: list[Annotated[Slug, Refers("affiliates")]] = Field([], title="Affiliates")
    groups: Names = Field([], title="Groups of affiliates")
    clients: Clients = Field("any", title="Clients")
    months_max: int | None = Field(None, ge=1, le=1200, title="Months since the first order")
    orders_max: int | None = Field(None, ge=1, le=10_000, title="Orders of a client")
    starts_on: Day | None = Field(None, title="From")
    ends_on: Day | None = Field(None, title="Until", description="The first day that it is over.")
    order_min_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict,
        title="The order comes to at least",
        description="All its lines together, without tax and delivery, in every currency that it is for.",
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.starts_on and self.ends_on and self.ends_on <= self.starts_on:
            raise ValueError("It must end after it starts.")
        if self.clients == "first_order" and (self.months_max or self.orders_max):
            raise ValueError("A rule for first orders needs no limit of months or orders.")
        return self

    @model_validator(mode="after")
    def _only_services_have_milestones(self) -> Self:
        if self.milestone and self.kind != "service":
            raise ValueError("Only a service has milestones: let the rule be for services.")
        return self


class LevelDocument(Document):
    """What one level gets: a rate, or fixed money for each piece."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Fixed money, or only for some", ("each_minor", "groups", "rank_from")),
    )
    one: ClassVar[str] = "Level"
    first: ClassVar[str] = "Whoever sold"
    rate_bp: BasisPoints = Field(0, title="Rate")
    each_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict,
        title="For each piece",
        description="In every currency that it is for.",
    )
    groups: Names = Field(
        [], title="Only for groups", description="Empty: whoever stands at this level."
    )
    rank_from: Slug | None = Field(None, title="From the rank")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.rate_bp and self.each_minor:
            raise ValueError("Give a rate or fixed money, not both.")
        return self


class SaleRuleDocument(Document):
    """What lines of one sort pay."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold(
            "Of what, and at most",
            (
                "base",
                "levels_of",
                "at_most_minor",
                "at_most_line_minor",
                "at_most_client_minor",
                "cap_by",
            ),
        ),
    )
    one: ClassVar[str] = "Rule"
    id: Slug = Field(title="Called")
    pays_on: Literal["delivered_sale"] = Field(
        "delivered_sale",
        title="Pays on",
        description="Only a delivered sale to a client ever pays.",
    )
    when: WhenDocument = Field(default_factory=lambda: WhenDocument.model_validate({}), title="For")
    levels: list[LevelDocument] = Field(
        min_length=1,
        max_length=LEVELS_MAX,
        title="Levels",
        description="Of the seller first, then of each sponsor above them.",
    )
    base: Base = Field("commissionable_value", title="Rates are of")
    levels_of: LevelBase = Field("sale", title="Sponsors' rates are of")
    at_most_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict, title="At most for one sale", description="Of each level."
    )
    at_most_line_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict,
        title="At most for one line",
        description="Of each level: of one article of a sale, however many pieces.",
    )
    at_most_client_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict,
        title="At most for one client",
        description="Of each level: of all that one client buys under this rule, ever.",
    )
    cap_bp: Annotated[int, Field(gt=0, le=BASIS)] = Field(title="All levels at most")
    cap_by: CapBy | None = Field(
        None,
        title="Who gives way to the most",
        description="Needed where the levels together may reach beyond it.",
    )
    hold_days: int = Field(ge=HOLD_DAYS_MIN, le=HOLD_DAYS_MAX, title="Held for days")

    @property
    def fixed(self) -> list[dict[str, int]]:
        """What it says of a level's share in fixed money, by currency: for each piece, and at most."""
        each = (level.each_minor for level in self.levels)
        limits = (self.at_most_minor, self.at_most_line_minor, self.at_most_client_minor)
        return [said for said in (*each, *limits) if said]

    @model_validator(mode="after")
    def _one_set_of_currencies(self) -> Self:
        least = self.when.order_min_minor
        stated = [set(said) for said in (*self.fixed, *([least] if least else []))]
        if any(currencies != stated[0] for currencies in stated):
            raise ValueError("State every amount of a rule in the same currencies.")
        if self.levels_of != "sale" and any(level.each_minor for level in self.levels[1:]):
            raise ValueError(
                "Fixed money is of no level below: let sponsors' rates be of the sale."
            )
        return self
