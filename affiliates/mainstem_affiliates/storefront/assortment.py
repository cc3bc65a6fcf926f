"""The assortment, made once for every storefront that shows it: one a language and currency.

It is made anew with each version of the catalogue. Prices begin and stock moves without one, so
once a minute both are looked at, and at the instant at which a price begins or ends; a product in
which nothing has changed stays the same object, and where none has, so does the whole, with every
page that was drawn from it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mainstem import catalog
from mainstem.catalog import DepartmentName, Offered, Reduction
from mainstem.kit.work import Work
from mainstem.money import Money, net_of_tax

AGE_SECONDS = 60.0
PAGE = 48
"""So many products stand on one page of a storefront."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One SKU: its price, tax included, and how many were free when it was looked at."""

    id: int
    sku: str
    name: str
    price: Money | None
    free: int
    prior: Money | None = None
    """The lowest price of the thirty days before a reduction, where it is reduced."""
    percent: int | None = None
    """By how many whole per cent of the prior price it is reduced."""


@dataclass(frozen=True, slots=True)
class Product:
    """Goods or a service, in one language and the storefront's currency."""

    id: int
    slug: str
    kind: str
    category: str
    picture: str
    name: str
    summary: str
    description: str
    variants: tuple[Variant, ...]
    created_at: datetime
    tax_bp: int = 0
    tax_class: str | None = None
    hidden: bool = False
    sold_from: datetime | None = None
    sold_until: datetime | None = None

    def is_sold(self, at: datetime) -> bool:
        """Whether it is on offer at an instant."""
        return (self.sold_from is None or self.sold_from <= at) and (
            self.sold_until is None or self.sold_until > at
        )

    @property
    def cheapest(self) -> Variant | None:
        """The variant whose price is the lowest."""
        priced = [variant for variant in self.variants if variant.price is not None]
        return min(priced, key=lambda one: one.price.minor if one.price else 0, default=None)

    @property
    def prior(self) -> Money | None:
        """The prior price of the variant whose price is the lowest."""
        return self.cheapest.prior if self.cheapest else None

    @property
    def percent(self) -> int | None:
        """By how many per cent that one is reduced."""
        return self.cheapest.percent if self.cheapest else None

    @property
    def price(self) -> Money | None:
        """The lowest price of its variants."""
        prices = [variant.price for variant in self.variants if variant.price is not None]
        return min(prices, key=lambda price: price.minor) if prices else None

    @property
    def varies(self) -> bool:
        """Whether its variants differ in price."""
        return len({variant.price.minor for variant in self.variants if variant.price}) > 1

    @property
    def is_sold_out(self) -> bool:
        """Whether none of its variants can be had."""
        return self.kind == "goods" and all(variant.free <= 0 for variant in self.variants)


class Catalogue:
    """Products in the order in which they are shown, and ways to find one."""

    def __init__(
        self, products: Iterable[Product], price_of: Mapping[str, Money | None] | None = None
    ) -> None:
        self.products = tuple(products)
        shown = [one for one in self.products if not one.hidden]
        self._shown = {one.id: one for one in shown if one.kind in ("goods", "service")}
        self.goods = tuple(one for one in shown if one.kind == "goods")
        self.services = tuple(one for one in shown if one.kind == "service")
        self.by_slug: Mapping[str, Product] = {one.slug: one for one in self.products}
        self.by_sku: Mapping[str, Product] = {
            variant.sku: one for one in self.products for variant in one.variants
        }
        self.price_of: Mapping[str, Money | None] = price_of or {
            variant.sku: variant.price for one in self.products for variant in one.variants
        }
        """What each costs with tax, also where its page shows it without."""
        departments: dict[str, list[Product]] = {}
        for one in self.goods:
            departments.setdefault(one.category, []).append(one)
        self.departments: Mapping[str, Sequence[Product]] = departments

    def arranged(
        self, departments: Sequence[str] | None, featured: Sequence[int], by: str
    ) -> Catalogue:
        """The same with these departments alone, in this order, and these products first.

        `services` among the departments are all services. `by` arranges the rest of the goods:
        `newest`, `price` or `name`; empty as it is.
        """
        if departments is None and not featured and not by:
            return self
        place = {slug: no for no, slug in enumerate(departments or ())}
        rank = {id: no for no, id in enumerate(featured)}
        products = [
            one
            for one in self.products
            if departments is None
            or ("services" if one.kind == "service" else one.category) in place
        ]
        products.sort(key=_arranged_by(by))
        products.sort(key=lambda one: rank.get(one.id, len(rank)))
        catalogue = Catalogue(products, self.price_of)
        catalogue.departments = {
            slug: catalogue.departments[slug]
            for slug in sorted(catalogue.departments, key=lambda slug: place.get(slug, 0))
        }
        return catalogue

    def without_tax(self, rate_bp: Callable[[Product], int]) -> Catalogue:
        """The same with every price shown without the tax that it includes."""
        return Catalogue((_without_tax(one, rate_bp(one)) for one in self.products), self.price_of)

    @property
    def categories(self) -> tuple[str, ...]:
        """The departments of the goods, in the order of the catalogue."""
        return tuple(self.departments)

    def of_ids(self, ids: Iterable[int]) -> list[Product]:
        """Those of these products that are shown, in the order of the ids."""
        return [self._shown[id] for id in ids if id in self._shown]


def _arranged_by(by: str) -> Callable[[Product], tuple[float | str, ...]]:
    if by == "newest":
        return lambda one: (-one.created_at.timestamp(),)
    if by == "price":
        return lambda one: (one.price.minor if one.price else math.inf,)
    if by == "name":
        return lambda one: (one.name.casefold(),)
    return lambda one: ()


