"""What a plan gives for one sale: pure, exact, and the only place where it is worked out.

A line of a sale falls under the first rule that fits it (`fitting`). What of a sale fell under one
rule is its `Portion`; `credits` gives every level's share of all portions together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import gcd
from typing import Literal

from mainstem.money import BASIS, largest_remainder, rdiv
from mainstem.plan.uplines import Member, Place, Uplines, places

Base = Literal["commissionable_value", "price", "margin"]
"""Of what a rate is taken: the commissionable value, the price without tax, or what is left of that
after what the goods cost."""

LevelBase = Literal["sale", "level_below", "level_below_rounded"]
"""Of what the rate of a level above the seller is taken: of the sale like the seller's, or of what the
level below earns, before it is rounded or after."""

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

    @property
    def asks_of_clients(self) -> bool:
        """Whether it asks what the client bought before."""
        return self.clients != "any" or bool(self.months_max or self.orders_max)

    def misses(self, line: Line) -> str | None:
        """The first thing asked for that this line is not; None where it is all of them."""
        return next((name for name, fits in self._asked(line) if not fits), None)

    def _asked(self, line: Line) -> Iterator[tuple[str, bool]]:
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

    All levels together get `cap_bp` of the base at most, each giving way in proportion. No level
    gets more than `at_most_minor` for one sale, where the sale's currency is in it. A rule that
    states amounts is for sales in the currencies that it states them in, and for no other.
    """

    id: str
    levels: tuple[Level, ...]
    cap_bp: int
    hold_days: int
    when: When = When()
    base: Base = "commissionable_value"
    levels_of: LevelBase = "sale"
    at_most_minor: Mapping[str, int] = field(default_factory=dict)

    def misses(self, line: Line) -> str | None:
        """Why a line does not fall under this rule; None where it does."""
        return self.when.misses(line) if self.pays_in(line.currency) else "currency"

    def pays_in(self, currency: str) -> bool:
        """Whether it is for sales in a currency: it states its amounts in it, or none at all."""
        stated = [level.each_minor for level in self.levels if level.each_minor]
        if self.at_most_minor:
            stated.append(self.at_most_minor)
        return all(currency in amounts for amounts in stated)


@dataclass(frozen=True, slots=True)
class SalePlan:
    """What a version of the plan says of one sale.

    `cap_bp` is what all rules and levels together get at most of what a sale is worth: of the sum of
    its portions' bases.
    """

    rules: tuple[SaleRule, ...]
    uplines: Uplines = field(default_factory=Uplines)
    cap_bp: int = BASIS

    def rule(self, name: str) -> SaleRule:
        """The rule of this name; KeyError for none."""
        for rule in self.rules:
            if rule.id == name:
                return rule
        raise KeyError(name)

    def fitting(self, line: Line) -> SaleRule | None:
        """The rule that a line falls under: the first that fits; None where none does."""
        return next((rule for rule in self.rules if rule.misses(line) is None), None)


@dataclass(frozen=True, slots=True)
class Portion:
    """What of one sale was delivered under one rule, in minor units of the rule's base.

    `returned_minor` is how much of it went back: 0 <= returned <= base. `pieces` is what fixed money is
    paid for.
    """

    rule: str
    base_minor: int
    returned_minor: int = 0
    pieces: int = 0


@dataclass(frozen=True, slots=True)
class Credit:
    """One level's share of a portion, in minor units.

    `uncapped_minor` is its share of what all levels get; `credited_minor` no more of it than one sale
    may pay. `reversed_minor` is how much of that has gone back: 0 <= reversed <= credited, and the
    difference is what stands. `cut` is the fraction by which caps made it smaller, (1, 1) where none did;
    `capped_bp` says it in rates, the cap and what all levels' rates come to, where that is all there is to it.
    """

    rule: str
    level: int
    beneficiary_id: int
    rate_bp: int
    uncapped_minor: int
    credited_minor: int
    reversed_minor: int
    cut: tuple[int, int] = (1, 1)
    capped_bp: tuple[int, int] | None = None

    @property
    def stands_minor(self) -> int:
        """What is earned as things are."""
        return self.credited_minor - self.reversed_minor


