"""Priced: what of a quoted amount is tax, as the order will say that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mainstem import catalog, orders, tax
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import Net


def sku_of(work: Work, product_id: int) -> str:
    """The article that is ordered when a quote for a product is accepted."""
    sku = work.value(
        """SELECT sku FROM variant WHERE product_id = %(product)s
            ORDER BY active DESC, position, id LIMIT 1""",
        product=product_id,
    )
    return str(sku)


def net_of_quote(
    work: Work, product_id: int, address: Mapping[str, Any], amount: Money, *, at: datetime
) -> Net:
    """A quoted amount without tax, and the tax that is in it, if it were accepted at an instant."""
    priced = _priced(work, product_id, address, amount, at=at)
    return orders.net_of_price(priced, amount.currency)


@dataclass(frozen=True, slots=True)
class CountedQuote:
    """What of a quoted amount would count for commission, what it is without tax, and its margin, in minor
    units; the margin is 0 where it is not known what the work costs the company."""

    counts_minor: int
    net_minor: int
    margin_minor: int = 0


def counted_of_quote(
    work: Work, product_id: int, address: Mapping[str, Any], amount: Money, *, at: datetime
) -> CountedQuote:
    """What of a quoted amount a plan would take its rates of, if it were accepted at an instant."""
    [line] = _priced(work, product_id, address, amount, at=at).lines
    net, cost = line.total_minor - line.tax_minor, cost_of(work, product_id, amount.currency, at=at)
    return CountedQuote(line.commissionable_minor, net, 0 if cost is None else max(net - cost, 0))


def cost_of(work: Work, product_id: int, currency: str, *, at: datetime) -> int | None:
    """What a service costs the company, in minor units; None where that is not known in this currency."""
    sku = sku_of(work, product_id)
    return work.fetch(catalog.costs_query([sku], [currency], at=at)).get((sku, currency))


def list_price(work: Work, product_id: int, currency: str, *, at: datetime) -> Money | None:
    """What a service costs where it has a price of its own, tax included; None where it is quoted."""
    sku = sku_of(work, product_id)
    found = catalog.offers(work, [sku], currency=currency, locale="en", at=at).get(sku)
    return Money(found.unit_minor, currency) if found and found.unit_minor is not None else None


def _priced(
    work: Work, product_id: int, address: Mapping[str, Any], amount: Money, *, at: datetime
) -> orders.Price:
    sku, conditions = sku_of(work, product_id), orders.conditions(work)
    found = catalog.offers(work, [sku], currency=amount.currency, locale="en", at=at)
    article = orders.Article(found[sku], 1, amount.minor, agreed_minor=amount.minor)
    buyer = orders.Buyer(address["country"], address["postal_code"], amount.currency, at)
    over = tax.counts(conditions.tax, buyer.sale) and tax.was_passed(work, at)
    return orders.price_for([article], conditions, replace(buyer, over=over))