@dataclass(frozen=True, slots=True)
class Assortment:
    """Everything that is sold, as of one version of the catalogue."""

    version: int
    catalogue: Catalogue
    offered: Mapping[int, Offered]
    """Price, free pieces and prior price by variant."""
    everything: tuple[Product, ...]
    """What is sold, and what will be."""
    departments: Mapping[str, DepartmentName]
    """The names of the departments, in the company's order."""

    def of(self, ids: Sequence[int] | None) -> Catalogue:
        """The catalogue of a storefront: these products in this order, or everything."""
        if ids is None:
            return self.catalogue
        known = {one.id: one for one in self.catalogue.products}
        return Catalogue(known[id] for id in dict.fromkeys(ids) if id in known)


@dataclass(slots=True)
class _CacheEntry:
    making: threading.Lock = field(default_factory=threading.Lock)
    kept: Assortment | None = None
    looked_at: float = 0.0
    next_change: datetime | None = None
    """When a price begins or ends next, on the company's clock."""

    def is_fresh(self, at: datetime) -> bool:
        """Whether it was looked at a moment ago, and no price has changed since."""
        if self.next_change is not None and at >= self.next_change:
            return False
        return time.monotonic() - self.looked_at < AGE_SECONDS


class Assortments:
    """The assortments of one process, shared by its storefronts and threads."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _CacheEntry] = {}

    def get(self, work: Work, *, locale: str, currency: str, version: int) -> Assortment:
        """The assortment of this version, at most a minute old."""
        entry = self._entries.setdefault((locale, currency), _CacheEntry())
        kept = entry.kept
        if kept is not None and kept.version >= version:
            if entry.is_fresh(work.now()):
                return kept
            if not entry.making.acquire(blocking=False):
                return kept  # somebody looks already; a moment older is good enough
        else:
            entry.making.acquire()
        try:
            return _looked_at(work, entry, locale, currency, version)
        finally:
            entry.making.release()


def _looked_at(
    work: Work, entry: _CacheEntry, locale: str, currency: str, version: int
) -> Assortment:
    kept, now = entry.kept, time.monotonic()
    if kept is not None and kept.version >= version and entry.is_fresh(work.now()):
        return kept  # somebody has looked while we waited
    entry.next_change = catalog.next_price_change(work, currency=currency)
    if kept is None or kept.version < version:
        entry.kept = _made(work, locale, currency, version)
    else:
        entry.kept = _refreshed(work, kept, currency)
    entry.looked_at = now
    assert entry.kept is not None
    return entry.kept


def _made(work: Work, locale: str, currency: str, version: int) -> Assortment:
    rows: dict[int, list[catalog.AssortmentRow]] = {}
    for row in catalog.assortment(work, locale=locale, currency=currency):
        rows.setdefault(row.product_id, []).append(row)
    variants = [row.variant_id for own in rows.values() for row in own]
    offered = catalog.offered(work, variants, currency=currency)
    products = tuple(_product(own, currency, offered) for own in rows.values())
    return Assortment(
        version,
        _sold(products, work.now()),
        offered,
        products,
        catalog.department_names(work, locale=locale),
    )


def _sold(products: Iterable[Product], at: datetime) -> Catalogue:
    return Catalogue(one for one in products if one.is_sold(at))


def _product(
    rows: Sequence[catalog.AssortmentRow], currency: str, offered: Mapping[int, Offered]
) -> Product:
    first = rows[0]
    name, summary = first.name or first.slug, first.summary or ""
    variants = tuple(
        _at(Variant(row.variant_id, row.sku, row.variant_name, None, 0), offered, currency)
        for row in rows
    )
    return Product(
        id=first.product_id,
        slug=first.slug,
        kind=first.kind,
        category=first.category,
        picture=first.picture,
        name=name,
        summary=summary,
        description=first.description or "",
        variants=variants,
        created_at=first.created_at,
        tax_bp=first.tax_bp,
        tax_class=first.tax_class,
        hidden=first.hidden,
        sold_from=first.sold_from,
        sold_until=first.sold_until,
    )


def _at(variant: Variant, offered: Mapping[int, Offered], currency: str) -> Variant:
    """The variant at the price and stock of now."""
    now = offered[variant.id]
    price, prior = _price(now.price_minor, currency), _price(now.prior_minor, currency)
    percent = Reduction(price.minor, prior.minor).percent if price and prior else None
    return replace(variant, price=price, free=now.free, prior=prior, percent=percent)


def _refreshed(work: Work, kept: Assortment, currency: str) -> Assortment:
    """The same texts with the prices and stock of now; the very same where nothing has moved."""
    now = catalog.offered(work, list(kept.offered), currency=currency)
    sold = [one for one in kept.everything if one.is_sold(work.now())]
    if now == kept.offered and len(sold) == len(kept.catalogue.products):
        return kept
    products = tuple(
        replace(one, variants=tuple(_at(variant, now, currency) for variant in one.variants))
        if any(now[variant.id] != kept.offered[variant.id] for variant in one.variants)
        else one
        for one in kept.everything
    )
    catalogue = _sold(products, work.now())
    return Assortment(kept.version, catalogue, now, products, kept.departments)


def _without_tax(product: Product, tax_bp: int) -> Product:
    def bare(price: Money | None) -> Money | None:
        return Money(net_of_tax(price.minor, tax_bp), price.currency) if price else None

    variants = tuple(
        replace(one, price=bare(one.price), prior=bare(one.prior)) for one in product.variants
    )
    return replace(product, variants=variants)


def _price(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
