"""The basket at what its things cost now.

A price holds for `orders.PRICE_HOLDS` from when a thing was put in. Each look at the basket takes what
has become cheaper at once; what has become dearer counts when its price no longer holds and has been
told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mainstem import catalog, delivery, orders, stock, store_credit, tax
from mainstem.catalog import Offer, Reduction
from mainstem.kit.errors import Problem
from mainstem.kit.work import Work
from mainstem.money import Money, net_of_tax
from mainstem.orders import Net
from mainstem_affiliates.storefront.assortment import Product
from mainstem_affiliates.storefront.basket import Basket, BasketItem
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line of a basket as it would be ordered now, its amounts as the storefront shows them.

    `unit_minor` is the price, tax included, that it stands in the basket with; `before` what one cost,
    where that no longer holds and it costs more now; `prior` the lowest price of the thirty days before
    the offer that it is at, and `percent` how much less."""

    sku: str
    name: str
    url_path: str
    picture: str
    quantity: int
    unit_minor: int | None
    unit: Money | None
    total: Money
    before: Money | None
    prior: Money | None
    percent: int | None
    problem: Problem | None
    withdrawal: str
    """Whether it may be withdrawn from: `yes`, or the law's exception."""


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """A basket at the prices and stock of this moment. Amounts include tax, but for those of the
    lines and the ways of delivery, which are as the storefront shows them."""

    basket: Basket
    """The same at these prices: what the browser is to keep, and what is ordered."""
    lines: list[BasketLine]
    items: Money
    shipping: Money
    tax: Money
    free_from: Money | None
    """What is still missing until delivery is free, if anything is."""
    ways: Sequence[DeliveryWay] = ()
    """How it can come, where the company has set that."""
    untaxed: bool = False
    """Whether none of our tax is paid, because of where it goes or who buys."""
    undeliverable: Problem | None = None
    """Why it cannot come at all."""
    net: Net | None = None
    """The same without tax, where the storefront shows its prices so."""
    credit: Money | None = None
    """How much of the client's store credit is taken off these amounts."""

    @property
    def total(self) -> Money:
        """What would be paid."""
        return self.items + self.shipping

    @property
    def problems(self) -> list[Problem]:
        """What keeps it from being ordered."""
        own = [line.problem for line in self.lines if line.problem]
        return [*own, self.undeliverable] if self.undeliverable else own


@dataclass(frozen=True, slots=True)
class DeliveryWay:
    """A way in which a basket can come, and the days on which it may be there."""

    code: str
    name: str
    carrier: str
    cost: Money
    """As the storefront shows it: with tax or without."""
    first: date
    last: date
    chosen: bool


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a basket goes, how, and for which business."""

    country: str
    postal_code: str = ""
    method: str = ""
    vat_number: str = ""


def price(
    work: Work,
    storefront: CachedStorefront,
    locale: str,
    basket: Basket,
    to: Destination | None = None,
    *,
    credit_of: str = "",
) -> PricedBasket:
    """The basket as it would be ordered now, with what stands in its way. `credit_of` is the client whose
    store credit makes it cheaper."""
    to = to or Destination(storefront.country)
    currency, now = storefront.currency, work.now()
    places = storefront.catalogues[locale].by_sku
    skus = list({item.sku: None for item in basket.items})
    found = catalog.offers(work, skus, currency=currency, locale=locale, at=now)
    sold = {sku: offer for sku, offer in found.items() if _is_sold(offer, places)}
    free = stock.availability(work, [offer.variant_id for offer in sold.values()])
    basket, before = at_prices(basket, sold, now)
    reduced = catalog.reductions(
        work, [offer.variant_id for offer in sold.values()], currency=currency, at=now
    )
    conditions, buyer = storefront.conditions, _buyer(work, storefront, to, now)
    articles = [
        orders.Article(sold[item.sku], item.quantity, item.unit_minor)
        for item in basket.items
        if item.sku in sold and item.unit_minor is not None
    ]
    whole = orders.price_for(articles, conditions, buyer)
    less = _credit(work, credit_of, whole, currency) if credit_of else 0
    priced = orders.price_for(articles, conditions, buyer, less_minor=less) if less else whole
    net = None if storefront.prices_include_tax else _net(storefront, priced)
    totals = priced.totals
    lines = _lines(basket, before, sold, places, free, reduced)
    return PricedBasket(
        basket,
        _as_shown(lines, priced, conditions, buyer, net),
        Money(totals.items_minor, currency),
        Money(totals.shipping_minor, currency),
        Money(totals.tax_minor, currency),
        _free_from(storefront, whole),
        _ways(work, storefront, articles, priced, buyer, locale),
        bool(priced.lines) and all(line.rate.untaxed for line in priced.lines),
        priced.problem,
        net,
        Money(less, currency) if less else None,
    )


def _credit(work: Work, client_key: str, priced: orders.Price, currency: str) -> int:
    """How much of a client's store credit is used."""
    found = store_credit.balances_of(work, client_key)
    usable = next((one.usable_minor for one in found if one.currency == currency), 0)
    return orders.reduction(priced.totals.items_minor, usable, currency)


