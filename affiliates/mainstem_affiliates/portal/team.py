"""The team: who was brought in by whom."""

from __future__ import annotations

import segno
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import joining
from mainstem.joining import ProgrammeClosed
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import Actor, Work
from mainstem.money import Money
from mainstem.web import (
    app_context_of,
    language_of,
    listing,
    render,
)
from mainstem.web.listing import Listing
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around
from mainstem_affiliates.portal.reads import Opened, Teammate


class TeamPage(PortalPage, frozen=True, kw_only=True):
    """The affiliate's own legs, or those below one of the team."""

    of: Opened | None
    mates: list[Teammate]
    found: bool
    sold: dict[int, tuple[list[Money], list[Money]]]
    """What each of the reader's own legs has sold this month, and last."""
    count: int
    listing: Listing
    invite_url: str
    """The affiliate's own link by which others apply; empty while they may bring nobody in."""
    invite_qr: str
    """The same as a picture to be scanned."""
    why_not: str


@get("/team")
async def team(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The affiliate's own legs."""
    return await _page(request, work, None)


@get("/team/{id:int}")
async def leg(request: HttpRequest, work: NamedDependency[Work], id: FromPath[int]) -> Page:
    """Those below one of the team."""
    return await _page(request, work, id)


async def _page(request: HttpRequest, work: Work, id: int | None) -> Page:
    me = reads.me(work)
    of = reads.opened(work, me, id) if id is not None else None
    invite_url, why_not = await _invitation(request, me.id) if of is None else ("", "")
    words = listing.text(request, "q", language_of(request).text("Name"))
    found = reads.team(work, me, of=id, text=words.value, cursor=listing.cursor_of(request))
    page = TeamPage(
        **around(request, me, "team"),
        of=of,
        mates=found.rows,
        found=bool(words.value),
        sold=_sold(work, [mate.id for mate in found.rows if mate.level == 1]),
        count=reads.team_size(work, me),
        listing=listing.build(f"/portal/team/{id}" if of else "/portal/team", found, words),
        invite_url=invite_url,
        invite_qr=segno.make(invite_url, error="m").svg_data_uri(scale=4) if invite_url else "",
        why_not=why_not,
    )
    return render(request, "portal/team.html", page)


def _sold(work: Work, legs: list[int]) -> dict[int, tuple[list[Money], list[Money]]]:
    month = work.now().astimezone(work.tools.zone).strftime("%Y-%m")
    return {
        id: (
            [amount for at, amount in sums if at == month],
            [amount for at, amount in sums if at != month],
        )
        for id, sums in reads.sold_by_legs(work, legs).items()
    }


async def _invitation(request: HttpRequest, me: int) -> tuple[str, str]:
    """The link by which others apply, or why there is none. What counts is decided when they join."""
    settings, language = app_context_of(request).settings, language_of(request)

    def look(work: Work) -> Refused | None:
        if not joining.is_open(work):
            return ProgrammeClosed()
        return joining.why_not_recruit(work, joining.sponsor_of(work, me))

    try:
        no = await in_work(request, Actor("affiliate", str(me)), look)
    except NotFound:  # a house account brings nobody in
        return "", ""
    if no is None:
        token = joining.sponsor_token(settings.secret, me)
        return f"{settings.public_url}/programme?by={token}", ""
    return "", language.text(_WHY_NOT.get(no.code, no.message))


_WHY_NOT = {
    "programme_closed": "The programme takes no applications now, so there is no link to give.",
    "sponsor_may_not_recruit": "You have no link to give now: who may bring others in is said by the programme.",
    "too_many_levels": "Your team is as deep as the programme lets it be, so there is no link to give.",
}


routes = [team, leg]
