"""The queue: who has applied, how far it is, and how long they have waited."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem import joining
from mainstem.joining import WAITING, ApplicationRow
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show

STATES = ("applied", "in_review", "active", "rejected")


class Applied(msgspec.Struct, frozen=True):
    """An application in the queue."""

    id: UUID
    company: str
    state: str
    country: str
    contact: str
    sponsor: str
    sent_at: datetime
    waits: str
    questions: int


class ApplicationsPage(Page, kw_only=True):
    """Who has applied."""

    rows: list[Applied]
    listing: Listing
    is_open: bool


@get("/applications", sync_to_thread=True)
def applications(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Those that wait for a decision, the longest first; or the others."""
    language = language_of(request)
    state = listing.choice(
        request,
        "state",
        language.text("State"),
        [
            ("waiting", language.text("Waiting for a decision")),
            ("all", language.text("Any")),
            *((key, language.text(labels.AFFILIATE_STATES[key])) for key in STATES),
        ],
    )
    found = joining.applications(work, state=state.value, cursor=listing.cursor_of(request))
    page = ApplicationsPage(
        **layout_of(request, work, "affiliates"),
        rows=[_row(language, row, work.now()) for row in found.rows],
        listing=listing.build("/console/applications", found, state),
        is_open=joining.is_open(work),
    )
    return show(request, "console/applications.html", page)


def _row(language: Language, row: ApplicationRow, now: datetime) -> Applied:
    return Applied(
        id=row.id,
        company=row.company_name,
        state=row.state,
        country=language.country(row.country),
        contact=row.contact_name,
        sponsor=row.sponsor or "",
        sent_at=row.confirmed_at,
        waits=waited(language, row.confirmed_at, now) if row.state in WAITING else "",
        questions=row.open_questions,
    )


def waited(language: Language, since: datetime, now: datetime) -> str:
    """How long somebody has waited, in words: hours on the first day, then days."""
    hours = max(int((now - since).total_seconds() // 3600), 0)
    if hours < 1:
        return language.text("less than an hour")
    if hours < 24:
        return language.count("an hour", "{n} hours", hours)
    return language.count("a day", "{n} days", hours // 24)


routes = [applications]
