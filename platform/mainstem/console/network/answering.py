"""Moves that were asked for, and the second person's answer."""

from __future__ import annotations

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import sponsors
from mainstem.console.network.moving import WITHDRAW
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.sponsors import Preview, SponsorMove
from mainstem.web import listing
from mainstem.web.forms import Form
from mainstem.web.listing import Listing
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    names_of,
    reader_of,
    said,
    show,
)
from mainstem.web.staff.screen import Screens
from mainstem.web.staff.typed import Denial

MOVES = 40


class Moves(Page, kw_only=True):
    """Moves that were asked for, the newest first."""

    rows: list[SponsorMove]
    who: dict[str, str]
    states: dict[str, tuple[str, str]]
    listing: Listing


class MovePage(Page, kw_only=True):
    """One move: what it is, what it would change as things are, and the answer."""

    it: SponsorMove
    who: dict[str, str]
    states: dict[str, tuple[str, str]]
    preview: Preview | None
    why_not: str
    is_own: bool


@get("/network/moves", sync_to_thread=True)
def moves(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Moves that were asked for."""
    found = sponsors.moves(work, cursor=listing.cursor_of(request), most=MOVES)
    language = language_of(request)
    page = Moves(
        **layout_of(request, work, "affiliates"),
        rows=found.rows,
        who=names_of(work, language, [row.asked_by for row in found.rows]),
        states=labelled(language, labels.MOVE_STATES),
        listing=listing.build("/console/network/moves", found),
    )
    return show(request, "console/network_moves.html", page)


@get("/network/moves/{move:uuid}", sync_to_thread=True)
def move(request: HttpRequest, work: NamedDependency[Work], move: FromPath[UUID]) -> HttpResponse:
    """One move."""
    return MOVE.of(move).show(request, work)


def _page(request: HttpRequest, work: Work, move: UUID) -> MovePage:
    language, it = language_of(request), sponsors.move_of(work, move)
    found: Preview | None = None
    why_not = ""
    if it.state in ("needs_approval", "approved"):
        try:
            found = sponsors.preview(work, it.affiliate_id, it.to_sponsor_id)
        except Refused as no:
            why_not = said(language, no)
    return MovePage(
        **layout_of(request, work, "affiliates"),
        it=it,
        who=names_of(work, language, [it.asked_by, it.decided_by or ""]),
        states=labelled(language, labels.MOVE_STATES),
        preview=found,
        why_not=why_not,
        is_own=it.asked_by == f"staff:{reader_of(request).person_id}",
    )


# No commands: whoever approves or denies is a person, never a program (docs/decisions/43).


@post("/network/moves/{move:uuid}/approval", sync_to_thread=True, opt={"proof": MONEY_PROOF})
def approve(
    request: HttpRequest, work: NamedDependency[Work], move: FromPath[UUID]
) -> HttpResponse:
    """The second person says yes."""

    def do() -> str:
        if sponsors.approve(work, move):
            return "Approved. They have moved."
        return "Approved. They move on that day."

    return MOVE.of(move).act(request, work, do)


@post("/network/moves/{move:uuid}/denial", sync_to_thread=True)
def deny(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    move: FromPath[UUID],
) -> HttpResponse:
    """The second person says no, and why."""
    return MOVE.of(move).do(
        request,
        work,
        lambda: sponsors.deny(work, move, words=form.body(Denial).reason),
        "Denied. Nobody moves.",
    )


MOVE = Screens("console/network_request.html", _page, "/console/network/moves/{}".format)
routes = [
    moves,
    move,
    approve,
    deny,
    form_route(WITHDRAW, lambda move: MOVE.of(move), refills=False),
]
