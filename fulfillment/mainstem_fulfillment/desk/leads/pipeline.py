"""The board of open leads, and the leads of one stage."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem import leads
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    show,
)


class Pipeline(Page, kw_only=True):
    """The board of open leads."""

    board: leads.queries.Pipeline
    view: str
    states: dict[str, str]


class Stage(Page, kw_only=True):
    """The leads of one stage."""

    counts: dict[str, int]
    view: str
    rows: list[leads.queries.Card]
    listing: Listing
    states: dict[str, str]
    reasons: dict[str, str]


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


routes = [pipeline]