def _net(storefront: CachedStorefront, priced: orders.Price) -> Net:
    own = storefront.rate.tax_bp if storefront.rate else 0
    return orders.net_of_price(priced, storefront.currency, delivery_bp=own)


def _as_shown(
    lines: Sequence[BasketLine],
    priced: orders.Price,
    conditions: orders.Conditions,
    buyer: orders.Buyer,
    net: Net | None,
) -> list[BasketLine]:
    """The lines as they were priced for this buyer, with or without tax; what is no longer sold was
    not priced."""
    found = iter(enumerate(priced.lines))
    shown = []
    for line in lines:
        if line.unit is None:
            shown.append(line)
            continue
        i, of = next(found)

        def bare(money: Money | None, of: orders.PricedLine = of) -> Money | None:
            if money is None:
                return None
            minor = orders.untaxed_unit(money.minor, conditions.tax, buyer.sale, of.offer, of.rate)
            return Money(net_of_tax(minor, of.rate.bp) if net else minor, money.currency)

        total = net.lines[i] if net else Money(of.total_minor, buyer.currency)
        shown.append(
            replace(
                line,
                unit=bare(line.unit),
                total=total,
                before=bare(line.before),
                prior=bare(line.prior),
            )
        )
    return shown


def _buyer(
    work: Work, storefront: CachedStorefront, to: Destination, now: datetime
) -> orders.Buyer:
    rules = storefront.conditions.tax
    number = tax.plain_number(to.vat_number) if to.vat_number and rules.are_set else None
    check = tax.last_checks(work, [number]).get(number) if number else None
    buyer = orders.Buyer(
        to.country,
        to.postal_code,
        storefront.currency,
        now,
        method=to.method,
        business=tax.lets_buy_untaxed(check, rules.home, now),
    )
    return replace(buyer, over=tax.counts(rules, buyer.sale) and tax.was_passed(work, now))


def _free_from(storefront: CachedStorefront, priced: orders.Price) -> Money | None:
    """What is still missing until delivery is free."""
    free_from = storefront.rate.free_from_minor if storefront.rate else None
    if priced.option:
        free_from = priced.option.free_from_minor
    if free_from is None or not priced.totals.shipping_minor:
        return None
    missing = free_from - priced.totals.items_minor
    return Money(missing, storefront.currency) if missing > 0 else None


