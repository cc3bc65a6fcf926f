"""A quote, as its client reads, accepts or declines it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import leads
from mainstem.identity import client_link, read_quote_link
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.work import CLIENT, Work
from mainstem.leads.queries import Offer
from mainstem.web import Form, app_context_of, redirect
from mainstem.web.context import network_address
from mainstem.web.forms import FormFields, Ticked, whole
from mainstem.web.guards import identity_of
from mainstem.web.works import in_work
from mainstem_affiliates.storefront import reads
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.payment import to_payment

BEGIN_WORDS = (
    "Begin before the 14 days are over in which I may withdraw. If I withdraw meanwhile I pay for what"
    " is done by then, and once the work is fully done I can no longer withdraw."
)
"""What a client ticks who does not want to wait, as it is kept; pages say it in their language."""


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
    begin_words: str


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


class AnswerFields(FormFields):
    """Who answers a quote, and which version: what is answered is what was read."""

    no: Annotated[int | None, whole(digits=3)] = None
    name: str = ""


class AcceptanceFields(AnswerFields):
    """Yes, said with a tick."""

    agree: Ticked = False
    begin: Ticked = False
    """Whether the work may begin before the right to withdraw is over."""


class RefusalFields(AnswerFields):
    """No, and perhaps why."""

    words: str = ""


@post("/quote/{token:str}/acceptance", status_code=200)
async def accept(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Yes: the order that comes of it, and on to pay for it. Yes twice is yes once."""
    home_id, lead_id = _opened(request, token)
    try:
        sent = form.into(AcceptanceFields)
        if not sent.agree:
            raise InvalidInput(
                Problem("/agree", "missing", "Say that you accept the quote and its price.")
            )
        placed = await in_work(
            request,
            CLIENT,
            lambda work: leads.accept_quote(
                work,
                home_id,
                lead_id,
                sent.no or 0,
                name=sent.name,
                ip_address=network_address(request),
                begin_words=BEGIN_WORDS if sent.begin else "",
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
    try:
        sent = form.into(RefusalFields)
        await in_work(
            request,
            CLIENT,
            lambda work: leads.decline_quote(
                work,
                home_id,
                lead_id,
                sent.no or 0,
                name=sent.name or _client(work, home_id, lead_id),
                words=sent.words,
                ip_address=network_address(request),
            ),
        )
    except NotFound:
        raise
    except Refused as refused:
        return await _quote(request, token, no=refused, values=form.texts())
    return redirect(request, f"/quote/{token}")


def _opened(request: Request[Any, Any, Any], token: str) -> tuple[int, UUID]:
    return read_quote_link(app_context_of(request).settings.secret, token)


def _client(work: Work, home_id: int, lead_id: UUID) -> str:
    name = work.value(
        "SELECT client->>'name' FROM lead WHERE home_id = %(home)s AND id = %(lead)s",
        home=home_id,
        lead=lead_id,
    )
    return str(name or "-")


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
        begin_words=BEGIN_WORDS,
    )
    return shopper.page("storefront/quote.html", page, status=no.status if no else 200)


routes = [quote_page, accept, decline]
