"""The inboxes of the demo: what each person would have got, in place of sending anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from mainstem import mail
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT, Work
from mainstem.web import listing, mail_view
from mainstem.web.context import app_context_of
from mainstem.web.listing import Listing
from mainstem.web.mail_view import MailRow, MailView
from mainstem.web.rendering import language_of, render
from mainstem.web.works import in_work

Page = Response[bytes]
BASE = "/inbox"


class InboxOwner(msgspec.Struct, frozen=True):
    """Somebody who was written to."""

    name: str
    address: str
    url: str
    last_at: datetime


class InboxPage(msgspec.Struct, frozen=True):
    """Whose inboxes there are; or, with `address`, what is in one."""

    owners: list[InboxOwner]
    address: str
    rows: list[MailRow]
    listing: Listing | None


class InboxMessagePage(msgspec.Struct, frozen=True):
    """One message, as its reader has it."""

    mail: MailView
    inbox_url: str


@get("/inbox")
async def inbox(request: Request[Any, Any, Any]) -> Page:
    """Everybody who was written to; with `to`, what is in that inbox."""
    _only_in_a_demo(request)
    address = request.query_params.get("to", "").strip()
    cursor = listing.cursor_of(request)
    language = language_of(request)

    def look(work: Work) -> InboxPage:
        if not address:
            owners = [
                InboxOwner(row.name, row.address, _url(row.address), row.created_at)
                for row in mail.people_written_to(work)
            ]
            return InboxPage(owners, "", [], None)
        found = mail.listed(work, recipient=address, cursor=cursor)
        rows = [mail_view.row_of(language, row, BASE) for row in found.rows]
        return InboxPage([], address, rows, listing.build(BASE, found, to=address))

    return render(request, "pages/inbox.html", await in_work(request, CLIENT, look))


@get("/inbox/{home:int}/{id:uuid}")
async def inbox_message(
    request: Request[Any, Any, Any], home: FromPath[int], id: FromPath[UUID]
) -> Page:
    """One message."""
    _only_in_a_demo(request)
    links = mail_view.own_links(app_context_of(request).settings)
    language = language_of(request)
    view = await in_work(
        request,
        CLIENT,
        lambda work: mail_view.view_of(work, language, home, id, base=BASE, links=links),
    )
    page = InboxMessagePage(view, _url(view.address))
    return render(request, "pages/inbox_message.html", page)


@get("/inbox/{home:int}/{id:uuid}/html")
async def inbox_html(
    request: Request[Any, Any, Any], home: FromPath[int], id: FromPath[UUID]
) -> Page:
    """The HTML of one message, for its frame."""
    _only_in_a_demo(request)
    links = mail_view.own_links(app_context_of(request).settings)
    html = await in_work(request, CLIENT, lambda work: mail_view.html_of(work, home, id, links))
    return mail_view.in_frame(html)


def _only_in_a_demo(request: Request[Any, Any, Any]) -> None:
    if not app_context_of(request).settings.demo:
        raise NotFound("page")


def _url(address: str) -> str:
    return f"{BASE}?{urlencode({'to': address})}"


routes = [inbox, inbox_message, inbox_html]
