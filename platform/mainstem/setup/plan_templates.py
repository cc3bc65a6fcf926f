"""Plans to begin with, and what a plan pays for one sale: so that nobody publishes rates unseen."""

from __future__ import annotations

from typing import NamedTuple

from mainstem.money import Money
from mainstem.plan import Plan, shares_of

SALE_MINOR = 100_000
"""The commissionable value of the sale that a plan is shown on: a thousand, where cents are counted."""


class PlanTemplate(NamedTuple):
    """A plan to begin with: what it is called, for whom it is, and its rates in basis points."""

    name: str
    title: str
    words: str
    goods_bp: tuple[int, ...]
    service_bp: tuple[int, ...]


PLAN_TEMPLATES = (
    PlanTemplate(
        "one_level",
        "One level",
        "Whoever sells is paid, and nobody else.",
        (1000,),
        (500,),
    ),
    PlanTemplate(
        "two_levels",
        "Two levels",
        "Whoever sells is paid most; whoever brought them in, a little.",
        (1000, 300),
        (500, 100),
    ),
    PlanTemplate(
        "five_levels",
        "Five levels",
        "A little goes up five sponsors. The more levels, the less is left for whoever sells.",
        (800, 200, 100, 50, 50),
        (400, 100, 50, 25, 25),
    ),
    PlanTemplate(
        "goods_and_services",
        "Goods and services apart",
        "Goods pay many small commissions on two levels; a service pays one large one to whoever"
        " brought the client.",
        (800, 200),
        (1000,),
    ),
)
HOLD_DAYS = {"goods": 30, "service": 14}


def plan_from(template: PlanTemplate) -> dict[str, object]:
    """The plan that a template begins with, as its document has it."""
    return {
        "name": template.title,
        "rules": {
            kind: {"levels_bp": [*rates], "cap_bp": sum(rates), "hold_days": HOLD_DAYS[kind]}
            for kind, rates in (("goods", template.goods_bp), ("service", template.service_bp))
        },
    }


class ExampleShare(NamedTuple):
    """What one level is paid of the example sale."""

    level: int
    rate_bp: int
    amount: Money


class Example(NamedTuple):
    """One kind of sale worked out: who is paid, what is paid in all, what the company keeps."""

    kind: str
    sale: Money
    shares: list[ExampleShare]
    paid: Money
    kept: Money
    hold_days: int


def examples(plan: Plan, currency: str) -> list[Example]:
    """What the plan pays on a sale of a thousand, by kind, where every level has somebody."""
    sale = Money(SALE_MINOR, currency)
    found = []
    for rule in plan.rules.values():
        everybody = range(1, len(rule.levels_bp) + 1)
        shares = [
            ExampleShare(one.level, one.rate_bp, Money(one.credited_minor, currency))
            for one in shares_of(rule, everybody, sale.minor, 0)
        ]
        paid = Money(sum(one.amount.minor for one in shares), currency)
        found.append(Example(rule.kind, sale, shares, paid, sale - paid, rule.hold_days))
    return found
