"""Taxed: the rate of what is sold to a buyer, and of its delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainstem import tax
from mainstem.catalog import Offer
from mainstem.money import largest_remainder, net_of_tax
from mainstem.orders.rounded import Part


def rate_of(rules: tax.Rules, sale: tax.Sale, offer: Offer) -> tax.Rate:
    """The tax of an article in this sale."""
    return tax.rate(rules, sale, kind=offer.kind, tax_class=offer.tax_class, own_bp=offer.tax_bp)


def untaxed_unit(
    unit_minor: int, rules: tax.Rules, sale: tax.Sale, offer: Offer, rate: tax.Rate
) -> int:
    """The price of one for who pays none of our tax: without the tax that our prices include, unless
    the company asks the same of everybody."""
    if not rate.untaxed or rules.untaxed_price == "same_price":
        return unit_minor
    home = tax.rate_at_home(rules, sale, tax_class=offer.tax_class, own_bp=offer.tax_bp)
    return net_of_tax(unit_minor, home)


def delivery_parts(
    cost_minor: int,
    goods: Sequence[tuple[int, tax.Rate]],
    rules: tax.Rules,
    sale: tax.Sale,
    own_bp: int | None,
) -> list[Part]:
    """The charge of delivery in parts of one rate each: shared as the goods' values are, or all of
    it at the standard rate. `own_bp` is the rate that the currency's charge has of its own."""
    if not cost_minor:
        return []
    if not rules.are_set and own_bp is not None:
        return [_part(cost_minor, tax.Rate(own_bp, None, "domestic", "article"))]
    standard = tax.rate(rules, sale, kind="goods", tax_class=tax.STANDARD, own_bp=own_bp or 0)
    if standard.untaxed and rules.untaxed_price == "without_tax":
        home = tax.rate_at_home(rules, sale, tax_class=tax.STANDARD, own_bp=own_bp or 0)
        return [_part(net_of_tax(cost_minor, home), standard)]
    if rules.delivery_tax == "rate":
        return [_part(cost_minor, standard)]
    return shared_by_value(cost_minor, goods) or [_part(cost_minor, standard)]


def shared_by_value(cost_minor: int, goods: Sequence[tuple[int, tax.Rate]]) -> list[Part]:
    """The charge of delivery shared among the rates of the goods by their values; none where those
    are worth nothing. A share has no class: it is taxed as its goods are."""
    values: dict[tax.Rate, int] = {}
    for value, rate in goods:
        alike = tax.Rate(rate.bp, rate.country, rate.treatment, rate.reason)
        values[alike] = values.get(alike, 0) + value
    whole = sum(values.values())
    if not whole:
        return []
    shares = largest_remainder(cost_minor, list(values.values()), whole)
    return [_part(share, rate) for share, rate in zip(shares, values, strict=True) if share]


def _part(gross: int, rate: tax.Rate) -> Part:
    return Part(rate, gross, gross - net_of_tax(gross, rate.bp))


def tax_notes(taxes: Mapping[str, Any] | None) -> list[str]:
    """Why an order carries another tax than that of its articles at home, as English sentences to
    translate; `taxes` as the order keeps them."""
    rates = taxes["rates"] if taxes else []
    reasons = [rate["reason"] for rate in rates if rate["treatment"] != "domestic"]
    return [tax.REASONS[reason] for reason in dict.fromkeys(reasons)]
