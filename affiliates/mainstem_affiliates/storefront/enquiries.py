"""Services: ask for one, read its quote by a signed link, and say yes or no."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import leads
from mainstem.identity import client_link, read_quote_link
from mainstem.kit.bulk import RowKey
from mainstem.kit.errors import NotFound, Problem, Refused
from mainstem.kit.work import CLIENT, Work
from mainstem.leads import ConsentGiven, LeadWanted
from mainstem.leads.queries import Offer
from mainstem.orders import Address, ClientDetails
from mainstem.web import Form, app_context_of, redirect, whole_number
from mainstem.web.guards import identity_of
from mainstem.web.works import in_work
from mainstem_affiliates.intake import Intake
from mainstem_affiliates.storefront import reads
from mainstem_affiliates.storefront.assortment import Product
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.checkout import (
    COUNTRIES,
    FIELDS,
    countries,
    patiently,
    to_payment,
)
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage

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


class AskedPage(StorePage, frozen=True, kw_only=True):
    """Thank you, and what happens next."""

    product: Product | None


class QuotePage(StorePage, frozen=True, kw_only=True):
    """A quote as its client reads it."""

    offer: Offer
    token: str
    can_answer: bool
    why_not: str
    errors: dict[str, str]
    values: dict[str, str]
    refused: str
    order_url: str | None
    terms_url: str


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
        wanted = _wanted(shopper, found, form)
        await patiently(lambda: app_context_of(request).parts.get(Intake).lead(wanted))
    except Refused as no:
        return await _page(shopper, found, form.texts(), no=no)
    return redirect(request, shopper.links("asked", about=found.slug))


@get("/s/{slug:str}/asked")
async def asked(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """Thank you, and what happens next."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    product = shopper.catalogue.by_slug.get(request.query_params.get("about", ""))
    page = AskedPage(**shopper.layout("asked"), product=product)
    return shopper.page("storefront/asked.html", page)


@get("/quote/{token:str}")
async def quote_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The quote of this link: the newest version that was sent."""
    home_id, lead_id = _opened(request, token)

    def look(work: Work) -> None:
        no, _ = reads.standing_quote(work, home_id, lead_id)
        leads.view_quote(work, home_id, lead_id, no)

    # Whoever is signed in works with us: that they looked says nothing about the client.
    if await identity_of(request) is None:
        await in_work(request, CLIENT, look)
    return await _quote(request, token)


@post("/quote/{token:str}/acceptance", status_code=200)
async def accept(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Yes: the order that comes of it, and on to pay for it. Yes twice is yes once."""
    home_id, lead_id = _opened(request, token)
    no = _number(form)
    if form["agree"] != "yes":
        problem = Problem("/agree", "missing", "Say that you accept the quote and its price.")
        return await _quote(request, token, no=_NotAgreed(problem), values=form.texts())
    try:
        placed = await in_work(
            request,
            CLIENT,
            lambda work: leads.accept_quote(
                work, home_id, lead_id, no, name=form["name"], ip_address=_address(request)
            ),
        )
    except NotFound:
        raise
    except Refused as refused:
        return await _quote(request, token, no=refused, values=form.texts())
    return await to_payment(request, placed.home_id, placed.order_id)


@post("/quote/{token:str}/refusal", status_code=200)
async def decline(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """No, and perhaps why."""
    home_id, lead_id = _opened(request, token)
    no = _number(form)
    try:
        await in_work(
            request,
            CLIENT,
            lambda work: leads.decline_quote(
                work,
                home_id,
                lead_id,
                no,
                name=form["name"] or _client(work, home_id, lead_id),
                words=form["words"],
                ip_address=_address(request),
            ),
        )
    except NotFound:
        raise
    except Refused as refused:
        return await _quote(request, token, no=refused, values=form.texts())
    return redirect(request, f"/quote/{token}")


class _NotAgreed(Refused):
    code = "not_agreed"
    status = 422
    message = "Some fields are not right."


def _opened(request: Request[Any, Any, Any], token: str) -> RowKey:
    return read_quote_link(app_context_of(request).settings.secret, token)


def _address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else ""


def _number(form: Form) -> int:
    """The version that was on the page: what is answered is what was read."""
    return whole_number(form["no"], digits=3) or 0


def _client(work: Work, home_id: int, lead_id: UUID) -> str:
    name = work.value(
        "SELECT client->>'name' FROM lead WHERE home_id = %(home)s AND id = %(lead)s",
        home=home_id,
        lead=lead_id,
    )
    return str(name or "-")


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


def _wanted(shopper: Shopper, product: Product, form: Form) -> LeadWanted:
    storefront = shopper.storefront
    wanted_on = None
    if form["wanted_on"]:
        try:
            wanted_on = date.fromisoformat(form["wanted_on"])
        except ValueError:
            raise _NotAgreed(
                Problem("/wanted_on", "wrong_form", "Choose a day, like 2026-05-20.")
            ) from None
    client = ClientDetails(form["client-name"], form["client-email"], form["client-phone"])
    address = Address(
        line1=form["address-line1"],
        line2=form["address-line2"],
        postal_code=form["address-postal_code"],
        city=form["address-city"],
        country=form["address-country"],
    )
    said = msgspec.json.encode([client, address, product.slug, form["message"], form["wanted_on"]])
    key = form["key"] if len(form["key"]) == 32 and form["key"].isalnum() else secrets.token_hex(16)
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
            given=form["consent"] == "yes",
            text_version=CONSENT_VERSION,
            words=_consent(shopper),
        ),
        locale=shopper.locale,
        currency=storefront.currency,
        message=form["message"],
        wanted_on=wanted_on,
        code=form["code"][:40],
        link=shopper.referral,
        ip_address=_address(shopper.request),
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


async def _quote(
    request: Request[Any, Any, Any],
    token: str,
    *,
    no: Refused | None = None,
    values: dict[str, str] | None = None,
) -> Page:
    home_id, lead_id = _opened(request, token)
    settings = app_context_of(request).settings
    _, slug = await in_work(
        request, CLIENT, lambda work: reads.standing_quote(work, home_id, lead_id)
    )
    shopper = Shopper(request, await cached_storefront_of(request, slug))

    def look(work: Work) -> Offer:
        number, _ = reads.standing_quote(work, home_id, lead_id)
        return leads.queries.offer(work, home_id, lead_id, number, locale=shopper.locale)

    offer = await in_work(request, CLIENT, look)
    [yes] = [action for action in offer.actions if action.name == "accept"]
    layout = shopper.layout("track")
    layout["languages"] = [
        type(link)(link.code, link.name, f"?lang={link.code}", link.current)
        for link in layout["languages"]
    ]
    order = client_link(settings.secret, home_id, offer.order_id) if offer.order_id else None
    page = QuotePage(
        **layout,
        offer=offer,
        token=token,
        can_answer=yes.allowed,
        why_not=shopper.says(yes.refusal) if yes.refusal else "",
        errors=shopper.errors(no.problems if no else []),
        values={"name": "", "words": "", **(values or {})},
        refused=shopper.says(no) if no and not no.problems else "",
        order_url=f"/order/{order}" if order else None,
        terms_url=layout["store"].terms_url,
    )
    return shopper.page("storefront/quote.html", page, status=no.status if no else 200)


routes = [enquiry_page, ask, asked, quote_page, accept, decline]
