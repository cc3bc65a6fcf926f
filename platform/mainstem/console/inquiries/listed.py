"""What affiliates have asked, what is due first first."""

from __future__ import annotations

from datetime import date

from litestar import get
from litestar.di import NamedDependency

from mainstem import inquiries
from mainstem.console.clients.binding import url_of
from mainstem.earnings import (
    AttributionChange,
    BindingChange,
    client_reattributions_waiting,
    reattributions_waiting,
)
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, labelled, layout_of, show


class Inquiries(Page, kw_only=True):
    """Inquiries that wait, or all of them."""

    rows: list[inquiries.InquiryRow]
    listing: Listing
    states: dict[str, tuple[str, str]]
    abouts: dict[str, str]
    today: date
    changes: list[AttributionChange]
    """Of who is credited with an order: those that wait for a second person."""
    tied: list[tuple[str, BindingChange]]
    """Of whom a client is tied to: the same, each with where it is decided."""


@get("/inquiries", sync_to_thread=True)
def list_inquiries(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What waits for an answer; what is due first comes first."""
    language = language_of(request)
    view = listing.choice(
        request,
        "view",
        language.text("Show"),
        [("", language.text("Waiting")), ("all", language.text("All of them"))],
    )
    found = inquiries.listed(
        work, all_of_them=view.value == "all", cursor=listing.cursor_of(request)
    )
    page = Inquiries(
        **layout_of(request, work, "money"),
        rows=found.rows,
        listing=listing.build("/console/inquiries", found, view),
        states=labelled(language, labels.INQUIRY_STATES),
        abouts={key: language.text(name) for key, name in labels.INQUIRY_ABOUT.items()},
        today=work.now().astimezone(work.tools.zone).date(),
        changes=reattributions_waiting(work),
        tied=[(url_of(one.client_key), one) for one in client_reattributions_waiting(work)],
    )
    return show(request, "console/inquiries.html", page)


routes = [list_inquiries]
