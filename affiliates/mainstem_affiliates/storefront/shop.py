"""The pages on which one looks around: home, departments, products, search, and the small print."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, get
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath
from markupsafe import Markup

from mainstem import stock
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT
from mainstem.money import Money
from mainstem.web import app_context_of
from mainstem.web.works import in_work
from mainstem_affiliates.storefront.assortment import PAGE, Product, Variant
from mainstem_affiliates.storefront.cached_storefront import FEW, cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.links import Links

SMALL_PRINT = ("terms", "privacy", "accessibility", "withdrawal", "programme")


class Pager(msgspec.Struct, frozen=True):
    """The pages of a product list: which of how many this is, and the links beside it."""

    no: int
    of: int
    previous_url: str | None
    next_url: str | None


class HomePage(StorePage, frozen=True, kw_only=True):
    """The front of a storefront."""

    title: str
    lead: str
    about: str
    hero: str | None
    goods: Sequence[Product]
    all_goods: tuple[str, int] | None
    """Where all of them are, and how many, when the front shows only the first."""
    services: Sequence[Product]
    free_from: Money | None


class DepartmentPage(StorePage, frozen=True, kw_only=True):
    """One department; `name` is its heading."""

    name: str
    products: Sequence[Product]
    pager: Pager


class SearchPage(StorePage, frozen=True, kw_only=True):
    """What was found."""

    query: str
    count: int
    products: Sequence[Product]
    pager: Pager


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant to choose: its own address, and whether it can be had."""

    variant: Variant
    path: str
    current: bool
    free: int
    reason: str
    """Why it cannot be had, as an English message; empty when it can."""


class ProductPage(StorePage, frozen=True, kw_only=True):
    """A product, one variant of it chosen."""

    product: Product
    chosen: Choice
    choices: list[Choice]
    stock_note: str | None
    few: int
    related: Sequence[Product]
    shipping: Money | None
    free_from: Money | None
    data: Markup


class SmallPrintPage(StorePage, frozen=True, kw_only=True):
    """What has to be said once. `words` are the shop's own."""

    topic: str
    words: str
    track_url: str


