"""What every message of mail looks like, with believable data; and one sent to whoever asks, to see it arrive."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import company, mail
from mainstem.console.mail import BASE
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import LOCALES
from mainstem.kit.settings import Settings
from mainstem.kit.work import Work
from mainstem.mail import MESSAGES
from mainstem.web import mail_view
from mainstem.web.brand import PRODUCT
from mainstem.web.mail_view import MailView
from mainstem.web.rendering import LANGUAGE_NAMES, language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, reader_of, show


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


routes = [preview, preview_html, send_test]
