"""The order that a checkout page sends: one, however often its button is pressed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import Refused
from mainstem.money import Money
from mainstem.orders import IdempotencyMismatch, OrderWanted, PriceChanged, TotalsSeen
from mainstem.web import Form, app_context_of, origin_of
from mainstem_affiliates.storefront import basket as baskets
from mainstem_affiliates.storefront import own_credit
from mainstem_affiliates.storefront.basket import Basket, read_basket, save_basket
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.checkout import checkout_shown
from mainstem_affiliates.storefront.checkout_fields import CheckoutFields, ShownFields
from mainstem_affiliates.storefront.checkout_numbers import check_code, check_vat_number
from mainstem_affiliates.storefront.countries import served
from mainstem_affiliates.storefront.layout import Page, Shopper
from mainstem_affiliates.storefront.payment import place, to_payment


@post("/s/{slug:str}/checkout", status_code=200)
async def order(
    request: Request[Any, Any, Any], slug: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Order what the page showed, and go on to pay for it."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    storefront, secret = shopper.storefront, app_context_of(request).settings.secret
    # What is ordered is what this page showed, whatever another tab has done to the basket.
    shown = form.into(ShownFields)
    basket = baskets.unpacked(secret, shown.basket, storefront.currency)
    await check_vat_number(request, shopper.storefront, shown.vat_number)
    try:
        sent = form.into(CheckoutFields)
        wanted = _wanted(shopper, basket, sent)
        if wanted.code:
            await check_code(request, wanted.code)
        placed, checkout = await place(request, wanted)
    except PriceChanged as changed:
        return await checkout_shown(
            shopper,
            basket,
            form.texts(),
            repriced=Money(shown.total_minor, storefront.currency),
            before=shown.choices,
            status=changed.status,
        )
    except IdempotencyMismatch:
        # Back on a page that had been sent, and changed it: a new order, if the client says so.
        no = shopper.language.text(
            "This page has been ordered already. To order again, press the button once more."
        )
        return await checkout_shown(shopper, basket, form.texts(), refused=no, status=409)
    except Refused as no:
        return await checkout_shown(shopper, basket, form.texts(), no=no, status=no.status)
    if read_basket(request, storefront) == basket:
        save_basket(request, storefront, Basket())
    return await to_payment(request, placed.home_id, placed.order_id, checkout)


def _wanted(shopper: Shopper, basket: Basket, sent: CheckoutFields) -> OrderWanted:
    storefront, client, address = shopper.storefront, sent.client, sent.address
    if address.country not in served(storefront.conditions.delivery):
        address = msgspec.structs.replace(address, country="")
    # Only a key that one of our pages could have made; another gets one that fits nothing.
    key = sent.key if sent.is_from_a_page else secrets.token_hex(16)
    theirs = own_credit.owner(shopper.request, storefront)
    uses_credit = bool(client.email.strip()) and own_credit.uses(theirs, client.email)
    chosen = [one for one in (sent.delivery_method, sent.vat_number) if one]
    if uses_credit:
        chosen.append("store credit")
    said = msgspec.json.encode(
        [client, address, basket.wanted, sent.code, storefront.currency, *chosen]
    )
    return OrderWanted(
        storefront_id=storefront.id,
        home_id=storefront.home_id,
        channel="storefront",
        key=f"page-{key}",
        fingerprint=hashlib.sha256(said).digest(),
        currency=storefront.currency,
        locale=shopper.locale,
        client=client,
        address=address,
        lines=basket.wanted,
        code=sent.code,
        link=shopper.referral,
        totals=TotalsSeen(total_minor=sent.total_minor, tax_minor=sent.tax_minor),
        ip_address=origin_of(shopper.request),
        delivery_method=sent.delivery_method,
        vat_number=sent.vat_number,
        use_store_credit=uses_credit,
    )


routes = [order]
