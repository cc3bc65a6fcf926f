"""One price: what so many of what cost, worked out in one place and from nothing but what is given.

A product's page, a basket, a checkout, an order and the total of a quote are all added up here, so
what was shown is what is charged. docs/pricing.md says the same in words, with examples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mainstem.catalog import Offer, ShippingRate
from mainstem.money import BASIS, net_of_tax, rdiv
from mainstem.orders.model import HeldPrice, Totals

PRICE_HOLDS = timedelta(days=7)
"""How long a price that was put into a basket holds, whatever the shop asks meanwhile."""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """So many of one article, worked out in minor units; tax is in the total.

    The commissionable value holds no tax and no shipping.
    """

    offer: Offer
    quantity: int
    unit_minor: int
    total_minor: int
    tax_minor: int
    commissionable_minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """What several lines cost, delivery and all."""

    lines: list[PricedLine]
    totals: Totals


def price(lines: Iterable[PricedLine], rate: ShippingRate | None) -> Price:
    """What these lines cost together, delivered at this rate; None where delivery is not for us to
    charge, as in a history that is imported."""
    lines = list(lines)
    items = sum(line.total_minor for line in lines)
    tax = sum(line.tax_minor for line in lines)
    goods = sum(line.total_minor for line in lines if line.offer.kind == "goods")
    shipping = rate.cost(goods) if rate else 0
    if rate and shipping:
        tax += shipping - net_of_tax(shipping, rate.tax_bp)
    return Price(lines, Totals(items, shipping, tax, items + shipping))


def line_of(offer: Offer, quantity: int, unit_minor: int) -> PricedLine:
    """So many of an article at a price of one."""
    return _line(offer, quantity, unit_minor, unit_minor * quantity)


def agreed_line(offer: Offer, quantity: int, total_minor: int) -> PricedLine:
    """So many of an article for a total that was agreed elsewhere: by a quote, or in a history."""
    return _line(offer, quantity, total_minor // quantity, total_minor)


def unit_price(asked_minor: int, held: HeldPrice | None, at: datetime) -> int:
    """What one piece costs: what the shop asks, or less while a lower price holds."""
    if held is None or at >= held.until:
        return asked_minor
    return min(asked_minor, held.unit_minor)


def _line(offer: Offer, quantity: int, unit_minor: int, total_minor: int) -> PricedLine:
    net = net_of_tax(total_minor, offer.tax_bp)
    commissionable = rdiv(net * offer.commissionable_bp, BASIS)
    return PricedLine(offer, quantity, unit_minor, total_minor, total_minor - net, commissionable)
