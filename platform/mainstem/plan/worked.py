"""What a plan pays for one sale under each of its rules: so that nobody publishes rates unseen."""

from __future__ import annotations

from typing import NamedTuple

from mainstem.money import Money
from mainstem.plan.costs import shared
from mainstem.plan.sale_documents import SaleRuleDocument
from mainstem.plan.version import Plan

SALE_MINOR = 100_000
"""The base of the sale that a plan is shown on: a thousand, where cents are counted."""


class ExampleShare(NamedTuple):
    """What one level is paid of the example sale; `rate_bp` is 0 where it is fixed money."""

    level: int
    rate_bp: int
    amount: Money


class Example(NamedTuple):
    """A sale under one rule worked out: who is paid, what is paid in all, what the company keeps."""

    rule: SaleRuleDocument
    sale: Money
    shares: list[ExampleShare]
    paid: Money
    kept: Money

    @property
    def is_capped(self) -> bool:
        """Whether all levels together would get more than the rule's cap, so that each gives way."""
        rates = sum(level.rate_bp for level in self.rule.levels)
        return self.rule.levels_of == "sale" and rates > self.rule.cap_bp


def examples(plan: Plan, currency: str) -> list[Example]:
    """What each rule pays on a sale of a thousand of one piece, where every level has somebody: of those
    that pay in the currency."""
    sale = Money(SALE_MINOR, currency)
    found = []
    for said, rule in zip(plan.document.rules, plan.sale.rules, strict=True):
        if not rule.pays_in(currency):
            continue
        shares = [
            ExampleShare(one.level, one.rate_bp, Money(one.credited_minor, currency))
            for one in shared(plan.sale, rule, sale.minor, currency)
        ]
        paid = Money(sum(one.amount.minor for one in shares), currency)
        found.append(Example(said, sale, shares, paid, sale - paid))
    return found
