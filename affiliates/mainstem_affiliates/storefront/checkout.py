"""The checkout: one page, no account, priced as its form stands."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from mainstem.kit.errors import Problem, Refused
from mainstem.kit.postal import postal_code
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.web import app_context_of, redirect
from mainstem.web.works import in_work
from mainstem_affiliates.storefront import basket as baskets
from mainstem_affiliates.storefront import own_credit
from mainstem_affiliates.storefront.basket import Basket, read_basket, save_basket
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront, cached_storefront_of
from mainstem_affiliates.storefront.countries import countries, served
from mainstem_affiliates.storefront.destination import country_of
from mainstem_affiliates.storefront.guarantee_notices import (
    DurabilityLabel,
    LegalNotice,
    labels_of,
    legal_notice,
)
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.priced_basket import Destination, PricedBasket, price

FIELDS = (
    "client-name", "client-email", "client-phone", "address-line1", "address-line2",
    "address-postal_code", "address-city", "address-country",
    "delivery_method", "vat_number",
)  # fmt: skip


class CheckoutPage(StorePage, frozen=True, kw_only=True):
    """The last page before paying: what, where to, for how much."""

    priced: PricedBasket
    values: dict[str, str]
    errors: dict[str, str]
    refused: str
    repriced: Money | None
    """What it cost when the page was last shown, if that has changed."""
    key: str
    basket: str
    countries: list[tuple[str, str]]
    asks_vat_number: bool
    chosen_anew: bool
    """Whether it costs something else because the client chose another way, place or number."""
    choices: str
    withdrawal_url: str
    terms_url: str
    notice: LegalNotice
    labels: list[DurabilityLabel]


@get("/s/{slug:str}/checkout")
async def checkout_page(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """The checkout of the visitor's basket."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    basket = read_basket(request, shopper.storefront)
    if not basket.items:
        return redirect(request, shopper.links("basket"))
    return await checkout_shown(
        shopper, basket, {"address-country": country_of(request, shopper.storefront)}
    )


def _destination(storefront: CachedStorefront, values: dict[str, str]) -> Destination:
    country = values.get("address-country", "")
    code = values.get("address-postal_code", "")[:20]
    return Destination(
        country if country in served(storefront.conditions.delivery) else storefront.country,
        postal_code(code, country) or "",
        values.get("delivery_method", "")[:64],
        values.get("vat_number", "")[:40],
    )


def _choices(values: dict[str, str]) -> str:
    """What of a form the price depends on, in short."""
    names = ("address-country", "address-postal_code", "delivery_method", "vat_number")
    said = "\n".join(values.get(name, "") for name in names)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


async def checkout_shown(
    shopper: Shopper,
    basket: Basket,
    values: dict[str, str],
    *,
    no: Refused | None = None,
    refused: str = "",
    repriced: Money | None = None,
    before: str | None = None,
    status: int = 200,
) -> Page:
    """The checkout as an answer: priced as its form stands, with what was refused on it."""
    request, storefront, locale = shopper.request, shopper.storefront, shopper.locale
    to = _destination(storefront, values)
    theirs = own_credit.owner(request, storefront)
    used_by = theirs if own_credit.uses(theirs, values.get("client-email", "")) else ""
    if used_by and not values.get("client-email"):
        values = values | {"client-email": used_by}

    def look(work: Work) -> tuple[PricedBasket, list[DurabilityLabel]]:
        priced = price(work, storefront, locale, basket, to, credit_of=used_by)
        named = {line.sku: line.name for line in priced.lines}
        return priced, labels_of(work, storefront, locale, named)

    priced, labels = await in_work(request, CLIENT, look)
    if priced.basket != basket and read_basket(request, storefront) == basket:
        save_basket(request, storefront, priced.basket)
    # What the basket says of a line is said by name; the order knows it by its article number.
    told = {problem.pointer for problem in priced.problems}
    others = [one for one in (no.problems if no else ()) if one.pointer not in told]
    problems: list[Problem] = [*others, *priced.problems]
    layout = shopper.layout("checkout")
    page = CheckoutPage(
        **layout,
        priced=priced,
        values={name: values.get(name, "") for name in (*FIELDS, "code")},
        errors=shopper.errors(problems),
        refused=refused or (shopper.says(no) if no and not no.problems else ""),
        repriced=repriced,
        key=secrets.token_hex(16),
        basket=baskets.packed(app_context_of(request).settings.secret, priced.basket),
        countries=countries(locale, served(storefront.conditions.delivery)),
        asks_vat_number=storefront.conditions.tax.sells_to_businesses,
        chosen_anew=storefront.conditions.are_set and before not in (None, _choices(values)),
        choices=_choices(values),
        withdrawal_url=layout["store"].withdrawal_url,
        terms_url=layout["store"].terms_url,
        notice=legal_notice(locale),
        labels=labels,
    )
    return shopper.page("storefront/checkout.html", page, status=status)


routes = [checkout_page]
