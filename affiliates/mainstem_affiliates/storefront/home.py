"""The front of a storefront."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath

from mainstem import pictures
from mainstem.money import Money
from mainstem.web import app_context_of
from mainstem_affiliates.storefront.assortment import PAGE, Product
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.meta import Meta, organization
from mainstem_affiliates.storefront.shipping import free_from_of


class Hero(msgspec.Struct, frozen=True):
    """The large picture: an uploaded one by its name, or a drawing of ours by its address."""

    url: str
    uploaded: str = ""


class HomePage(StorePage, frozen=True, kw_only=True):
    """The front of a storefront."""

    title: str
    lead: str
    about: str
    hero: Hero | None
    featured: Sequence[Product]
    goods: Sequence[Product]
    all_goods: tuple[str, int] | None
    """Where all of them are, and how many, when the front shows only the first."""
    services: Sequence[Product]
    free_from: Money | None


@get("/s/{slug:str}")
async def home(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """The front of a storefront."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    return shopper.kept(
        ("home",), "storefront/home.html", lambda around: home_page(shopper, around)
    )


def home_page(shopper: Shopper, around: dict[str, Any]) -> HomePage:
    """What the front of a storefront shows, within its layout."""
    storefront, locale, catalogue = shopper.storefront, shopper.locale, shopper.catalogue
    arranged: Sequence[Product] = catalogue.goods
    if storefront.module:
        arranged = storefront.module.arrange(arranged)
    return HomePage(
        **around | {"meta": _meta(shopper)},
        title=storefront.text(locale, "headline") or storefront.name,
        lead=storefront.text(locale, "intro"),
        about=storefront.text(locale, "about"),
        hero=hero_of(shopper.request, storefront.text(locale, "hero")),
        featured=catalogue.of_ids(storefront.featured),
        goods=arranged[:PAGE],
        all_goods=(around["url"]("c/all"), len(arranged)) if len(arranged) > PAGE else None,
        services=catalogue.services,
        free_from=free_from_of(shopper),
    )


def _meta(shopper: Shopper) -> Meta:
    storefront, locale = shopper.storefront, shopper.locale
    return shopper.meta(
        description=storefront.text(locale, "intro"),
        data=organization(app_context_of(shopper.request), storefront, locale),
    )


def hero_of(request: Request[Any, Any, Any], picture: str) -> Hero | None:
    """A large picture, where there is one."""
    if pictures.is_uploaded(picture):
        return Hero(pictures.url(picture, 1280, "jpg"), picture)
    name = f"pictures/{picture}"
    there = picture and app_context_of(request).files.answer(f"/static/{name}", {})
    return Hero(app_context_of(request).files.url(name)) if there else None


routes = [home]
