"""Addresses of a storefront at which nothing is: the shop's own page, with its departments and its search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mainstem.kit.errors import NotFound
from mainstem.web import app_context_of
from mainstem.web.problems import answer, wants_page
from mainstem_affiliates.storefront.assortment import Product
from mainstem_affiliates.storefront.cached_storefront import (
    CachedStorefronts,
    cached_storefront_of,
)
from mainstem_affiliates.storefront.layout import Shopper, StorePage

SHOWN = 8


class LostPage(StorePage, frozen=True, kw_only=True):
    """Nothing is here; some of what there is."""

    goods: Sequence[Product]


# Below a product and a department too: the router does not come back from there by itself.
@get(
    [
        "/s/{slug:str}/{rest:path}",
        "/s/{slug:str}/p/{product:str}/{rest:path}",
        "/s/{slug:str}/c/{category:str}/{rest:path}",
    ],
    opt={"is_lost": True},
)
async def nowhere(
    request: Request[Any, Any, Any], slug: FromPath[str], rest: FromPath[str]
) -> Response[bytes]:
    """Whatever a storefront has no page for."""
    await cached_storefront_of(request, slug)
    raise NotFound("page")


def lost(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer where nothing was found: in the shop, where there is one."""
    _, first, slug, *_ = [*request.scope["path"].split("/"), "", ""]
    slug = slug if first == "s" else ""
    storefront = app_context_of(request).parts.get(CachedStorefronts).get(slug)
    if storefront is None or not wants_page(request) or request.method != "GET":
        return answer(request, error)
    shopper = Shopper(request, storefront)
    page = LostPage(**shopper.layout(), goods=shopper.catalogue.goods[:SHOWN])
    return shopper.page("storefront/lost.html", page, status=404)


FOUND_NOTHING: dict[int | type[Exception], Any] = {NotFound: lost, NotFoundException: lost}

routes = [nowhere]
