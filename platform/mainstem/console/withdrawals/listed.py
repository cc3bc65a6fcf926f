"""Withdrawals, what is due first first."""

from __future__ import annotations

from datetime import date

from litestar import get
from litestar.di import NamedDependency

from mainstem import withdrawals
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    show,
)


class Withdrawals(Page, kw_only=True):
    """Withdrawals that wait, or all of them."""

    rows: list[withdrawals.Waiting]
    listing: Listing
    states: dict[str, tuple[str, str]]
    channels: dict[str, str]
    today: date


@get("/withdrawals", sync_to_thread=True)
def list_withdrawals(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What waits for a decision; what is due first comes first."""
    language = language_of(request)
    view = listing.choice(
        request,
        "view",
        language.text("Show"),
        [
            ("", language.text("Waiting")),
            ("unmatched", language.text("Without an order")),
            ("all", language.text("All of them")),
        ],
    )
    found = withdrawals.waiting(
        work,
        all_of_them=view.value == "all",
        unmatched=view.value == "unmatched",
        cursor=listing.cursor_of(request),
    )
    page = Withdrawals(
        **layout_of(request, work, "orders"),
        rows=found.rows,
        listing=listing.build("/console/withdrawals", found, view),
        states=labelled(language, labels.WITHDRAWAL_STATES),
        channels={key: language.text(name) for key, name in labels.CHANNELS.items()},
        today=work.now().astimezone(work.tools.zone).date(),
    )
    return show(request, "console/withdrawals.html", page)


routes = [list_withdrawals]
