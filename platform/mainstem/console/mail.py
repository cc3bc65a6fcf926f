"""Mail: what was told to whom and how far it came, and what every message looks like."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem import company, mail
from mainstem.kit.documents import Document
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import LOCALES
from mainstem.kit.settings import Settings
from mainstem.kit.work import Work
from mainstem.mail import MESSAGES
from mainstem.web import listing, mail_view
from mainstem.web.brand import PRODUCT
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.listing import Listing
from mainstem.web.mail_view import MailRow, MailView
from mainstem.web.rendering import LANGUAGE_NAMES, language_of, redirect
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import (
    ADMIN,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    reader_of,
    show,
)

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


class Kind(msgspec.Struct, frozen=True):
    """One message that there is, and where it is shown."""

    name: str
    audience: str
    url: str
    current: bool


class PreviewPage(Page, kw_only=True):
    """Every message that there is, and one of them as it is read."""

    kinds: dict[str, list[Kind]]
    shown: MailView
    in_languages: list[tuple[str, str, bool]]
    test_url: str
    may_test: bool


AUDIENCES = {"client": "To clients", "affiliate": "To affiliates", "staff": "To staff"}


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


# ------------------------------------------------------------------------- previews


@get("/mail/preview", sync_to_thread=True)
def preview(
    request: HttpRequest, work: NamedDependency[Work], settings: NamedDependency[Settings]
) -> HttpResponse:
    """Every message, with believable data: `reason` and `in` choose which, and its language."""
    language = language_of(request)
    reason = request.query_params.get("reason", "")
    reason = reason if reason in MESSAGES else next(iter(MESSAGES))
    asked = request.query_params.get("in", "")
    locale = asked if asked in LOCALES else language.locale
    sender = _sender(work)
    read = mail.preview(
        reason, locale=locale, zone=settings.zone, public_url=settings.public_url, sender=sender
    )
    reader = mail.recipient_of(work, reader_of(request).person_id)
    page = PreviewPage(
        **layout_of(request, work, "mail"),
        kinds=_kinds(request, reason, locale),
        shown=MailView(
            subject=read.subject,
            sender=sender,
            name=reader.name,
            address=reader.address,
            created_at=None,
            sent_at=None,
            state=None,
            error="",
            frame_url=f"{BASE}/preview/{reason}/{locale}",
            text=read.text,
        ),
        in_languages=[
            (LANGUAGE_NAMES[one], f"{BASE}/preview?reason={reason}&in={one}", one == locale)
            for one in LOCALES
        ],
        test_url=f"{BASE}/preview/{reason}/{locale}",
        may_test=mail.is_on(work),
    )
    return show(request, "console/mail_preview.html", page)


def _kinds(request: HttpRequest, reason: str, locale: str) -> dict[str, list[Kind]]:
    """The messages by audience, as links."""
    language = language_of(request)
    kinds: dict[str, list[Kind]] = {}
    for one in MESSAGES.values():
        audience = language.text(AUDIENCES[one.to])
        url = f"{BASE}/preview?reason={one.reason}&in={locale}"
        kind = Kind(language.text(one.name), audience, url, one.reason == reason)
        kinds.setdefault(audience, []).append(kind)
    return kinds


@get("/mail/preview/{reason:str}/{locale:str}", sync_to_thread=True)
def preview_html(
    work: NamedDependency[Work],
    settings: NamedDependency[Settings],
    reason: FromPath[str],
    locale: FromPath[str],
) -> HttpResponse:
    """The HTML of a preview, for its frame."""
    read = mail.preview(
        reason,
        locale=_locale(locale),
        zone=settings.zone,
        public_url=settings.public_url,
        sender=_sender(work),
        brand=mail.brand_of(work),
    )
    return mail_view.in_frame(mail.written_in(read.html, read.pictures))


@post("/mail/preview/{reason:str}/{locale:str}", sync_to_thread=True)
def send_test(
    request: HttpRequest,
    work: NamedDependency[Work],
    reason: FromPath[str],
    locale: FromPath[str],
) -> HttpResponse:
    """Send this message to whoever asks, to see it arrive."""
    reader = mail.recipient_of(work, reader_of(request).person_id)
    sent = mail.send_test(work, reason, reader._replace(locale=_locale(locale)))
    words = (
        "The test message is on its way to you."
        if sent
        else "Say first who the company's mail is from."
    )
    return redirect(
        request,
        f"{BASE}/preview?reason={reason}&in={locale}",
        notice=language_of(request).text(words),
        tone="good" if sent else "bad",
    )


def _sender(work: Work) -> str:
    """Who mail is from; the company, before anybody has said it."""
    return mail_view.sender_of(work) or company.face(work).name or PRODUCT


def _locale(locale: str) -> str:
    if locale not in LOCALES:
        raise NotFound("page")
    return locale


commands = [WRITE_AGAIN]
routes = [outbox, message, message_html, write_again, preview, preview_html, send_test]
