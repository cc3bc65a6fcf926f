"""The tree of sponsors, opened node by node: who is directly below, and what each leg comes to."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import network, sponsors
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.network import Leg, Membership, Standing
from mainstem.sponsors import SponsorMove
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    show,
)
from mainstem.web.staff.screen import Screens

LEGS = 40


class LegView(msgspec.Struct, frozen=True):
    """A leg, with what it has sold this month."""

    row: Leg
    sold: list[Money]


class Tree(Page, kw_only=True):
    """Those directly below somebody, or those whom nobody sponsors; or who was found."""

    it: Standing | None
    above: list[tuple[int, str]]
    members: int
    sold: list[Money]
    rows: list[LegView]
    listing: Listing
    found: bool
    past: list[Event]
    moves: list[SponsorMove]
    groups: list[Membership]
    groups_in_use: list[str]
    today: date
    now: datetime


@get("/network", sync_to_thread=True)
def roots(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Those whom nobody sponsors, each to be opened."""
    return show(request, "console/network.html", _tree(request, work, None))


@get("/network/{id:int}", sync_to_thread=True)
def node(request: HttpRequest, work: NamedDependency[Work], id: FromPath[int]) -> HttpResponse:
    """One affiliate in the tree: who stands above, and the legs below."""
    return NODE.of(id).show(request, work)


def _tree(request: HttpRequest, work: Work, id: int | None) -> Tree:
    language = language_of(request)
    it = network.standing(work, id) if id is not None else None
    words = listing.text(
        request, "q", language.text("Who"), language.text("Name, e-mail, phone, address")
    )
    cursor = listing.cursor_of(request)
    page = (
        network.found(work, id, words.value, cursor=cursor, most=LEGS)
        if words.value
        else network.legs(work, id, cursor=cursor, most=LEGS)
    )
    sold = sold_this_month(work, [*(row.id for row in page.rows), *([id] if id else [])])
    return Tree(
        **layout_of(request, work, "affiliates"),
        it=it,
        above=_above(work, it),
        members=network.team_size(work, id) if id is not None else 0,
        sold=sold[id] if id is not None else [],
        rows=[LegView(row, sold[row.id]) for row in page.rows],
        listing=listing.build(f"/console/network/{id}" if id else "/console/network", page, words),
        found=bool(words.value),
        past=_past(work, language, id) if id is not None else [],
        moves=sponsors.moves_of(work, id) if id is not None else [],
        groups=network.groups_of(work, id) if id is not None else [],
        groups_in_use=network.groups_in_use(work) if id is not None else [],
        today=work.now().astimezone(work.tools.zone).date(),
        now=work.now(),
    )


def sold_this_month(work: Work, ids: list[int]) -> defaultdict[int, list[Money]]:
    """What the legs of these have sold this month, each currency by itself."""
    month = work.now().astimezone(work.tools.zone).strftime("%Y-%m")
    sold: defaultdict[int, list[Money]] = defaultdict(list)
    for row in network.volumes(work, ids):
        if row.month == month:
            sold[row.affiliate_id].append(Money(row.minor, row.currency))
    return sold


def _above(work: Work, it: Standing | None) -> list[tuple[int, str]]:
    """The first sponsor first."""
    ids = it.upline[:0:-1] if it else []
    names = network.names(work, ids)
    return [(id, names[id]) for id in ids]


def _past(work: Work, language: Language, id: int) -> list[Event]:
    """Whose they were, the first sponsor first."""
    rows = network.sponsorships_of(work, id)[::-1]
    actors = [actor for row in rows for actor in (row.actor, row.approved_by or "") if actor]
    who = names_of(work, language, actors)
    return [
        Event(
            at=row.valid_from,
            text=language.text("In the team of {sponsor}").format(sponsor=row.sponsor)
            if row.sponsor
            else language.text("No sponsor."),
            who=", ".join([who[row.actor], *([who[row.approved_by]] if row.approved_by else [])]),
            reason=row.why or None,
        )
        for row in rows
    ]


NODE = Screens("console/network.html", _tree, "/console/network/{}".format)
routes = [roots, node]
