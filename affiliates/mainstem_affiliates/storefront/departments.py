"""Looking around: the departments of a storefront, and its search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath

from mainstem import catalog
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT
from mainstem.web.works import in_work
from mainstem_affiliates.storefront.assortment import PAGE, Product
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.links import Links
from mainstem_affiliates.storefront.listing import (
    Pager,
    Wanted,
    choices,
    listed,
    page_no,
    pager,
    wanted,
)


class ListPage(StorePage, frozen=True, kw_only=True):
    """Products as they are wanted: `sorts` and `departments` are (value, name)."""

    products: Sequence[Product]
    count: int
    pager: Pager
    asked: Wanted
    sorts: list[tuple[str, str]]
    departments: list[tuple[str, str]]
    action: str
    clear_url: str
    currency: str


class DepartmentPage(ListPage, frozen=True, kw_only=True):
    """One department; `name` is its heading."""

    name: str


class SearchPage(ListPage, frozen=True, kw_only=True):
    """What was found."""

    query: str


@get("/s/{slug:str}/c/{category:str}")
async def department(
    request: Request[Any, Any, Any], slug: FromPath[str], category: FromPath[str]
) -> Page:
    """One department's goods; `services` are all services."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    catalogue = shopper.catalogue
    kinds = {"all": catalogue.goods, "services": catalogue.services}
    everything = catalogue.departments.get(category) or kinds.get(category)
    if not everything:
        raise NotFound("department")
    asked = msgspec.structs.replace(wanted(request.query_params), department="")
    products = listed(everything, asked, shopper.storefront.currency)
    no = page_no(request.query_params, len(products))
    path = f"c/{category}"

    def page(around: dict[str, Any]) -> StorePage:
        name = shopper.named(category)
        if category == "all":
            name = shopper.language.text("The goods")
        found = _list(shopper, around["url"], path, products, asked, no, {})
        return DepartmentPage(**around, **found, name=name)

    query = asked.query | ({"page": str(no)} if no > 1 else {})
    if not asked.repeats:
        around = shopper.layout(path, current=category, **query)
        return shopper.page("storefront/department.html", page(around))
    key = (path, no, asked)
    return shopper.kept(key, "storefront/department.html", page, path, current=category, **query)


def _list(
    shopper: Shopper,
    url: Links,
    path: str,
    products: Sequence[Product],
    asked: Wanted,
    no: int,
    query: dict[str, str],
) -> dict[str, Any]:
    """The fields of `ListPage`."""
    return {
        "products": products[(no - 1) * PAGE : no * PAGE],
        "count": len(products),
        "pager": pager(url, path, no, len(products), query | asked.query),
        "asked": asked,
        "sorts": choices(shopper.language.text),
        "departments": [(slug, shopper.named(slug)) for slug in shopper.catalogue.categories],
        "action": url(path).split("?")[0],
        "clear_url": url(path, **query),
        "currency": shopper.storefront.currency,
    }


@get("/s/{slug:str}/search")
async def search(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """What the shop has of something."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    query = request.query_params.get("q", "").replace("\0", "").strip()[:100]
    ids = (
        await in_work(
            request, CLIENT, lambda work: catalog.search(work, query, locale=shopper.locale)
        )
        if query
        else []
    )
    asked = wanted(request.query_params)
    found = listed(shopper.catalogue.of_ids(ids), asked, shopper.storefront.currency)
    no = page_no(request.query_params, len(found))
    said = {"q": query} if query else {}
    page = SearchPage(
        **shopper.layout("search", **said, **asked.query),
        **_list(shopper, shopper.links, "search", found, asked, no, said),
        query=query,
    )
    return shopper.page("storefront/search.html", page)


routes = [department, search]
