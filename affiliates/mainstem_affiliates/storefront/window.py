"""The shop window: one storefront as every visitor sees it, kept in memory and looked at again.

Reading it takes the database once a second at most. A new version of the catalogue, a change of
the storefront or a minute's age makes it anew, and with it every page that was drawn from it.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request

from mainstem import catalog
from mainstem.catalog import ShippingRate
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.network import ELIGIBLE
from mainstem.web.works import in_work
from mainstem_affiliates.contract import Storefront, installed

FRESH_SECONDS = 1.0
AGE_SECONDS = 60.0
PAGES_MAX = 5_000
FEW = 5
"""So many or fewer are named; more are simply there."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One SKU: its price, tax included, and how many were free when the window was made."""

    id: int
    sku: str
    name: str
    price: Money | None
    free: int


@dataclass(frozen=True, slots=True)
class Product:
    """Goods or a service, in one language and the storefront's currency."""

    slug: str
    kind: str
    category: str
    picture: str
    name: str
    summary: str
    description: str
    variants: tuple[Variant, ...]

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


@dataclass(frozen=True, slots=True)
class Shelf:
    """The assortment in one language."""

    products: tuple[Product, ...]
    by_slug: Mapping[str, Product]
    categories: tuple[str, ...]

    def search(self, words: str) -> list[Product]:
        """Products in which every word is found, in the name before the rest. ö finds o too."""
        wanted = _folded(words).split()
        if not wanted:
            return []
        found = []
        for product in self.products:
            name = _folded(product.name)
            variants = " ".join(f"{variant.sku} {variant.name}" for variant in product.variants)
            text = f"{name} {_folded(product.summary)} {_folded(variants)}"
            if all(word in text for word in wanted):
                found.append((not all(word in name for word in wanted), product))
        return [product for _, product in sorted(found, key=lambda pair: pair[0])]


@dataclass(slots=True)
class Window:
    """A storefront and its shelves, with the pages that were drawn from them."""

    id: int
    home_id: int
    slug: str
    name: str
    theme: str
    locales: tuple[str, ...]
    currency: str
    country: str
    texts: Mapping[str, Any]
    takes_orders: bool
    version: int
    rate: ShippingRate | None
    shelves: Mapping[str, Shelf]
    module: Storefront | None
    made_at: float
    looked_at: float
    row: Any
    pages: dict[tuple[Any, ...], bytes] = field(default_factory=dict)

    def text(self, locale: str, key: str) -> str:
        """What the shop says under a key, in this language or else its first."""
        for code in (locale, *self.locales):
            said = self.texts.get(code, {}).get(key)
            if isinstance(said, str) and said:
                return said
        return ""

    def category(self, locale: str, slug: str) -> str:
        """The name of a department."""
        named = self.texts.get(locale, {}).get("categories", {}).get(slug)
        return str(named or slug.replace("-", " ").capitalize())

    @property
    def seller(self) -> Mapping[str, str]:
        """Who sells: the parent, as the client must know it."""
        given = self.texts.get("seller") or {}
        return {key: str(given.get(key, "")) for key in ("name", "number", "address", "email")}

    def page(self, key: tuple[Any, ...], draw: Callable[[], bytes]) -> bytes:
        """The page drawn for this key; it lives as long as this window."""
        if key not in self.pages:
            if len(self.pages) >= PAGES_MAX:
                self.pages.clear()
            self.pages[key] = draw()
        return self.pages[key]


async def window_of(request: Request[Any, Any, Any], slug: str) -> Window:
    """The storefront's window as of a second ago at most; NotFound for no open storefront."""
    kept: dict[str, Window] = request.app.state.setdefault("storefront_windows", {})
    window, now = kept.get(slug), time.monotonic()
    if window is None or now - window.looked_at >= FRESH_SECONDS:
        if window is not None:
            window.looked_at = now  # whoever comes meanwhile need not look as well
        try:
            window = await in_work(request, CLIENT, lambda work: look(work, slug, window))
        except NotFound:
            kept.pop(slug, None)
            raise
        kept[slug] = window
    return window


def look(work: Work, slug: str, before: Window | None = None) -> Window:
    """The window as it should be now: the one before where nothing has changed."""
    row = work.row(
        """SELECT s.id, s.home_id, s.slug, s.name, s.theme, s.locales, s.currency, s.texts,
                  s.product_ids, a.state, a.country, c.version
             FROM storefront s JOIN affiliate a ON a.id = s.home_id
            CROSS JOIN catalogue_version c
            WHERE s.slug = %(slug)s AND s.active""",
        slug=slug,
    )
    if row is None:
        raise NotFound("storefront")
    now = time.monotonic()
    if before is not None and before.row == row and now - before.made_at < AGE_SECONDS:
        before.looked_at = now
        return before
    return Window(
        id=row.id,
        home_id=row.home_id,
        slug=row.slug,
        name=row.name,
        theme=row.theme,
        locales=tuple(row.locales),
        currency=row.currency,
        country=row.country,
        texts=row.texts,
        takes_orders=row.state in ELIGIBLE,
        version=row.version,
        rate=catalog.shipping_rates(work).get(row.currency),
        shelves={locale: _shelf(work, row, locale) for locale in row.locales},
        module=installed().get(slug),
        made_at=now,
        looked_at=now,
        row=row,
    )


def _shelf(work: Work, store: Any, locale: str) -> Shelf:
    products: dict[int, Product] = {}
    for row in catalog.shelf(work, store.id, locale=locale, currency=store.currency):
        price = None if row.amount_minor is None else Money(row.amount_minor, store.currency)
        variant = Variant(row.variant_id, row.sku, row.variant_name, price, row.free or 0)
        known = products.get(row.product_id)
        products[row.product_id] = Product(
            slug=row.slug,
            kind=row.kind,
            category=row.category,
            picture=row.picture,
            name=row.name or row.slug,
            summary=row.summary or "",
            description=row.description or "",
            variants=(*(known.variants if known else ()), variant),
        )
    ids = list(products)
    if store.product_ids is not None:
        order = {id: place for place, id in enumerate(store.product_ids)}
        ids.sort(key=lambda id: order.get(id, len(order)))
    found = tuple(products[id] for id in ids)
    goods = dict.fromkeys(product.category for product in found if product.kind == "goods")
    return Shelf(found, {product.slug: product for product in found}, tuple(goods))


def _folded(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in split if not unicodedata.combining(letter))
