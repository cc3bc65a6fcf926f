"""Every affiliate, by name and state."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from mainstem.console import lists
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


class Affiliates(Page, kw_only=True):
    """Who wins clients for us."""

    rows: list[lists.AffiliateRow]
    listing: Listing
    account_states: dict[str, tuple[str, str]]
    providers: dict[str, str]


@get("/affiliates", sync_to_thread=True)
def list_affiliates(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Every affiliate by name."""
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Who"), language.text("Name, e-mail, phone, address")
    )
    state = listing.choice(
        request,
        "state",
        language.text("State"),
        [
            ("", language.text("Any")),
            *((key, language.text(name)) for key, name in labels.AFFILIATE_STATES.items()),
        ],
    )
    found = lists.affiliates(
        work, state=state.value, text=words.value, cursor=listing.cursor_of(request)
    )
    page = Affiliates(
        **layout_of(request, work, "affiliates"),
        rows=found.rows,
        listing=listing.build("/console/affiliates", found, words, state),
        account_states=labelled(language, labels.ACCOUNT_STATES),
        providers={name: language.text(label) for name, label in labels.PROVIDERS.items()},
    )
    return show(request, "console/affiliates.html", page)


routes = [list_affiliates]
