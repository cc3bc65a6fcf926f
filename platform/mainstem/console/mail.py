"""Mail: what was told to whom and how far it came."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem import mail
from mainstem.kit.documents import Document
from mainstem.kit.settings import Settings
from mainstem.kit.work import Work
from mainstem.web import listing, mail_view
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.listing import Listing
from mainstem.web.mail_view import MailRow, MailView
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import ADMIN, HttpRequest, HttpResponse, Page, layout_of, show

BASE = "/console/mail"


class MailPage(Page, kw_only=True):
    """The outbox, newest first; and the addresses at which nothing arrives."""

    rows: list[MailRow]
    listing: Listing
    bounces: list[mail.Bounce]
    is_on: bool
    sends: bool


class MessagePage(Page, kw_only=True):
    """One message as it was sent."""

    mail: MailView


@get("/mail", sync_to_thread=True)
def outbox(
    request: HttpRequest, work: NamedDependency[Work], settings: NamedDependency[Settings]
) -> HttpResponse:
    """The outbox; `state` and `to` narrow it."""
    language = language_of(request)
    states = [(state, language.text(mail_view.STATES[state][0])) for state in mail.RARE_STATES]
    state = listing.choice(
        request, "state", language.text("State"), [("", language.text("All")), *states]
    )
    to = listing.text(request, "to", language.text("E-mail address"))
    found = mail.listed(
        work, state=state.value, recipient=to.value, cursor=listing.cursor_of(request)
    )
    page = MailPage(
        **layout_of(request, work, "mail"),
        rows=[mail_view.row_of(language, row, BASE) for row in found.rows],
        listing=listing.build(BASE, found, state, to),
        bounces=mail.bounces(work),
        is_on=mail.is_on(work),
        sends=settings.smtp is not None,
    )
    return show(request, "console/mail.html", page)


@get("/mail/{home:int}/{id:uuid}", sync_to_thread=True)
def message(
    request: HttpRequest,
    work: NamedDependency[Work],
    settings: NamedDependency[Settings],
    home: FromPath[int],
    id: FromPath[UUID],
) -> HttpResponse:
    """One message: its HTML and its text."""
    view = mail_view.view_of(
        work, language_of(request), home, id, base=BASE, links=mail_view.looking_links(settings)
    )
    page = MessagePage(**layout_of(request, work, "mail"), mail=view)
    return show(request, "console/mail_message.html", page)


@get("/mail/{home:int}/{id:uuid}/html", sync_to_thread=True)
def message_html(
    work: NamedDependency[Work],
    settings: NamedDependency[Settings],
    home: FromPath[int],
    id: FromPath[UUID],
) -> HttpResponse:
    """The HTML of one message, for its frame."""
    links = mail_view.looking_links(settings)
    return mail_view.in_frame(mail_view.html_of(work, home, id, links))


class MailAddress(Document):
    """Whom to write to again."""

    address: str = Field(title="E-mail", description="An address that had been given up.")


def _write_again(work: Work, body: MailAddress) -> str | Told:
    """Write to an address again that had been given up after its mail came back."""
    if mail.lift_bounce(work, body.address):
        return "Mail is sent to this address again."
    return Told("Mail was sent there already.", outcome="done_before")


WRITE_AGAIN = Command(
    name="write_to_address_again",
    path="/mail/bounces",
    do=_write_again,
    body=MailAddress,
    example={"address": "ada@example.com"},
    scope="mail:write",
    roles=ADMIN,
    tag="Mail",
)


@form_of(WRITE_AGAIN)
def write_again(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Write to an address again, and come back to the list."""
    said = WRITE_AGAIN.sent(work, form, {})
    return redirect(request, BASE, notice=said.words(language_of(request)))


commands = [WRITE_AGAIN]
routes = [outbox, message, message_html, write_again]
