"""Asking for a service: the form, and what was agreed to in it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import leads
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.work import CLIENT
from mainstem.leads import ConsentGiven, LeadWanted
from mainstem.web import Form, app_context_of, redirect
from mainstem.web.context import network_address
from mainstem.web.forms import Ticked
from mainstem.web.works import in_work
from mainstem_affiliates.intake import Intake
from mainstem_affiliates.storefront.assortment import Product
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.checkout import FIELDS
from mainstem_affiliates.storefront.contact import ContactFields
from mainstem_affiliates.storefront.countries import COUNTRIES, countries
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.payment import begun_here, patiently

CONSENT = (
    "{seller} may contact me by e-mail and telephone about this request, and keep what I write here"
    " for as long as it takes to answer it."
)

CONSENT_VERSION = "2026-01"
"""Grows with the words above, so that the evidence says which ones were agreed to."""


class EnquiryPage(StorePage, frozen=True, kw_only=True):
    """The form with which a client asks for a service."""

    product: Product
    values: dict[str, str]
    errors: dict[str, str]
    refused: str
    consent: str
    key: str
    countries: list[tuple[str, str]]
    today: date
    last_day: date
    privacy_url: str


class EnquiryFields(ContactFields):
    """What a client sends to ask for a service."""

    message: str = ""
    wanted_on: str = ""
    consent: Ticked = False


class AskedPage(StorePage, frozen=True, kw_only=True):
    """Thank you, and what happens next."""

    product: Product | None


@get("/s/{slug:str}/ask/{product:str}")
async def enquiry_page(
    request: Request[Any, Any, Any], slug: FromPath[str], product: FromPath[str]
) -> Page:
    """The form for one service."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    return await _page(shopper, _service(shopper, product), {"address-country": _country(shopper)})


@post("/s/{slug:str}/ask/{product:str}", status_code=200)
async def ask(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    product: FromPath[str],
    form: NamedDependency[Form],
) -> Page:
    """Open a lead, with the consent in the words that were shown."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    found = _service(shopper, product)
    try:
        wanted = _wanted(shopper, found, form.into(EnquiryFields))
        opened = await patiently(lambda: app_context_of(request).parts.get(Intake).lead(wanted))
    except Refused as no:
        return await _page(shopper, found, form.texts(), no=no)
    await begun_here(request, opened.home_id, opened.lead_id)
    return redirect(request, shopper.links("asked", about=found.slug))


@get("/s/{slug:str}/asked")
async def asked(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """Thank you, and what happens next."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    product = shopper.catalogue.by_slug.get(request.query_params.get("about", ""))
    page = AskedPage(**shopper.layout("asked"), product=product)
    return shopper.page("storefront/asked.html", page)


def _service(shopper: Shopper, slug: str) -> Product:
    found = shopper.catalogue.by_slug.get(slug)
    if found is None or found.kind != "service":
        raise NotFound("service")
    return found


def _country(shopper: Shopper) -> str:
    return shopper.storefront.country if shopper.storefront.country in COUNTRIES else "SE"


def _consent(shopper: Shopper) -> str:
    seller = shopper.storefront.seller["name"] or shopper.storefront.name
    return shopper.language.text(CONSENT).format(seller=seller)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            Problem("/wanted_on", "wrong_form", "Choose a day, like 2026-05-20.")
        ) from None


def _wanted(shopper: Shopper, product: Product, sent: EnquiryFields) -> LeadWanted:
    storefront, client, address = shopper.storefront, sent.client, sent.address
    wanted_on = _day(sent.wanted_on) if sent.wanted_on else None
    said = msgspec.json.encode([client, address, product.slug, sent.message, sent.wanted_on])
    key = sent.key if sent.is_from_a_page else secrets.token_hex(16)
    return LeadWanted(
        storefront_id=storefront.id,
        home_id=storefront.home_id,
        channel="storefront",
        key=f"page-{key}",
        fingerprint=hashlib.sha256(said).digest(),
        product=product.slug,
        client=client,
        address=address,
        consent=ConsentGiven(
            given=sent.consent,
            text_version=CONSENT_VERSION,
            words=_consent(shopper),
        ),
        locale=shopper.locale,
        currency=storefront.currency,
        message=sent.message,
        wanted_on=wanted_on,
        code=sent.code[:40],
        link=shopper.referral,
        ip_address=network_address(shopper.request),
    )


async def _page(
    shopper: Shopper, product: Product, values: dict[str, str], *, no: Refused | None = None
) -> Page:
    layout = shopper.layout(f"ask/{product.slug}", current="services")
    now = await in_work(shopper.request, CLIENT, lambda work: work.now())
    today = now.astimezone(shopper.language.zone).date()
    fields = (*FIELDS, "message", "wanted_on", "consent", "code")
    page = EnquiryPage(
        **layout,
        product=product,
        values={name: values.get(name, "") for name in fields},
        errors=shopper.errors(no.problems if no else []),
        refused=shopper.says(no) if no and not no.problems else "",
        consent=_consent(shopper),
        key=secrets.token_hex(16),
        countries=countries(shopper.locale),
        today=today,
        last_day=leads.last_wanted_day(today),
        privacy_url=layout["store"].privacy_url,
    )
    return shopper.page("storefront/enquiry.html", page, status=no.status if no else 200)


routes = [enquiry_page, ask, asked]
