"""One price: what so many of what cost, worked out in one place and from nothing but what is given.

A product's page, a basket, a checkout, an order and the total of a quote are all added up here, so
what was shown is what is charged. docs/pricing.md says the same in words, with examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mainstem import delivery, tax
from mainstem.catalog import Offer, ShippingRate
from mainstem.delivery import Goods, Option
from mainstem.kit.errors import Problem
from mainstem.money import BASIS, largest_remainder, net_of_tax, rdiv
from mainstem.orders.conditions import Conditions
from mainstem.orders.model import HeldPrice, Taxes, Totals
from mainstem.orders.rounded import Part, together
from mainstem.orders.taxed import delivery_parts, rate_of, untaxed_unit

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
    rate: tax.Rate


@dataclass(frozen=True, slots=True)
class Price:
    """What several lines cost, delivery and all.

    `taxes` are by rate, where the company has set its tax or its delivery. `options` are the ways
    in which the goods can come and `option` is the one that is charged; `problem` says why there is
    none of those.
    """

    lines: list[PricedLine]
    totals: Totals
    taxes: Taxes | None = None
    options: Sequence[Option] = ()
    option: Option | None = None
    problem: Problem | None = None

    @property
    def standard_minor(self) -> int:
        """What the delivery would cost in the least expensive way that is offered, with as much tax as
        the chosen one: that much of it goes back when the client withdraws (Article 13(2))."""
        shipping = self.totals.shipping_minor
        if self.option is None or self.option.cost_minor == 0:
            return shipping
        return rdiv(shipping * self.options[0].cost_minor, self.option.cost_minor)


@dataclass(frozen=True, slots=True)
class Article:
    """So many of an offer, at a price of one or for a total that was agreed."""

    offer: Offer
    quantity: int
    unit_minor: int
    agreed_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a price depends on besides the articles: where they go, when, how, and for whom.

    `method` is the chosen way of delivery, or empty for the cheapest. `business` where a VAT number
    was shown that lets them buy without our tax, `over` where the threshold is passed.
    """

    country: str
    postal_code: str
    currency: str
    at: datetime
    method: str = ""
    business: bool = False
    over: bool = False
    vat_number: str = ""
    delivered: bool = True
    """Off where delivery is not for us to charge, as in a history that is imported."""

    @property
    def sale(self) -> tax.Sale:
        """The same as tax looks at it."""
        where = tax.territory_of(self.country, self.postal_code)
        return tax.Sale(where, self.at, self.business, self.over)


def price_for(
    articles: Iterable[Article], conditions: Conditions, buyer: Buyer, *, less_minor: int = 0
) -> Price:
    """What these articles cost this buyer, under what the company has set.

    `less_minor` is taken off what they cost, before tax is worked out and after what decides the delivery.
    """
    if not conditions.are_set:
        lines = [_plain_line(article) for article in articles]
        own = conditions.rates.get(buyer.currency) if buyer.delivered else None
        return price(lines, own, less_minor=less_minor)
    rules, sale = conditions.tax, buyer.sale
    lines = [_taxed_line(article, rules, sale) for article in articles]
    options, option, problem, cost = _delivery(lines, conditions, buyer)
    lines = _less(lines, less_minor)
    own = conditions.rates.get(buyer.currency)
    goods = [(line.total_minor, line.rate) for line in lines if line.offer.kind == "goods"]
    parts = delivery_parts(cost, goods, rules, sale, own.tax_bp if own else None)
    lines, parts, taxes = _rounded(lines, parts, rules, buyer.vat_number)
    items, shipping = sum(line.total_minor for line in lines), sum(part.gross for part in parts)
    of_tax = sum(line.tax_minor for line in lines) + sum(part.tax for part in parts)
    totals = Totals(items, shipping, of_tax, items + shipping)
    return Price(lines, totals, taxes, options, option, problem)


def price(lines: Iterable[PricedLine], rate: ShippingRate | None, *, less_minor: int = 0) -> Price:
    """What these lines cost together, delivered at this rate; None where delivery is not for us to
    charge, as in a history that is imported. `less_minor` is taken off, and decides no delivery."""
    lines = list(lines)
    goods = sum(line.total_minor for line in lines if line.offer.kind == "goods")
    shipping = rate.cost(goods) if rate else 0
    lines = _less(lines, less_minor)
    items = sum(line.total_minor for line in lines)
    tax = sum(line.tax_minor for line in lines)
    if rate and shipping:
        tax += shipping - net_of_tax(shipping, rate.tax_bp)
    return Price(lines, Totals(items, shipping, tax, items + shipping))


def line_of(offer: Offer, quantity: int, unit_minor: int) -> PricedLine:
    """So many of an article at a price of one."""
    return _line(offer, quantity, unit_minor, unit_minor * quantity, _own(offer))


