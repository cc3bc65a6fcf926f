"""Working on a lead: taken, reached, noted, found to be another's twin, lost."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import leads
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
)
from mainstem_fulfillment.desk.leads.lead import BASE, LEAD


@post(f"{BASE}/qualification", sync_to_thread=True)
def qualify(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], lead: FromPath[UUID]
) -> HttpResponse:
    """The request is real and ours to do."""
    return LEAD.of(home, lead).do(
        request, work, lambda: leads.qualify(work, home, lead), "The lead is qualified."
    )


@post(f"{BASE}/reaching", sync_to_thread=True)
def reach(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """The client was reached by one of their contacts, and the request is theirs."""
    return LEAD.of(home, lead).do(
        request,
        work,
        lambda: leads.reach(work, home, lead, by=form["by"]),
        "The client is marked as reached.",
        form,
    )


@post(f"{BASE}/duplication", sync_to_thread=True)
def mark_duplicate(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """The same request as another lead, which goes on."""

    def do() -> str:
        shown = leads.queries.possible_duplicates(work, home, lead)
        other = next((one for one in shown if str(one.id) == form["of"] and one.id != lead), None)
        if other is None:
            raise NotFound("lead")
        leads.mark_duplicate(work, home, lead, of=(other.home_id, other.id))
        return "The lead is closed as a duplicate."

    return LEAD.of(home, lead).act(request, work, do, form)


@post(f"{BASE}/notes", sync_to_thread=True)
def note(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """Write something down. The same words as the last note are the same note sent twice."""

    def do() -> str:
        view = leads.queries.page(work, home, lead, locale="en")
        last = next((entry for entry in view.timeline if entry.words), None)
        if not (last and last.words == form["words"] and last.actor == str(work.actor)):
            leads.note(work, home, lead, words=form["words"])
        return "The note is saved."

    return LEAD.of(home, lead).act(request, work, do, form)


@post(f"{BASE}/loss", sync_to_thread=True)
def lose(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """Nothing comes of it."""
    return LEAD.of(home, lead).do(
        request,
        work,
        lambda: leads.lose(work, home, lead, reason=form["reason"], words=form["why"]),
        "The lead is marked as lost.",
        form,
    )


routes = [reach, mark_duplicate, qualify, note, lose]
