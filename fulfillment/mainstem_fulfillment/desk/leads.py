"""Leads: requests for services, from new to won or lost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from mainstem import leads
from mainstem.identity import quote_link
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.work import Work
from mainstem.leads.queries import LeadView, PossibleDuplicate
from mainstem.web import listing
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, whole_number
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff import words
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.layout import (
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    fact_in_words,
    layout_of,
    names_of,
    refused,
    said,
    show,
    tone_of,
)
from mainstem_fulfillment.desk import queries


class Pipeline(Page, kw_only=True):
    """The board of open leads."""

    board: Any
    view: str
    states: dict[str, str]


class Stage(Page, kw_only=True):
    """The leads of one stage."""

    counts: dict[str, int]
    view: str
    rows: list[Any]
    listing: Listing
    states: dict[str, str]
    reasons: dict[str, str]


class LeadPage(Page, kw_only=True):
    """One lead. `may` says for each action whether, `why` why not."""

    lead: LeadView
    url: str
    may: dict[str, bool]
    why: dict[str, str]
    draft: Any
    standing: Any
    client_url: str
    order_url: str
    timeline: list[Event]
    consents: list[Any]
    related: list[Any]
    duplicates: list[PossibleDuplicate]
    """This lead and those of other storefronts for the same client and service, if there are any."""
    reached: str
    contacts: list[tuple[str, str]]
    """By what the client may have been reached."""
    attributed: str
    assigned: str
    reasons: list[tuple[str, str]]
    lost_reason: str


@get("/leads", sync_to_thread=True)
def pipeline(
    request: HttpRequest, work: NamedDependency[Work], view: FromQuery[str] = "open"
) -> HttpResponse:
    """The board, or the leads of one stage."""
    language = language_of(request)
    states = {state: language.text(name) for state, name in words.LEAD_STATES.items()}
    layout = layout_of(request, work, "leads")
    if view in leads.queries.STAGES:
        return _stage(request, work, view, layout, states)
    board = leads.queries.pipeline(work, locale=language.locale)
    page = Pipeline(**layout, board=board, view="open", states=states)
    return show(request, "desk/leads.html", page)


def _stage(
    request: HttpRequest, work: Work, stage: str, layout: dict[str, Any], states: dict[str, str]
) -> HttpResponse:
    language = language_of(request)
    text = listing.text(
        request,
        "q",
        language.text("Client or number"),
        language.text("Name, phone, e-mail, number"),
    )
    service = listing.choice(
        request,
        "service",
        language.text("Service"),
        [
            ("", language.text("Any")),
            *((str(id), name) for id, name in leads.queries.services(work, locale=language.locale)),
        ],
    )
    days = listing.period(request, language)
    ways = [("newest", language.text("Newest first")), ("oldest", language.text("Oldest first"))]
    # Whoever waits longest comes first; of what is over, what ended last.
    if stage in leads.queries.OPEN_STAGES:
        ways.reverse()
    sort = listing.choice(request, "sort", language.text("Sort by"), ways)
    since, until = listing.instants(days, work.tools.zone)
    found = leads.queries.listed(
        work,
        stage,
        locale=language.locale,
        text=text.value,
        product=int(service.value) if service.value else None,
        since=since,
        until=until,
        sorting=leads.queries.SORTINGS[sort.value],
        cursor=listing.cursor_of(request),
    )
    page = Stage(
        **layout,
        counts=leads.queries.stage_counts(work),
        view=stage,
        rows=found.rows,
        listing=listing.build("/desk/leads", found, text, service, *days, sort, view=stage),
        states=states,
        reasons={reason: language.text(name) for reason, name in words.LOST.items()},
    )
    return show(request, "desk/leads_stage.html", page)


BASE = "/leads/{home:int}/{lead:uuid}"


@get(BASE, sync_to_thread=True)
def lead(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], lead: FromPath[UUID]
) -> HttpResponse:
    """One lead."""
    return show(request, "desk/lead.html", _page(request, work, home, lead))


def _page(request: HttpRequest, work: Work, home: int, lead_id: UUID) -> LeadPage:
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
        url=_url(home, lead_id),
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
    )


def _url(home: int, lead_id: UUID) -> str:
    return f"/desk/leads/{home}/{lead_id}"


def _answer(
    request: HttpRequest,
    work: Work,
    home: int,
    lead_id: UUID,
    refusal: Refused | None,
    form: Form | None,
    done: str,
) -> HttpResponse:
    if refusal:
        return show(request, "desk/lead.html", _page(request, work, home, lead_id), refusal, form)
    return redirect(request, _url(home, lead_id), notice=language_of(request).text(done))


@post(f"{BASE}/qualification", sync_to_thread=True)
def qualify(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], lead: FromPath[UUID]
) -> HttpResponse:
    """The request is real and ours to do."""
    no = refused(work, lambda: leads.qualify(work, home, lead))
    return _answer(request, work, home, lead, no, None, "The lead is qualified.")


@post(f"{BASE}/reaching", sync_to_thread=True)
def reach(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """The client was reached by one of their contacts, and the request is theirs."""
    no = refused(work, lambda: leads.reach(work, home, lead, by=form["by"]))
    return _answer(request, work, home, lead, no, form, "The client is marked as reached.")


@post(f"{BASE}/duplication", sync_to_thread=True)
def mark_duplicate(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """The same request as another lead, which goes on."""

    def close() -> None:
        shown = leads.queries.possible_duplicates(work, home, lead)
        other = next((one for one in shown if str(one.id) == form["of"] and one.id != lead), None)
        if other is None:
            raise NotFound("lead")
        leads.mark_duplicate(work, home, lead, of=(other.home_id, other.id))

    no = refused(work, close)
    return _answer(request, work, home, lead, no, form, "The lead is closed as a duplicate.")


@post(f"{BASE}/notes", sync_to_thread=True)
def note(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """Write something down. The same words as the last note are the same note sent twice."""
    view = leads.queries.page(work, home, lead, locale="en")
    last = next((entry for entry in view.timeline if entry.words), None)
    no = None
    if not (last and last.words == form["words"] and last.actor == str(work.actor)):
        no = refused(work, lambda: leads.note(work, home, lead, words=form["words"]))
    return _answer(request, work, home, lead, no, form, "The note is saved.")


@post(f"{BASE}/quote", sync_to_thread=True)
def quote(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """Write the draft; with `send`, give it to the client at once."""

    def write() -> None:
        view = leads.queries.page(work, home, lead, locale="en")
        days = whole_number(form["days"] or "0", digits=4)
        if days is None:
            raise InvalidInput(Problem("/days", "invalid_field", "Count in whole days."))
        try:
            leads.draft_quote(
                work,
                home,
                lead,
                amount=amount_in(form["amount"], view.currency),
                scope=form["scope"],
                valid_days=days,
            )
        except InvalidInput as wrong:
            raise InvalidInput(*map(_as_on_the_form, wrong.problems)) from None

    no = refused(work, write)
    return _answer(
        request, work, home, lead, no, form, "The draft is saved. Read it, then send it."
    )


def _as_on_the_form(problem: Problem) -> Problem:
    pointer = {"/valid_days": "/days"}.get(problem.pointer, problem.pointer)
    return Problem(pointer, problem.code, problem.message, problem.facts)


@post(f"{BASE}/quote/sending", sync_to_thread=True)
def send_quote(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], lead: FromPath[UUID]
) -> HttpResponse:
    """Give the draft to the client."""
    no = refused(work, lambda: leads.send_quote(work, home, lead))
    done = "The quote is ready. Send the client its link."
    return _answer(request, work, home, lead, no, None, done)


@post(f"{BASE}/loss", sync_to_thread=True)
def lose(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """Nothing comes of it."""
    no = refused(
        work, lambda: leads.lose(work, home, lead, reason=form["reason"], words=form["why"])
    )
    return _answer(request, work, home, lead, no, form, "The lead is marked as lost.")


routes = [pipeline, lead, reach, mark_duplicate, qualify, note, quote, send_quote, lose]
