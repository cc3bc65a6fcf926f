"""What a plan says of a sale: which lines each rule is for, and what it pays to whom.

A line of a sale falls under the first rule that fits it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, TypeVar

from mainstem.money import BASIS
from mainstem.plan.milestones import Milestone, reached
from mainstem.plan.uplines import Uplines

Of = TypeVar("Of")

Base = Literal["commissionable_value", "net_price", "margin"]
"""Of what a rate is taken: the commissionable value, the price without tax, or what of that is left after
what the line costs the company."""

LevelBase = Literal[
    "sale", "level_below", "level_below_rounded", "sellers_commission", "sellers_commission_rounded"
]
"""Of what the rate of a level above the seller is taken: of the sale like the seller's, of what the level
below earns, or of what the seller's level earns; of the two last before it is rounded or after."""

CapBy = Literal["proportion", "priority"]
"""Who gives way to a cap: everybody in proportion; or whoever comes last, the higher level before the lower
and the later rule before the earlier."""

Clients = Literal["any", "first_order", "repeat_order"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is sold: everything that a rule may ask about it."""

    kind: str
    currency: str
    product: str
    departments: frozenset[str]
    storefront: str
    affiliate: str
    groups: frozenset[str]
    sold_on: date
    """By the company's calendar."""
    orders_before: int = 0
    """How many orders of this client had been paid before."""
    months: int = 0
    """Whole months since the client's first order was paid; 0 on the first."""
    has_cost: bool = False
    """Whether it is known, in the currency of the sale, what it costs the company."""
    milestone: Milestone = "delivered"
    """Of a service, which of its milestones is asked about. Goods are only delivered."""
    order_minor: int = 0
    """What all lines of the order come to, without tax and delivery."""


@dataclass(frozen=True, slots=True)
class When:
    """Which lines a rule is for. Whatever is empty asks nothing; of several names one must fit."""

    kind: str = ""
    departments: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    storefronts: frozenset[str] = frozenset()
    affiliates: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    clients: Clients = "any"
    months_max: int | None = None
    orders_max: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    """The day after the last one."""
    milestone: Milestone = "delivered"
    """Of a service, what it pays for; no line falls under it at another."""
    order_min_minor: Mapping[str, int] = field(default_factory=dict)
    """By currency, what an order must come to, all its lines together, without tax and delivery."""

    @property
    def asks_of_clients(self) -> bool:
        """Whether it asks what the client bought before."""
        return self.clients != "any" or bool(self.months_max or self.orders_max)

    def misses(self, line: Line) -> str | None:
        """The first thing asked for that this line is not; None where it is all of them."""
        return next((name for name, fits in self._asked(line) if not fits), None)

    def _asked(self, line: Line) -> Iterator[tuple[str, bool]]:
        yield "milestone", self.milestone == line.milestone
        yield "kind", not self.kind or self.kind == line.kind
        yield "departments", not self.departments or bool(self.departments & line.departments)
        yield "products", not self.products or line.product in self.products
        yield "storefronts", not self.storefronts or line.storefront in self.storefronts
        yield "affiliates", not self.affiliates or line.affiliate in self.affiliates
        yield "groups", not self.groups or bool(self.groups & line.groups)
        first = line.orders_before == 0
        yield "clients", self.clients == "any" or (self.clients == "first_order") == first
        yield "months_max", self.months_max is None or line.months < self.months_max
        yield "orders_max", self.orders_max is None or line.orders_before < self.orders_max
        yield "starts_on", self.starts_on is None or self.starts_on <= line.sold_on
        yield "ends_on", self.ends_on is None or line.sold_on < self.ends_on
        yield "order_min_minor", line.order_minor >= self.order_min_minor.get(line.currency, 0)


@dataclass(frozen=True, slots=True)
class Level:
    """What one level gets: a rate, in basis points, or fixed money for each piece, per currency.

    `groups` are those that one must be in to be paid at this level, and `rank_from` the number of the
    rank that one must have; empty and 0 ask nothing.
    """

    rate_bp: int = 0
    each_minor: Mapping[str, int] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    rank_from: int = 0


@dataclass(frozen=True, slots=True)
class SaleRule:
    """What lines of one sort pay: to the seller, and up the sponsors' line.

    All levels together get `cap_bp` of the base at most, giving way as `cap_by` says. No level
    gets more than `at_most_minor` for one sale, nor more than `at_most_line_minor` for one line of it, nor
    more than `at_most_client_minor` for all sales to one client (`client_caps`), where the sale's currency is
    in them. A rule that states amounts is for sales in the currencies that it states them in, and for no
    other; one whose rates are of the margin is for lines of which it is known what they cost.
    """

    id: str
    levels: tuple[Level, ...]
    cap_bp: int
    hold_days: int
    when: When = When()
    base: Base = "commissionable_value"
    levels_of: LevelBase = "sale"
    at_most_minor: Mapping[str, int] = field(default_factory=dict)
    cap_by: CapBy = "proportion"
    at_most_line_minor: Mapping[str, int] = field(default_factory=dict)
    at_most_client_minor: Mapping[str, int] = field(default_factory=dict)

    def of(self, counts: Of, net: Of, margin: Of) -> Of:
        """What its rates are of: of what counts for commission, of the price without tax, or of the margin."""
        return {"commissionable_value": counts, "net_price": net, "margin": margin}[self.base]

    @property
    def limits(self) -> tuple[Mapping[str, int], ...]:
        """What it pays a level at most, in fixed money: for one sale, for one line of it, for one client."""
        return self.at_most_minor, self.at_most_line_minor, self.at_most_client_minor

    @property
    def amounts(self) -> list[Mapping[str, int]]:
        """Every amount that it states, by currency; all of them in the same currencies."""
        each = (level.each_minor for level in self.levels)
        return [said for said in (*each, *self.limits, self.when.order_min_minor) if said]

    @property
    def is_rounded_by_level(self) -> bool:
        """Whether each level is rounded before another is paid of it."""
        return self.levels_of.endswith("_rounded")

    def misses(self, line: Line) -> str | None:
        """Why a line does not fall under this rule; None where it does."""
        if not self.pays_in(line.currency):
            return "currency"
        if self.base == "margin" and not line.has_cost:
            return "cost"
        return self.when.misses(line)

    def pays_in(self, currency: str) -> bool:
        """Whether it is for sales in a currency: it states its amounts in it, or none at all."""
        return all(currency in said for said in self.amounts)


@dataclass(frozen=True, slots=True)
class SalePlan:
    """What a version of the plan says of one sale.

    `cap_bp` is what all rules and levels together get at most of what a sale is worth: of the sum of
    its portions' bases; `cap_by` says who gives way to it.
    """

    rules: tuple[SaleRule, ...]
    uplines: Uplines = field(default_factory=Uplines)
    cap_bp: int = BASIS
    cap_by: CapBy = "proportion"

    @property
    def limits_clients(self) -> bool:
        """Whether a rule limits what all sales to one client pay."""
        return any(rule.at_most_client_minor for rule in self.rules)

    def rule(self, name: str) -> SaleRule:
        """The rule of this name; KeyError for none."""
        for rule in self.rules:
            if rule.id == name:
                return rule
        raise KeyError(name)

    def fitting(self, line: Line) -> SaleRule | None:
        """The rule that a line falls under: the first that fits; None where none does."""
        return next((rule for rule in self.rules if rule.misses(line) is None), None)

    def at_milestones(self, line: Line, *, from_lead: bool) -> dict[Milestone, SaleRule]:
        """The rule that a line falls under for each milestone that it reaches in time: of each, the
        first that fits."""
        asked = (
            (one, self.fitting(replace(line, milestone=one)))
            for one in reached(line.kind, from_lead=from_lead)
        )
        return {milestone: rule for milestone, rule in asked if rule is not None}