def agreed_line(offer: Offer, quantity: int, total_minor: int) -> PricedLine:
    """So many of an article for a total that was agreed elsewhere: by a quote, or in a history."""
    return _line(offer, quantity, total_minor // quantity, total_minor, _own(offer))


def unit_price(asked_minor: int, held: HeldPrice | None, at: datetime) -> int:
    """What one piece costs: what the shop asks, or less while a lower price holds."""
    if held is None or at >= held.until:
        return asked_minor
    return min(asked_minor, held.unit_minor)


def commissionable(net_minor: int, commissionable_bp: int) -> int:
    """What of an amount without tax counts for commission."""
    return rdiv(net_minor * commissionable_bp, BASIS)


# ---------------------------------------------------------------- lines


def _own(offer: Offer) -> tax.Rate:
    return tax.Rate(offer.tax_bp, None, "domestic", "article")


def _plain_line(article: Article) -> PricedLine:
    if article.agreed_minor is not None:
        return agreed_line(article.offer, article.quantity, article.agreed_minor)
    return line_of(article.offer, article.quantity, article.unit_minor)


def _taxed_line(article: Article, rules: tax.Rules, sale: tax.Sale) -> PricedLine:
    offer, quantity = article.offer, article.quantity
    rate = rate_of(rules, sale, offer)
    if article.agreed_minor is not None:
        total = article.agreed_minor
        return _line(offer, quantity, total // quantity, total, rate)
    unit = untaxed_unit(article.unit_minor, rules, sale, offer, rate)
    return _line(offer, quantity, unit, unit * quantity, rate)


def _line(
    offer: Offer, quantity: int, unit_minor: int, total_minor: int, rate: tax.Rate
) -> PricedLine:
    net = net_of_tax(total_minor, rate.bp)
    counts = rdiv(net * offer.commissionable_bp, BASIS)
    return PricedLine(offer, quantity, unit_minor, total_minor, total_minor - net, counts, rate)


def _less(lines: Sequence[PricedLine], less_minor: int) -> list[PricedLine]:
    """The same lines for less, each in proportion: what is left is what is taxed and earns."""
    if not less_minor:
        return list(lines)
    totals = [line.total_minor for line in lines]
    parts = largest_remainder(less_minor, totals, sum(totals))
    return [
        _line(line.offer, line.quantity, line.unit_minor, line.total_minor - part, line.rate)
        for line, part in zip(lines, parts, strict=True)
    ]


# ---------------------------------------------------------------- delivery


def _delivery(
    lines: Sequence[PricedLine], conditions: Conditions, buyer: Buyer
) -> tuple[Sequence[Option], Option | None, Problem | None, int]:
    """The ways in which the goods can come, the one that is taken or why there is none, its cost."""
    goods = _goods(lines)
    if not goods.pieces or not buyer.delivered:
        return (), None, None, 0
    if not conditions.delivery.are_set:
        own = conditions.rates.get(buyer.currency)
        return (), None, None, own.cost(goods.value_minor) if own else 0
    options = delivery.options(
        conditions.delivery,
        country=buyer.country,
        postal_code=buyer.postal_code,
        goods=goods,
        currency=buyer.currency,
    )
    wanted = [one for one in options if one.method.code == (buyer.method or one.method.code)]
    if not wanted:
        return options, None, _no_delivery(options, conditions, buyer), 0
    return options, wanted[0], None, wanted[0].cost_minor


def _goods(lines: Sequence[PricedLine]) -> Goods:
    goods = [line for line in lines if line.offer.kind == "goods"]
    return Goods(
        sum(line.total_minor for line in goods),
        sum(line.quantity * line.offer.weight_g for line in goods),
        sum(line.quantity for line in goods),
    )


def _no_delivery(options: Sequence[Option], conditions: Conditions, buyer: Buyer) -> Problem:
    if options:
        return Problem(
            "/delivery_method", "delivery_method_not_offered",
            "Choose another way of delivery: this one is not offered for these goods and address.",
        )  # fmt: skip
    if not conditions.delivery.serves(buyer.country):
        return Problem(
            "/address/country", "country_not_served",
            "We do not deliver to this country. Choose another address.",
        )  # fmt: skip
    zone = delivery.zone_of(conditions.delivery, buyer.country, buyer.postal_code)
    if zone is None:
        return Problem(
            "/address/postal_code", "postal_code_not_served",
            "We do not deliver to this postal code. Choose another address.",
        )  # fmt: skip
    if not any(buyer.currency in method.tariffs for method in zone.methods):
        return Problem(
            "/currency", "currency_not_supported", "Orders are not taken in {currency}.",
            {"currency": buyer.currency},
        )  # fmt: skip
    return Problem(
        "/lines", "too_much_to_deliver",
        "We cannot deliver so much at once to this address. Order less of it.",
    )  # fmt: skip


# ---------------------------------------------------------------- rounding


def _rounded(
    lines: list[PricedLine], parts: list[Part], rules: tax.Rules, vat_number: str
) -> tuple[list[PricedLine], list[Part], Taxes]:
    """The same, with tax rounded as the company has set, and the sums of each rate."""
    found, sums = together(
        [Part(line.rate, line.total_minor, line.tax_minor) for line in lines] + parts,
        rules.rounding,
    )
    fresh = [_as(line, part) for line, part in zip(lines, found, strict=False)]
    rest = found[len(lines) :]
    taxes = Taxes(
        rounding=rules.rounding,
        rates=sums,
        delivery=[part.said for part in rest],
        vat_number=vat_number,
    )
    return fresh, rest, taxes


def _as(line: PricedLine, part: Part) -> PricedLine:
    if (line.total_minor, line.tax_minor) == (part.gross, part.tax):
        return line
    counts = commissionable(part.gross - part.tax, line.offer.commissionable_bp)
    return PricedLine(
        line.offer, line.quantity, line.unit_minor, part.gross, part.tax, counts, line.rate
    )
