"""Where a visitor wants things delivered: remembered from a choice, else the shop's own country."""

from __future__ import annotations

from typing import Any, ClassVar

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import Refused
from mainstem.web import Form, app_context_of, redirect, request_context_of, set_cookie
from mainstem.web.forms import FormFields
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront, cached_storefront_of
from mainstem_affiliates.storefront.countries import country_name, served
from mainstem_affiliates.storefront.layout import Page, Shopper

COOKIE = "deliver-to"
_SECONDS = 365 * 24 * 3600


class CountryNotServed(Refused):
    """Nothing is delivered to the visitor's country, so nothing is put into their basket."""

    code: ClassVar[str] = "country_not_served"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "We do not deliver to {country}."


def country_of(request: Request[Any, Any, Any], storefront: CachedStorefront) -> str:
    """The country that the visitor has chosen, or the shop's own."""
    name = app_context_of(request).cookie_name(COOKIE)
    kept = request_context_of(request).cookies.get(name)
    said = kept.value if kept else request.cookies.get(name, "")
    return said if said in served(storefront.conditions.delivery) else storefront.country


def refuse_unserved(shopper: Shopper) -> None:
    """Raise CountryNotServed where nothing is delivered to the visitor's country."""
    storefront = shopper.storefront
    country = country_of(shopper.request, storefront)
    if not storefront.conditions.delivery.serves(country):
        raise CountryNotServed(country=country_name(shopper.locale, country))


class CountryFields(FormFields):
    """Where things are to go."""

    country: str = ""


@post("/s/{slug:str}/country", status_code=200)
async def choose_country(
    request: Request[Any, Any, Any], slug: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Remember where things are to be delivered."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    country = form.into(CountryFields).country
    if country in served(shopper.storefront.conditions.delivery):
        set_cookie(request, COOKIE, country, seconds=_SECONDS)
    return redirect(request, shopper.links("basket"))


routes = [choose_country]
