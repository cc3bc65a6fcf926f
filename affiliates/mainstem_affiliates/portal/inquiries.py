"""What the affiliate has asked about their commissions, by when it is answered, and the answers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import inquiries, network
from mainstem.inquiries import AskedInquiry
from mainstem.kit.errors import Refused
from mainstem.kit.work import Actor, Work
from mainstem.web import language_of, listing, redirect, render
from mainstem.web.listing import Listing
from mainstem.web.rendering import words
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of


class AskedView(msgspec.Struct, frozen=True):
    """An inquiry, and how many working days are left to answer it."""

    it: AskedInquiry
    days_left: int


class InquiriesPage(PortalPage, frozen=True, kw_only=True):
    """What was asked, newest first."""

    asked: list[AskedView]
    listing: Listing


@get("/inquiries", opt={"right": network.SEE_MONEY})
async def asked(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """What the affiliate has asked, and what was answered."""
    me = reads.me(work)
    found = inquiries.asked_by(work, me.id, cursor=listing.cursor_of(request))
    page = InquiriesPage(
        **around(request, me, "earnings"),
        asked=[AskedView(one, _days_left(work, one.due_on)) for one in found.rows],
        listing=listing.build("/portal/inquiries", found),
    )
    return render(request, "portal/inquiries.html", page)


@post(
    "/inquiries/{inquiry_id:uuid}/withdrawal",
    status_code=200,
    opt={"right": network.SEE_MONEY},
)
async def withdraw(request: HttpRequest, inquiry_id: FromPath[UUID]) -> Page:
    """Ask no more. An inquiry that was answered meanwhile keeps its answer."""
    me, language = me_of(request), language_of(request)
    actor = Actor("affiliate", str(me))
    try:
        await in_work(request, actor, lambda work: inquiries.withdraw(work, me, inquiry_id))
    except Refused as no:
        if no.status == 404:
            raise
        return redirect(request, "/portal/inquiries", notice=words(language, no), tone="bad")
    notice = language.text("You have withdrawn your question.")
    return redirect(request, "/portal/inquiries", notice=notice)


def _days_left(work: Work, due_on: date) -> int:
    zone = work.tools.zone
    return inquiries.days_left(work.now().astimezone(zone).date(), due_on, zone)


routes = [asked, withdraw]
