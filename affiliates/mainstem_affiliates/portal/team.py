"""The team: who was brought in by whom."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from mainstem.kit.work import Work
from mainstem.web import (
    language_of,
    listing,
    render,
)
from mainstem.web.listing import Listing
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around
from mainstem_affiliates.portal.reads import (
    Teammate,
)


class TeamPage(PortalPage, frozen=True, kw_only=True):
    """The affiliate's team, level by level."""

    levels: list[tuple[int, list[Teammate]]]
    count: int
    listing: Listing


@get("/team")
async def team(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The affiliate's team."""
    me = reads.me(work)
    words = listing.text(request, "q", language_of(request).text("Name"))
    found = reads.team(work, me, text=words.value, cursor=listing.cursor_of(request))
    levels: dict[int, list[Teammate]] = {}
    for mate in found.rows:
        levels.setdefault(mate.level, []).append(mate)
    page = TeamPage(
        **around(me, "team"),
        levels=sorted(levels.items()),
        count=reads.team_size(work, me),
        listing=listing.build("/portal/team", found, words),
    )
    return render(request, "portal/team.html", page)


routes = [team]
