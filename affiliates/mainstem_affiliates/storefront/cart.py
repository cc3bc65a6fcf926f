"""The basket's pages: what is in it, putting in, changing, taking out."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import CLIENT
from mainstem.web import Form, app_context_of, draw, redirect
from mainstem.web.forms import FormFields, whole
from mainstem.web.works import in_work
from mainstem_affiliates.storefront import basket as baskets
from mainstem_affiliates.storefront.basket import (
    BasketItem,
    read_basket,
    save_basket,
)
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.countries import countries, served
from mainstem_affiliates.storefront.destination import country_of, refuse_unserved
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage, count_fragment
from mainstem_affiliates.storefront.priced_basket import Destination, PricedBasket, price


class BasketPage(StorePage, frozen=True, kw_only=True):
    """What is in the basket, at this moment's prices."""

    priced: PricedBasket
    errors: dict[str, str]
    refused: str
    country: str
    countries: list[tuple[str, str]]
    """To choose from, where the company has set where it delivers."""
    quantity_max: int = baskets.QUANTITY_MAX


class AddedFragment(msgspec.Struct, frozen=True):
    """What htmx shows where something was put in: a word, and the new number in the header."""

    name: str
    refused: str
    basket_url: str
    checkout_url: str
    count: int


@get("/s/{slug:str}/basket")
async def basket_page(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """What is in the basket."""
    return await _page(Shopper(request, await cached_storefront_of(request, slug)))


@get("/s/{slug:str}/basket/count")
async def basket_count(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """How many things are in the basket: the fragment for the header."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    count = read_basket(request, shopper.storefront).count
    return Response(count_fragment(request, shopper.locale, count), media_type="text/html")


class PutInFields(FormFields):
    """An article, and how many of it: one where nothing is said, none where it is no whole number."""

    sku: str = ""
    quantity: Annotated[int | None, whole(digits=6)] = None


class LineFields(FormFields):
    """A line of the basket, by its article and price, and how many of it are wanted."""

    sku: str = ""
    unit: Annotated[int | None, whole(digits=16)] = None
    quantity: Annotated[int | None, whole(digits=6)] = None
    remove: str = ""


@post("/s/{slug:str}/basket", status_code=200)
async def put_in(
    request: Request[Any, Any, Any], slug: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Put something in. Without script one lands in the basket; with it one stays."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    sent = form.into(PutInFields)
    sku = sent.sku
    many = (sent.quantity or 0) if "quantity" in form else 1
    sold = shopper.catalogue.by_sku.get(sku)
    if sold is None or sold.kind != "goods":
        raise NotFound("article")
    basket, refused = read_basket(request, shopper.storefront), ""
    try:
        refuse_unserved(shopper)
        basket.add(_shown(shopper, sku, many))
        save_basket(request, shopper.storefront, basket)
    except Refused as no:
        refused = shopper.says(no)
    if request.headers.get("hx-request") != "true":
        if refused:
            return redirect(request, shopper.links("basket"), notice=refused, tone="wait")
        return redirect(request, shopper.links("basket"))
    said = AddedFragment(
        sold.name, refused, shopper.links("basket"), shopper.links("checkout"), basket.count
    )
    body = draw(app_context_of(request), shopper.locale, "storefront/added.html", said)
    return Response(body, media_type="text/html", status_code=200)


@post("/s/{slug:str}/basket/lines", status_code=200)
async def change(
    request: Request[Any, Any, Any], slug: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Have exactly so many of something, `sku` at the price `unit`; `remove` takes it out."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    basket = read_basket(request, shopper.storefront)
    sent = form.into(LineFields)
    sku, unit = sent.sku, sent.unit
    for at, item in enumerate(basket.items):
        if (item.sku, item.unit_minor) != (sku, unit):
            continue
        try:
            quantity = 0 if sent.remove else sent.quantity or 0
            basket.set(at, quantity, _shown(shopper, sku, 1))
        except Refused as no:
            return await _page(shopper, refused=shopper.says(no), status=no.status)
        save_basket(request, shopper.storefront, basket)
        break
    return redirect(request, shopper.links("basket"))


def _shown(shopper: Shopper, sku: str, quantity: int) -> BasketItem:
    """So many of an article, at the price that its page shows."""
    price = shopper.catalogue.price_of.get(sku)
    return BasketItem(sku, quantity, price.minor if price else None, shopper.storefront.as_of)


async def _page(shopper: Shopper, *, refused: str = "", status: int = 200) -> Page:
    request, storefront = shopper.request, shopper.storefront
    basket = read_basket(request, storefront)
    country = country_of(request, storefront)
    priced = await in_work(
        request,
        CLIENT,
        lambda work: price(work, storefront, shopper.locale, basket, Destination(country)),
    )
    if priced.basket != basket:
        save_basket(request, storefront, priced.basket)
    page = BasketPage(
        **shopper.layout("basket"),
        priced=priced,
        errors=shopper.errors(priced.problems),
        refused=refused,
        country=country,
        countries=_countries(shopper),
    )
    return shopper.page("storefront/basket.html", page, status=status)


def _countries(shopper: Shopper) -> list[tuple[str, str]]:
    conditions = shopper.storefront.conditions
    if not conditions.are_set:
        return []
    return countries(shopper.locale, served(conditions.delivery))


routes = [basket_page, basket_count, put_in, change]
