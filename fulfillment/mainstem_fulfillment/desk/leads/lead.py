"""One lead: the client, what they ask for, and what may be done."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import earnings, leads
from mainstem.identity import quote_link
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.leads.queries import LeadView, PossibleDuplicate, QuoteView
from mainstem.web.context import app_context_of
from mainstem.web.estimates import EstimateView, estimate_view
from mainstem.web.rendering import language_of
from mainstem.web.staff import words
from mainstem.web.staff.layout import (
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    fact_in_words,
    layout_of,
    names_of,
    said,
    tone_of,
)
from mainstem.web.staff.screen import Screen, Screens
from mainstem_fulfillment.desk import queries


class LeadPage(Page, kw_only=True):
    """One lead. `may` says for each action whether, `why` why not."""

    lead: LeadView
    url: str
    may: dict[str, bool]
    why: dict[str, str]
    draft: QuoteView | None
    standing: QuoteView | None
    client_url: str
    order_url: str
    timeline: list[Event]
    consents: list[queries.Consent]
    related: list[queries.RelatedLead]
    duplicates: list[PossibleDuplicate]
    """This lead and those of other storefronts for the same client and service, if there are any."""
    reached: str
    contacts: list[tuple[str, str]]
    """By what the client may have been reached."""
    attributed: str
    assigned: str
    reasons: list[tuple[str, str]]
    lost_reason: str
    estimate: EstimateView | None
    """What it would earn everybody; None for one that is over."""


BASE = "/leads/{home:int}/{lead:uuid}"


@get(BASE, sync_to_thread=True)
def lead(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], lead: FromPath[UUID]
) -> HttpResponse:
    """One lead."""
    return LEAD.of(home, lead).show(request, work)


def page_of(request: HttpRequest, work: Work, home: int, lead_id: UUID) -> LeadPage:
    """The lead, with everything about it."""
    language = language_of(request)
    lead = leads.queries.page(work, home, lead_id, locale=language.locale)
    standing = next((q for q in lead.quotes if q.state in ("sent", "viewed")), None)
    who = names_of(
        work, language, [*(entry.actor for entry in lead.timeline), lead.assigned_to or ""]
    )
    token = quote_link(app_context_of(request).settings.secret, home, lead_id)
    return LeadPage(
        **layout_of(request, work, "leads"),
        lead=lead,
        url=url_of(home, lead_id),
        may={action.name: action.allowed for action in lead.actions},
        why={
            action.name: said(language, action.refusal) if action.refusal else ""
            for action in lead.actions
        },
        draft=next((q for q in lead.quotes if q.state == "draft"), None),
        standing=standing,
        client_url=f"{app_context_of(request).settings.public_url}/quote/{token}",
        order_url=f"/console/orders/{home}/{lead.order_id}" if lead.order_id else "",
        timeline=[
            Event(
                at=entry.at,
                text=fact_in_words(language, entry.fact) if entry.fact else language.text("Note"),
                who=who.get(entry.actor, entry.actor),
                tone=tone_of(entry.fact),
                reason=entry.words or None,
            )
            for entry in reversed(lead.timeline)
        ],
        consents=queries.consents(work, home, lead_id),
        related=queries.related(work, lead_id, lead.duplicate_of),
        duplicates=leads.queries.possible_duplicates(work, home, lead_id),
        reached=language.text(words.REACHED[lead.reached_by]) if lead.reached_by else "",
        contacts=[
            (by, language.text(name))
            for by, name in words.CONTACTS.items()
            if by == "email" or lead.client.get("phone")
        ],
        attributed=language.text(words.ATTRIBUTED[lead.attributed_by]),
        assigned=who.get(lead.assigned_to or "", ""),
        reasons=[(reason, language.text(name)) for reason, name in words.LOST.items()],
        lost_reason=language.text(words.LOST[lead.lost_reason]) if lead.lost_reason else "",
        estimate=_estimate(work, home, lead_id, language),
    )


def _estimate(work: Work, home: int, lead_id: UUID, language: Language) -> EstimateView | None:
    found = earnings.estimate(work, home, lead_id, locale=language.locale)
    return estimate_view(found, language) if found else None


def url_of(home: int, lead_id: UUID) -> str:
    """Where the lead's page is."""
    return f"/desk/leads/{home}/{lead_id}"


LEAD = Screens("desk/lead.html", page_of, url_of)


def of_lead(home: int, lead: UUID) -> Screen:
    """The page of the lead that an address names."""
    return LEAD.of(home, lead)


routes = [lead]
