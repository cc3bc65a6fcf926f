"""Looking around: the storefront's home, its departments and its search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, get
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath

from mainstem.kit.errors import NotFound
from mainstem.money import Money
from mainstem.web import app_context_of
from mainstem_affiliates.storefront.assortment import PAGE, Product
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.links import Links
from mainstem_affiliates.storefront.product import _free_from


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
            hero=hero_of(request, storefront.text(locale, "hero")),
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


def hero_of(request: Request[Any, Any, Any], picture: str) -> str | None:
    """The address of a large picture, where there is one."""
    name = f"pictures/{picture}"
    there = picture and app_context_of(request).files.answer(f"/static/{name}", {})
    return app_context_of(request).files.url(name) if there else None


routes = [home, department, search]