def _ways(
    work: Work,
    storefront: CachedStorefront,
    articles: Sequence[orders.Article],
    priced: orders.Price,
    buyer: orders.Buyer,
    locale: str,
) -> list[DeliveryWay]:
    found = []
    for option in priced.options:
        method = option.method
        first, last = delivery.promise(
            method.timing,
            buyer.at,
            country=buyer.country,
            postal_code=buyer.postal_code,
            zone=work.tools.zone,
        )
        chosen = priced.option is not None and priced.option.method.code == method.code
        # What a way would cost is what the order would say of it, tax and all.
        other = replace(buyer, method=method.code)
        this = priced if chosen else orders.price_for(articles, storefront.conditions, other)
        cost = Money(this.totals.shipping_minor, buyer.currency)
        if not storefront.prices_include_tax:
            cost = _net(storefront, this).shipping
        found.append(
            DeliveryWay(method.code, method.name(locale), method.carrier, cost, first, last, chosen)
        )
    return found


def _is_sold(offer: Offer, places: Mapping[str, Product]) -> bool:
    return offer.sku in places and offer.kind == "goods" and offer.unit_minor is not None


def at_prices(
    basket: Basket, sold: Mapping[str, Offer], now: datetime
) -> tuple[Basket, list[int | None]]:
    """The basket at what its things cost now; and of each place what one cost before, where that was
    less. Places of one article whose prices have become one become one place."""
    places: dict[tuple[str, int | None], BasketItem] = {}
    before: dict[tuple[str, int | None], int] = {}
    for item in basket.items:
        offer = sold.get(item.sku)
        fresh = item
        if offer and offer.unit_minor is not None:
            unit = orders.unit_price(offer.unit_minor, item.held, now)
            if unit != item.unit_minor:
                fresh = replace(item, unit_minor=unit, since=now)
        at = (fresh.sku, fresh.unit_minor)
        if item.unit_minor is not None and item.unit_minor < (fresh.unit_minor or 0):
            before[at] = item.unit_minor
        there = places.get(at)
        quantity = fresh.quantity + (there.quantity if there else 0)
        places[at] = replace(fresh, quantity=quantity)
    return Basket(basket.currency, list(places.values())), [before.get(at) for at in places]


def _lines(
    basket: Basket,
    before: list[int | None],
    sold: Mapping[str, Offer],
    places: Mapping[str, Product],
    free: Mapping[int, int],
    reduced: Mapping[int, Reduction],
) -> list[BasketLine]:
    lines, taken = [], dict.fromkeys(sold, 0)
    for i, (item, was) in enumerate(zip(basket.items, before, strict=True)):
        offer, product = sold.get(item.sku), places.get(item.sku)
        left = unit = now = None
        if offer and item.unit_minor is not None:
            left = free.get(offer.variant_id, 0) - taken[item.sku]
            unit = Money(item.unit_minor, basket.currency)
            taken[item.sku] += item.quantity
            # What was put in at another price is not at the offer.
            found = reduced.get(offer.variant_id)
            now = found if found and found.price_minor == item.unit_minor else None
        lines.append(
            BasketLine(
                sku=item.sku,
                name=offer.name if offer else item.sku,
                url_path=f"p/{product.slug}" if product else "",
                picture=product.picture if product else "",
                quantity=item.quantity,
                unit_minor=item.unit_minor,
                unit=unit,
                total=Money(unit.minor * item.quantity if unit else 0, basket.currency),
                before=None if was is None else Money(was, basket.currency),
                prior=Money(now.prior_minor, basket.currency) if now else None,
                percent=now.percent if now else None,
                problem=_problem(i, item.quantity, left),
                withdrawal=offer.withdrawal if offer else "yes",
            )
        )
    return lines


def _problem(at: int, quantity: int, left: int | None) -> Problem | None:
    if left is None:
        return Problem(f"/lines/{at}/sku", "gone", "We no longer sell this. Remove it to continue.")
    pointer = f"/lines/{at}/quantity"
    if left <= 0:
        return Problem(pointer, "sold_out", "Sold out just now. Remove it to continue.")
    if left < quantity:
        return Problem(pointer, "short", "Only {available} left.", {"available": left})
    return None