@get("/s/{slug:str}")
async def home(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """The front of a storefront."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    storefront, locale, catalogue = shopper.storefront, shopper.locale, shopper.catalogue

    def page(around: dict[str, Any]) -> StorePage:
        arranged: Sequence[Product] = catalogue.goods
        if storefront.module:
            arranged = storefront.module.arrange(arranged)
        return HomePage(
            **around,
            title=storefront.text(locale, "headline") or storefront.name,
            lead=storefront.text(locale, "intro"),
            about=storefront.text(locale, "about"),
            hero=_hero(request, storefront.text(locale, "hero")),
            goods=arranged[:PAGE],
            all_goods=(around["url"]("c/all"), len(arranged)) if len(arranged) > PAGE else None,
            services=catalogue.services,
            free_from=_free_from(shopper),
        )

    return shopper.kept(("home",), "storefront/home.html", page)


@get("/s/{slug:str}/c/{category:str}")
async def department(
    request: Request[Any, Any, Any], slug: FromPath[str], category: FromPath[str]
) -> Page:
    """One department's goods; `services` are all services."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    catalogue = shopper.catalogue
    kinds = {"all": catalogue.goods, "services": catalogue.services}
    products = catalogue.departments.get(category) or kinds.get(category)
    if not products:
        raise NotFound("department")
    no = _page_no(request, len(products))
    path = f"c/{category}"

    def page(around: dict[str, Any]) -> StorePage:
        name = shopper.storefront.category(shopper.locale, category)
        if category == "all":
            name = shopper.language.text("The goods")
        pager = _pager(around["url"], path, no, len(products))
        shown = products[(no - 1) * PAGE : no * PAGE]
        return DepartmentPage(**around, name=name, products=shown, pager=pager)

    return shopper.kept(
        (path, no),
        "storefront/department.html",
        page,
        path,
        current=category,
        **({"page": str(no)} if no > 1 else {}),
    )


def _page_no(request: Request[Any, Any, Any], count: int) -> int:
    """Which page of a product list is asked for: one that there is, whatever the address says."""
    asked = request.query_params.get("page", "")
    no = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    return max(1, min(no, _pages(count)))


def _pages(count: int) -> int:
    return -(-count // PAGE) or 1


def _pager(url: Links, path: str, no: int, count: int, **query: str) -> Pager:
    def at(other: int) -> str:
        return url(path, **query, **({"page": str(other)} if other > 1 else {}))

    pages = _pages(count)
    return Pager(no, pages, at(no - 1) if no > 1 else None, at(no + 1) if no < pages else None)


@get("/s/{slug:str}/search")
async def search(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """What the shop has of something."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    query = request.query_params.get("q", "").strip()[:100]
    # A large assortment takes a while to look through: nobody else waits for it.
    found = await sync_to_thread(shopper.catalogue.search, query)
    no = _page_no(request, len(found))
    asked = {"q": query} if query else {}
    page = SearchPage(
        **shopper.layout("search", **asked),
        query=query,
        count=len(found),
        products=found[(no - 1) * PAGE : no * PAGE],
        pager=_pager(shopper.links, "search", no, len(found), **asked),
    )
    return shopper.page("storefront/search.html", page)


@get("/s/{slug:str}/p/{product:str}")
async def product(
    request: Request[Any, Any, Any], slug: FromPath[str], product: FromPath[str]
) -> Page:
    """A product; `?variant=` names which of its variants is looked at."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    found = shopper.catalogue.by_slug.get(product)
    if found is None:
        raise NotFound("product")
    free = {variant.id: 0 for variant in found.variants}
    if found.kind == "goods":
        # Stock moves between two versions of the catalogue: it is looked up, never kept.
        free |= await in_work(request, CLIENT, lambda work: stock.availability(work, list(free)))
    wanted = request.query_params.get("variant", "")
    chosen = next((v for v in found.variants if v.sku == wanted), None)
    chosen = chosen or next((v for v in found.variants if free[v.id] > 0), found.variants[0])
    path = f"p/{found.slug}"
    seen = tuple(min(free[variant.id], FEW + 1) for variant in found.variants)

    def page(around: dict[str, Any]) -> StorePage:
        choices = [_choice(found, v, free[v.id], path, v is chosen) for v in found.variants]
        [current] = [choice for choice in choices if choice.current]
        storefront = shopper.storefront
        note = storefront.module.stock_note(current.free) if storefront.module else None
        return ProductPage(
            **around,
            product=found,
            chosen=current,
            choices=choices,
            stock_note=note,
            few=FEW,
            related=_related(shopper, found),
            shipping=Money(storefront.rate.amount_minor, storefront.currency)
            if storefront.rate
            else None,
            free_from=_free_from(shopper),
            data=_structured(shopper, found, free),
        )

    return shopper.kept(
        (path, chosen.sku, seen),
        "storefront/product.html",
        page,
        path,
        current=found.category if found.kind == "goods" else "services",
        **({"variant": wanted} if wanted == chosen.sku else {}),
    )


def _small_print(topic: str) -> Any:
    @get(f"/s/{{slug:str}}/{topic}", name=f"storefront-{topic}")
    async def small_print(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
        shopper = Shopper(request, await cached_storefront_of(request, slug))
        said = shopper.storefront.text(shopper.locale, topic)
        if topic == "programme" and not said:
            raise NotFound("page")

        def page(around: dict[str, Any]) -> StorePage:
            return SmallPrintPage(
                **around, topic=topic, words=said, track_url=around["store"].track_url
            )

        return shopper.kept((topic,), "storefront/small_print.html", page, topic)

    return small_print


def _choice(product: Product, variant: Variant, free: int, path: str, current: bool) -> Choice:
    reason = ""
    if product.kind == "goods" and variant.price is None:
        reason = "Not sold in this currency"
    elif product.kind == "goods" and free <= 0:
        reason = "Sold out just now"
    return Choice(variant, path, current, free, reason)


def _related(shopper: Shopper, product: Product) -> Sequence[Product]:
    """Four neighbours in the catalogue: the next ones of the same department."""
    near = [
        one
        for one in (
            shopper.catalogue.departments[product.category]
            if product.kind == "goods"
            else shopper.catalogue.services
        )
        if one.category == product.category
    ]
    at = near.index(product)
    return (near[at + 1 :] + near[:at])[:4]


def _free_from(shopper: Shopper) -> Money | None:
    rate = shopper.storefront.rate
    return Money(rate.free_from_minor, shopper.storefront.currency) if rate else None


def _hero(request: Request[Any, Any, Any], picture: str) -> str | None:
    name = f"pictures/{picture}"
    there = picture and app_context_of(request).files.answer(f"/static/{name}", {})
    return app_context_of(request).files.url(name) if there else None


def _structured(shopper: Shopper, product: Product, free: dict[int, int]) -> Markup:
    """The product as search engines read it (schema.org), for a script that never runs."""
    app_context, storefront = app_context_of(shopper.request), shopper.storefront
    public = f"{app_context.settings.public_url}/s/{storefront.slug}/p/{product.slug}"
    offers = [
        {
            "@type": "Offer",
            "sku": variant.sku,
            "url": f"{public}?variant={variant.sku}",
            "priceCurrency": variant.price.currency,
            "price": f"{Decimal(variant.price.minor).scaleb(-variant.price.exponent):f}",
            "availability": "https://schema.org/InStock"
            if free[variant.id] > 0
            else "https://schema.org/OutOfStock",
        }
        for variant in product.variants
        if variant.price is not None and product.kind == "goods"
    ]
    data = {
        "@context": "https://schema.org",
        "@type": "Product" if product.kind == "goods" else "Service",
        "name": product.name,
        "description": product.summary,
        "url": public,
    } | ({"offers": offers} if offers else {})
    text = json.dumps(data, ensure_ascii=False)
    for letter, safe in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(letter, safe)
    return Markup(text)  # noqa: S704 - nothing in it can end the script


routes = [home, department, search, product, *(_small_print(topic) for topic in SMALL_PRINT)]
