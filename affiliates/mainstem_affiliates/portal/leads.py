"""Leads: the clients who were introduced, and how far each has come."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from mainstem import leads
from mainstem.kit.work import Work
from mainstem.leads.queries import Introduced
from mainstem.web import (
    language_of,
    listing,
    render,
)
from mainstem.web.listing import Listing
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around
from mainstem_affiliates.storefront.links import ROOT


class LeadsPage(PortalPage, frozen=True, kw_only=True):
    """The requests that the affiliate introduced."""

    leads: list[Introduced]
    listing: Listing
    shop_url: str | None


_LEAD_STAGES = (
    ("new", "Not called yet"),
    ("qualified", "We are working out a price"),
    ("quoted", "The client has our quote"),
    ("follow_up", "The quote has expired or was declined"),
    ("won", "Won"),
    ("lost", "Nothing came of it"),
    ("duplicate", "Asked before"),
)


@get("/leads")
async def introduced(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The requests that the affiliate introduced, and how far each has come."""
    me = reads.me(work)
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Client or number"), language.text("Name, e-mail, number")
    )
    stage = listing.choice(
        request,
        "state",
        language.text("Stage"),
        [("", language.text("Any")), *((key, language.text(to)) for key, to in _LEAD_STAGES)],
    )
    days = listing.period(request, language)
    since, until = listing.instants(days, work.tools.zone)
    found = leads.queries.introduced(
        work,
        me.id,
        locale=language.locale,
        stage=stage.value,
        text=words.value,
        since=since,
        until=until,
        cursor=listing.cursor_of(request),
    )
    page = LeadsPage(
        **around(request, me, "leads"),
        leads=found.rows,
        listing=listing.build("/portal/leads", found, words, stage, *days),
        shop_url=f"{ROOT}/{me.shop}" if me.shop else None,
    )
    return render(request, "portal/leads.html", page)


routes = [introduced]