@dataclass(slots=True)
class _Exact:
    """The exact shares of a portion, as numerators over one denominator."""

    portion: Portion
    rule: SaleRule
    paid: list[tuple[int, Place]]
    numerators: list[int]
    per: int
    cut: tuple[int, int] = (1, 1)

    def scale(self, part: int, whole: int) -> None:
        self.numerators = [numerator * part for numerator in self.numerators]
        self.per *= whole
        common = gcd(self.cut[0] * part, self.cut[1] * whole)
        self.cut = (self.cut[0] * part // common, self.cut[1] * whole // common)

    @property
    def capped_bp(self) -> tuple[int, int] | None:
        """The rule's cap and the rates that it cuts, where its own cap alone cut nothing but rates of
        the sale."""
        rates = sum(self.rule.levels[level].rate_bp for level, _ in self.paid)
        fixed = any(self.rule.levels[level].each_minor for level, _ in self.paid)
        if fixed or self.rule.levels_of != "sale":
            return None
        cap = self.rule.cap_bp
        return (cap, rates) if self.cut[0] * rates == self.cut[1] * cap and rates > cap else None


def credits(
    plan: SalePlan, upline: Sequence[Member], currency: str, portions: Sequence[Portion]
) -> list[Credit]:
    """Every level's share of everything that was delivered of one sale, the seller first.

    The shares of a portion add up to the exact sum of their rates rounded down, at most the rule's
    cap, and all portions to no more than the plan's; the parts are whole by largest remainder, a tie
    going to the lower level. A reversal is the returned part of each share, taken cumulatively and
    rounded once, so any sequence of refunds that adds up to the base takes back every cent and never
    one more; what a sale may pay at most is then applied to what stands. No refund raises a level.
    """
    exact = [
        share
        for portion in portions
        if (share := _exact(plan, upline, currency, portion)) is not None
    ]
    _cut_to_plan(plan.cap_bp, portions, exact)
    return [credit for share in exact for credit in _whole(share, currency)]


def _exact(
    plan: SalePlan, upline: Sequence[Member], currency: str, portion: Portion
) -> _Exact | None:
    assert 0 <= portion.returned_minor <= portion.base_minor, "no more goes back than came"
    rule = plan.rule(portion.rule)
    if not portion.base_minor:
        return None
    above = places(upline, plan.uplines, rule.levels)
    paid = [
        (place.level, place)
        for place in above
        if place.reason is None
        and place.level is not None
        and _pays(rule.levels[place.level], currency)
    ]
    if not paid:
        return None
    share = _Exact(portion, rule, paid, *_numerators(rule, paid, currency, portion))
    total, cap, per = sum(share.numerators), portion.base_minor * rule.cap_bp, BASIS
    if total * per > cap * share.per:
        share.scale(cap * share.per, total * per)
    return share


def _pays(level: Level, currency: str) -> bool:
    return level.rate_bp > 0 or level.each_minor.get(currency, 0) > 0


def _numerators(
    rule: SaleRule, paid: Sequence[tuple[int, Place]], currency: str, portion: Portion
) -> tuple[list[int], int]:
    """What each paid level would get without any cap, exactly: numerators over one denominator."""
    found: list[tuple[int, int]] = []
    below: tuple[int, int] | None = None
    for number, _ in paid:
        level = rule.levels[number]
        if level.each_minor:
            share = (level.each_minor[currency] * portion.pieces, 1)
        elif below is None or rule.levels_of == "sale":
            share = (portion.base_minor * level.rate_bp, BASIS)
        else:
            share = (below[0] * level.rate_bp, below[1] * BASIS)
        if rule.levels_of == "level_below_rounded":
            share = (rdiv(*share), 1)
        found.append(share)
        below = share
    per = max(denominator for _, denominator in found)
    # Every denominator is a power of the same base, so the largest is a multiple of each.
    return [numerator * (per // denominator) for numerator, denominator in found], per


def _cut_to_plan(cap_bp: int, portions: Sequence[Portion], exact: Sequence[_Exact]) -> None:
    """Let every share give way in proportion where all together are above what the plan allows."""
    cap = sum(portion.base_minor for portion in portions) * cap_bp
    per = max((share.per for share in exact), default=1)
    for share in exact:
        per = per if per % share.per == 0 else per * share.per
    total = sum(sum(share.numerators) * (per // share.per) for share in exact)
    if total * BASIS > cap * per:
        for share in exact:
            share.scale(cap * per, total * BASIS)


def _whole(share: _Exact, currency: str) -> Iterator[Credit]:
    parts = largest_remainder(1, share.numerators, share.per)
    most = share.rule.at_most_minor.get(currency)
    for (level, place), part in zip(share.paid, parts, strict=True):
        if not part:
            continue
        portion = share.portion
        left = part - rdiv(part * portion.returned_minor, portion.base_minor)
        credited = part if most is None else min(part, most)
        stands = left if most is None else min(left, most)
        yield Credit(
            rule=share.rule.id,
            level=level,
            beneficiary_id=place.member.id,
            rate_bp=share.rule.levels[level].rate_bp,
            uncapped_minor=part,
            credited_minor=credited,
            reversed_minor=credited - stands,
            cut=share.cut,
            capped_bp=share.capped_bp,
        )
