"""A plan's rules as cases, and which of them a line of a sale falls under.

A rule that states amounts is one case for each currency that it states them in, so that within a case
everything is a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mainstem.lab.expressions import (
    Cases,
    Column,
    Compare,
    Every,
    Lists,
    Named,
    Number,
    OneOf,
    Truth,
    Whole,
)
from mainstem.plan import Level, SalePlan, SaleRule, When

Stage = Mapping[str, Whole]
"""Columns that are worked out beside each other, from those that are there before."""

NO_CASE = -1

BASES: Mapping[str, str] = {
    "commissionable_value": "commissionable",
    "net_price": "price",
    "margin": "margin",
}
"""What a plan calls a base, and what the columns of facts that hold it begin with."""


@dataclass(frozen=True, slots=True)
class Case:
    """A rule, and the currency whose amounts it pays; none for a rule that states no amount."""

    no: int
    rule: SaleRule
    currency: str | None

    def each(self, level: Level) -> int:
        """What a level gets for each piece, in minor units."""
        return level.each_minor.get(self.currency or "", 0)

    @property
    def most(self) -> int | None:
        """What a level gets for one sale at most, in minor units."""
        return self.rule.at_most_minor.get(self.currency or "")

    @property
    def least(self) -> int:
        """What an order comes to at least, in minor units."""
        return self.rule.when.order_min_minor.get(self.currency or "", 0)

    @property
    def by_rates(self) -> bool:
        """Whether every level is a rate of the base, so that the base is a factor of every share."""
        return not any(level.each_minor for level in self.rule.levels) and (
            not self.rule.is_rounded_by_level
        )


def cases_of(plan: SalePlan) -> list[Case]:
    """Every case of a plan, in the order of its rules."""
    found: list[Case] = []
    for rule in plan.rules:
        stated = [set(said) for said in rule.amounts]
        currencies = sorted(set.intersection(*stated)) if stated else [None]
        found += [
            Case(len(found) + n, rule, currency) for n, currency in enumerate(currencies)
        ]  # fmt: skip
    return found


def which(cases: Sequence[Case], *, kept: bool = False) -> Whole:
    """The number of the case that a line falls under; NO_CASE where no rule is for it.

    With `kept`, orders of which all money went back are no orders of the client's before.
    """
    return Cases(
        tuple((Every(tuple(_asked(case, kept))), Number(case.no)) for case in cases),
        Number(NO_CASE),
    )


def _asked(case: Case, kept: bool) -> Iterator[Truth]:
    when = case.rule.when
    if case.currency is not None:
        yield Named("currency", frozenset({case.currency}))
    if case.rule.base == "margin":
        yield Compare(Column("has_cost"), "=", Number(1))
    if when.kind:
        yield Named("kind", frozenset({when.kind}))
    for column, names in (("departments", when.departments), ("groups", when.groups)):
        if names:
            yield Lists(column, names)
    for column, names in (
        ("product", when.products), ("storefront", when.storefronts), ("affiliate", when.affiliates),
    ):  # fmt: skip
        if names:
            yield Named(column, names)
    if case.least:
        yield Compare(Column("order_minor"), ">=", Number(case.least))
    yield from _asked_of_client(when, kept)
    if when.starts_on:
        yield Compare(Column("sold_on"), ">=", Number(day_number(when.starts_on)))
    if when.ends_on:
        yield Compare(Column("sold_on"), "<", Number(day_number(when.ends_on)))


def _asked_of_client(when: When, kept: bool) -> Iterator[Truth]:
    before = Column("orders_kept_before" if kept else "orders_before")
    months = Column("months_kept" if kept else "months")
    if when.clients != "any":
        yield Compare(before, "=" if when.clients == "first_order" else ">", Number(0))
    if when.months_max is not None:
        yield Compare(months, "<", Number(when.months_max))
    if when.orders_max is not None:
        yield Compare(before, "<", Number(when.orders_max))


def day_number(day: date) -> int:
    """A day as facts write it: 20270301, which sorts like the days do."""
    return day.year * 10_000 + day.month * 100 + day.day


def of_line(cases: Sequence[Case]) -> Stage:
    """What of a line a case's rule takes its rates of, and how much of that went back."""
    by_base: dict[str, set[int]] = {}
    for case in cases:
        by_base.setdefault(case.rule.base, set()).add(case.no)

    def column(suffix: str) -> Whole:
        said = [
            (OneOf("which", frozenset(nos)), Column(f"{BASES[base]}_{suffix}"))
            for base, nos in sorted(by_base.items())
        ]
        return Cases(tuple(said[1:]), said[0][1]) if len(said) > 1 else said[0][1]

    return {"base": column("minor"), "returned": column("back_minor")}
