"""The basket: SKUs and quantities in a signed cookie, priced anew whenever it is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from litestar import Request

from mainstem import catalog, stock
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.work import Work
from mainstem.money import Money, net_of_tax
from mainstem.orders import LineWanted
from mainstem.web import app_context_of, request_context_of, set_cookie
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront

LINES_MAX = 40
QUANTITY_MAX = 99
_DAYS_KEPT = 30


class BasketFull(Refused):
    """More different things than one basket holds."""

    code = "basket_full"
    message = "A basket holds {most} different things. Order these first, then begin another."


class TooManyOfOne(Refused):
    """More of one thing than a household orders."""

    code = "too_many_of_one"
    message = "One basket holds at most {most} of the same thing. Write to us for more."


@dataclass(slots=True)
class Basket:
    """What somebody wants, in the order in which they chose it."""

    quantities: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many things are in it."""
        return sum(self.quantities.values())

    def add(self, sku: str, quantity: int) -> None:
        """Put more of something in; what is there already grows."""
        self.set(sku, self.quantities.get(sku, 0) + quantity)

    def set(self, sku: str, quantity: int) -> None:
        """Have exactly so many of something; none takes it out."""
        if quantity <= 0:
            self.quantities.pop(sku, None)
            return
        if quantity > QUANTITY_MAX:
            raise TooManyOfOne(most=QUANTITY_MAX)
        if sku not in self.quantities and len(self.quantities) >= LINES_MAX:
            raise BasketFull(most=LINES_MAX)
        self.quantities[sku] = quantity

    @property
    def wanted(self) -> list[LineWanted]:
        """Its lines, as intake takes them."""
        return [LineWanted(sku, quantity) for sku, quantity in self.quantities.items()]


def read_basket(request: Request[Any, Any, Any], slug: str) -> Basket:
    """The visitor's basket in this storefront; an empty one where the cookie is not ours."""
    app_context = app_context_of(request)
    kept = request_context_of(request).cookies.get(app_context.cookie_name(f"basket-{slug}"))
    text = (
        kept.value if kept else request.cookies.get(app_context.cookie_name(f"basket-{slug}"), "")
    )
    return unpacked(app_context.settings.secret, text)


def keep_basket(request: Request[Any, Any, Any], slug: str, basket: Basket) -> None:
    """Give the basket to the browser; an empty one is taken away."""
    packed_ = packed(app_context_of(request).settings.secret, basket) if basket.quantities else ""
    set_cookie(request, f"basket-{slug}", packed_, seconds=_DAYS_KEPT * 24 * 3600)


def count_of(request: Request[Any, Any, Any], slug: str) -> int:
    """How many things are in the visitor's basket."""
    return read_basket(request, slug).count


def packed(secret: str, basket: Basket) -> str:
    """The basket as a signed text."""
    text = URLSafeSerializer(secret, salt="mainstem.basket").dumps(list(basket.quantities.items()))
    assert isinstance(text, str)
    return text


def unpacked(secret: str, text: str) -> Basket:
    """The basket of a signed text; an empty one for any other."""
    if not text:
        return Basket()
    try:
        lines = URLSafeSerializer(secret, salt="mainstem.basket").loads(text)
    except BadData:
        return Basket()
    return Basket({str(sku): int(quantity) for sku, quantity in lines})


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line of a basket as it would be ordered now."""

    sku: str
    name: str
    url_path: str
    picture: str
    quantity: int
    unit: Money | None
    total: Money
    free: int
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """A basket at the prices and stock of this moment. Amounts include tax."""

    lines: list[BasketLine]
    items: Money
    shipping: Money
    tax: Money
    free_from: Money | None
    """What is still missing until delivery is free, if anything is."""

    @property
    def total(self) -> Money:
        """What would be paid."""
        return self.items + self.shipping

    @property
    def problems(self) -> list[Problem]:
        """What keeps it from being ordered."""
        return [line.problem for line in self.lines if line.problem]


def price(work: Work, storefront: CachedStorefront, locale: str, basket: Basket) -> PricedBasket:
    """The basket as it would be ordered now, with what stands in its way."""
    skus, currency = list(basket.quantities), storefront.currency
    offers = catalog.offers(work, skus, currency=currency, locale=locale, at=work.now())
    free = stock.availability(work, [offer.variant_id for offer in offers.values()])
    places = storefront.catalogues[locale].by_sku
    lines, items, tax = [], 0, 0
    for i, (sku, quantity) in enumerate(basket.quantities.items()):
        offer, product = offers.get(sku), places.get(sku)
        left = free.get(offer.variant_id, 0) if offer else 0
        unit = offer.unit_minor if offer and product and offer.kind == "goods" else None
        problem = None
        if offer is None or product is None or unit is None:
            problem = Problem(
                f"/lines/{i}/sku", "gone", "We no longer sell this. Remove it to continue."
            )
        elif left <= 0:
            problem = Problem(
                f"/lines/{i}/quantity", "sold_out", "Sold out just now. Remove it to continue."
            )
        elif left < quantity:
            problem = Problem(
                f"/lines/{i}/quantity", "short", "Only {available} left.", {"available": left}
            )
        total = (unit or 0) * quantity
        items += total
        if offer and unit:
            tax += catalog.amounts(offer, total).tax_minor
        lines.append(
            BasketLine(
                sku=sku,
                name=offer.name if offer else sku,
                url_path=f"p/{product.slug}" if product else "",
                picture=product.picture if product else "",
                quantity=quantity,
                unit=None if unit is None else Money(unit, currency),
                total=Money(total, currency),
                free=left,
                problem=problem,
            )
        )
    rate = storefront.rate
    shipping = rate.cost(items) if rate else 0
    if rate:
        tax += shipping - net_of_tax(shipping, rate.tax_bp)
    missing = Money(rate.free_from_minor - items, currency) if rate and shipping else None
    return PricedBasket(
        lines, Money(items, currency), Money(shipping, currency), Money(tax, currency), missing
    )
