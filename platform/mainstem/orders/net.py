"""Net: the amounts of an order without tax, as a storefront that sells to companies shows them.

Nothing is worked out anew here: each amount is that of the priced order less the tax that was found to be
in it, so nets, taxes and rounding add up to what is paid, by each way of rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mainstem import tax
from mainstem.money import Money
from mainstem.orders.model import Taxes, Totals
from mainstem.orders.pricing import Price
from mainstem.orders.rounded import Part

_Key = tuple[str | None, int, str, str]


class TaxOfRate(msgspec.Struct, frozen=True):
    """The tax of one rate, in basis points."""

    rate_bp: int
    amount: Money


class Net(msgspec.Struct, frozen=True):
    """An order without tax: its lines in their order, what they come to, delivery, the tax of each
    rate, and the rounding amount where no net fits. Together they are the total."""

    lines: list[Money]
    items: Money
    shipping: Money
    taxes: list[TaxOfRate]
    rounding: Money
    total: Money


def net_of_price(price: Price, currency: str, *, delivery_bp: int = 0) -> Net:
    """What was priced, without tax. `delivery_bp` is the rate of the charge of delivery, for a
    company that has set nothing about tax."""
    lines = [Part(line.rate, line.total_minor, line.tax_minor) for line in price.lines]
    return _net(lines, price.totals, price.taxes, currency, delivery_bp)


def net_of_order(order: Any, lines: Sequence[Mapping[str, Any]]) -> Net:
    """An order that was placed, without tax. Its row names the totals, the currency, the taxes and
    `shipping_tax_bp`, the rate of the charge of delivery; its lines what each costs and their tax."""
    totals = Totals(order.items_minor, order.shipping_minor, order.tax_minor, order.total_minor)
    taxes = msgspec.convert(order.taxes, Taxes) if order.taxes else None
    parts = [
        Part(
            tax.Rate(one["tax_bp"], one["tax_country"], one["tax_treatment"], one["tax_reason"]),
            one["total_minor"],
            one["tax_minor"],
        )
        for one in lines
    ]
    own = order.shipping_tax_bp
    usual = max((part.rate.bp for part in parts), default=0)
    return _net(parts, totals, taxes, order.currency, usual if own is None else own)


def _net(
    lines: Sequence[Part], totals: Totals, taxes: Taxes | None, currency: str, delivery_bp: int
) -> Net:
    delivery = _delivery(lines, totals, taxes, delivery_bp)
    parts = [*lines, *delivery]
    rounding = {_key(one): one.rounding_minor for one in taxes.rates} if taxes else {}
    nets = _nets(parts, rounding)
    sums: dict[int, int] = {}
    for part in parts:
        sums[part.rate.bp] = sums.get(part.rate.bp, 0) + part.tax

    def money(minor: int) -> Money:
        return Money(minor, currency)

    return Net(
        [money(minor) for minor in nets[: len(lines)]],
        money(sum(nets[: len(lines)])),
        money(sum(nets[len(lines) :])),
        [TaxOfRate(bp, money(minor)) for bp, minor in sorted(sums.items(), reverse=True)],
        money(sum(rounding.values())),
        money(totals.total_minor),
    )


def _delivery(
    lines: Sequence[Part], totals: Totals, taxes: Taxes | None, delivery_bp: int
) -> list[Part]:
    if taxes is not None:
        return [
            Part(
                tax.Rate(one.bp, one.country, one.treatment, one.reason),
                one.gross_minor,
                one.tax_minor,
            )
            for one in taxes.delivery
        ]
    if not totals.shipping_minor:
        return []
    rest = totals.tax_minor - sum(part.tax for part in lines)
    rate = tax.Rate(delivery_bp, None, "domestic", "article")
    return [Part(rate, totals.shipping_minor, rest)]


def _nets(parts: Sequence[Part], rounding: Mapping[_Key, int]) -> list[int]:
    """What each is without tax. The rounding amount of a rate is no part of any net: the largest of
    that rate, whose last minor unit says least, is shown without it."""
    nets = [part.gross - part.tax for part in parts]
    for key, minor in rounding.items():
        places = [i for i, part in enumerate(parts) if _key(part.rate) == key]
        if minor and places:
            nets[max(places, key=lambda i: nets[i])] -= minor
    return nets


def _key(rate: Any) -> _Key:
    return rate.country, rate.bp, rate.treatment, rate.reason
