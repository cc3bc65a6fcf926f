"""Priced: what of a quoted amount is tax, as the order will say that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
    sku, conditions = sku_of(work, product_id), orders.conditions(work)
    found = catalog.offers(work, [sku], currency=amount.currency, locale="en", at=at)
    article = orders.Article(found[sku], 1, amount.minor, agreed_minor=amount.minor)
    buyer = orders.Buyer(address["country"], address["postal_code"], amount.currency, at)
    over = tax.counts(conditions.tax, buyer.sale) and tax.was_passed(work, at)
    priced = orders.price_for([article], conditions, replace(buyer, over=over))
    return orders.net_of_price(priced, amount.currency)
