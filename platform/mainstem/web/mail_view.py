"""A message on a page: its HTML in a frame that runs nothing and loads nothing, and its text."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from mainstem import mail
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import Language
from mainstem.kit.settings import Settings
from mainstem.kit.work import Work
from mainstem.mail import MESSAGES, Links, Rendered

FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
STATES = {
    "queued": ("Queued", "wait"),
    "sent": ("Sent", "good"),
    "kept": ("Not sent, only kept", "still"),
    "failed": ("Failed", "bad"),
    "suppressed": ("Held back: the address bounced", "bad"),
}
"""How far a message has come, in words, with the tone of it."""


class MailRow(msgspec.Struct, frozen=True):
    """A message in a list."""

    url: str
    what: str
    to: str
    address: str
    created_at: datetime
    state: tuple[str, str]
    error: str


class MailView(msgspec.Struct, frozen=True):
    """A message to be read: `frame_url` is where its HTML is, empty once that is no longer kept."""

    subject: str
    sender: str
    name: str
    address: str
    created_at: datetime | None
    sent_at: datetime | None
    state: tuple[str, str] | None
    error: str
    frame_url: str
    text: str


def row_of(language: Language, row: Any, base: str) -> MailRow:
    """How a row of the outbox stands in a list, below `base`."""
    label, tone = STATES[row.state]
    return MailRow(
        url=f"{base}/{row.home_id}/{row.id}",
        what=language.text(MESSAGES[row.reason].name),
        to=row.recipient_name,
        address=row.recipient,
        created_at=row.created_at,
        state=(language.text(label), tone),
        error=row.error or "",
    )


def view_of(
    work: Work, language: Language, home_id: int, mail_id: UUID, *, base: str, links: Links
) -> MailView:
    """One message of the outbox, whole."""
    row = mail.mail_named(work, home_id, mail_id)
    listed = row_of(language, row, base)
    if row.context is None:
        return _forgotten(row, listed, sender_of(work))
    _, sender, rendered = _rendered(work, home_id, mail_id, links)
    return MailView(
        subject=rendered.subject,
        sender=mail.sender_name(row, sender),
        name=listed.to,
        address=listed.address,
        created_at=row.created_at,
        sent_at=row.sent_at,
        state=listed.state,
        error=listed.error,
        frame_url=f"{listed.url}/html",
        text=rendered.text,
    )


def _forgotten(row: Any, listed: MailRow, sender: str) -> MailView:
    """A message of which only is kept that it was sent."""
    return MailView(
        subject=listed.what,
        sender=sender,
        name=listed.to,
        address=listed.address,
        created_at=row.created_at,
        sent_at=row.sent_at,
        state=listed.state,
        error=listed.error,
        frame_url="",
        text="",
    )


def html_of(work: Work, home_id: int, mail_id: UUID, links: Links) -> str:
    """The HTML of one message of the outbox."""
    rendered = _rendered(work, home_id, mail_id, links)[2]
    return mail.written_in(rendered.html, rendered.pictures)


def _rendered(work: Work, home_id: int, mail_id: UUID, links: Links) -> tuple[Any, str, Rendered]:
    row = mail.mail_named(work, home_id, mail_id)
    if row.context is None:
        raise NotFound("page")
    sender = sender_of(work)
    return row, sender, mail.rendered_row(work, row, sender=sender, links=links)


def sender_of(work: Work) -> str:
    """The name that the company's mail is from."""
    settings = mail.read_settings(work)
    return settings.sender_name if settings else ""


def own_links(settings: Settings) -> Links:
    """The links as their reader gets them."""
    return Links(settings.public_url, settings.secret)


def looking_links(settings: Settings) -> Links:
    """Links for somebody who only looks at another's mail: they sign nothing off and pay nothing."""
    return Links(settings.public_url, settings.secret, may=(), opens_pages=False)


def in_frame(html: str) -> Response[bytes]:
    """A message's HTML as the answer that only our own frame shows. A link in it opens beside."""
    shown = html.replace("<head>", '<head><base target="_blank">', 1)
    return Response(
        shown.encode(),
        media_type="text/html",
        headers={"content-security-policy": FRAME_POLICY, "x-frame-options": "SAMEORIGIN"},
    )
