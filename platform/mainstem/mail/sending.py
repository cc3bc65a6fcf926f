"""Sending what is queued, one row at a time, between transactions.

The attempt is written down before the server is asked, and its outcome after. Whoever is killed
between the two is tried again under the same Message-ID, by which mailboxes know a repeat. One bad
address holds nobody up: each row waits for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mainstem import company, domains, joining, pictures
from mainstem.identity import hash_of, invitation_token, reset_token
from mainstem.kit.db import Database
from mainstem.kit.events import Fact
from mainstem.kit.signed import in_force
from mainstem.kit.work import SYSTEM, Work
from mainstem.mail import smtp
from mainstem.mail.bounces import mark_bounced
from mainstem.mail.links import Links
from mainstem.mail.messages import MESSAGES
from mainstem.mail.outbox import context_of
from mainstem.mail.rendering import Brand, Rendered, render
from mainstem.mail.settings import MailSettings, read_settings
from mainstem.mail.smtp import Envelope, MailDeferred, MailRefused

ATTEMPTS_MAX = 80
"""Some three days, as the worker waits: so long may a server be away, or a mailbox be full."""
LEASE_SECONDS = 120
LOGO_SIZE = 640
LOGO_MAX = (200, 44)
"""How large a logo may stand at the head of a mail, in pixels."""

_TAKE = """
UPDATE mail
   SET attempts = attempts + 1, message_id = coalesce(message_id, %(message_id)s),
       leased_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE home_id = %(home)s AND id = %(id)s AND state = 'queued'
   AND (leased_until IS NULL OR leased_until <= clock_timestamp())
RETURNING *"""
_WORKS_ONCE = """
SELECT EXISTS (SELECT 1 FROM invitation WHERE token_hash = ANY(%(hashes)s))
    OR EXISTS (SELECT 1 FROM password_reset WHERE token_hash = ANY(%(hashes)s))
    OR EXISTS (SELECT 1 FROM application_confirmation WHERE token_hash = ANY(%(hashes)s))"""
_BOUNCED = """
SELECT error FROM bounced_address
 WHERE address_key = (SELECT recipient_key FROM mail WHERE home_id = %(home)s AND id = %(id)s)"""
_END = """
UPDATE mail SET state = %(state)s, error = %(error)s, leased_until = NULL,
       sent_at = CASE WHEN %(state)s = 'sent' THEN %(now)s::timestamptz END
 WHERE home_id = %(home)s AND id = %(id)s AND state = 'queued'"""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A row in hand: the attempt is counted, and what it says is rendered."""

    row: Any
    envelope: Envelope
    rendered: Rendered


def deliver(database: Database, fact: Fact) -> None:
    """Send the mail of a fact, if it still waits. Raises MailDeferred to be asked again later."""
    server = database.tools.smtp
    key = (fact.home_id, fact.uuid)
    with database.work(SYSTEM) as work:
        taken = _take(work, key)
    if taken is None:
        return
    if server is None:
        _end(database, key, "kept")
        return
    try:
        message = smtp.compose(taken.envelope, taken.rendered)
        smtp.send(server, message, name=smtp.hostname())
    except MailRefused as no:
        _end(database, key, "failed", str(no), bounced=no.bounced)
    except MailDeferred as later:
        if taken.row.attempts >= ATTEMPTS_MAX:
            _end(database, key, "failed", str(later))
            return
        _note(database, key, str(later))
        raise
    else:
        _end(database, key, "sent")


def _take(work: Work, key: tuple[int, UUID]) -> _Taken | None:
    named = {"home": key[0], "id": key[1]}
    why = work.value(_BOUNCED, **named)
    if why is not None:
        work.run(_END, state="suppressed", error=why, now=work.now(), **named)
        return None
    settings = read_settings(work)
    if settings is None:
        raise MailDeferred("Nobody has said who the company's mail is from.")
    domain = settings.sender_address.rpartition("@")[2]
    row = work.row(_TAKE, message_id=f"<{key[1]}@{domain}>", lease=LEASE_SECONDS, **named)
    if row is None:
        if work.value(
            "SELECT state = 'queued' FROM mail WHERE home_id = %(home)s AND id = %(id)s", **named
        ):
            raise MailDeferred("Another worker is sending it.")
        return None
    links = Links(_place_of(work, row), _secret_of(work, row))
    rendered = rendered_row(work, row, sender=settings.sender_name, links=links)
    return _Taken(row, _envelope(row, settings, links), rendered)


def _secret_of(work: Work, row: Any) -> str:
    """The secret that makes this mail's links: one that works once was made with the secret of its
    time, and of that the database has the hash."""
    for before in in_force(work.tools.secret)[1:]:
        hashes = [hash_of(token) for token in _tokens(before, row.subject)]
        if work.value(_WORKS_ONCE, hashes=hashes):
            return before
    return work.tools.secret


def _tokens(secret: str, subject: str) -> list[str]:
    try:
        reference = UUID(subject)
    except ValueError:
        return []
    kinds = (invitation_token, reset_token, joining.confirmation_token)
    return [make(secret, reference) for make in kinds]


def rendered_row(work: Work, row: Any, *, sender: str, links: Links) -> Rendered:
    """What a row of the outbox says, in its reader's language and the company's colour. `sender` is
    the company."""
    return render(
        row.reason,
        context_of(row),
        locale=row.locale,
        zone=work.tools.zone,
        links=links,
        sender=sender,
        brand=brand_of(work),
        unsubscribe_url=_unsubscribe_url(row, links),
    )


def brand_of(work: Work) -> Brand:
    """How the company's mail looks."""
    logo = company.face(work).logo
    picture = pictures.content(work, logo.hash, LOGO_SIZE, "jpg") if logo else b""
    if logo is None or not picture:
        return Brand(company.accent(work))
    return Brand(company.accent(work), picture, logo.fitted(*LOGO_MAX))


def _place_of(work: Work, row: Any) -> str:
    """Where the links of a message lead: a client goes back to the host on which they began."""
    context = row.context or {}
    about = (context.get("order") or {}).get("id") or context.get("lead_id")
    if "shop" not in context or not about:
        return work.tools.public_url
    home = (context.get("order") or context).get("home_id", row.home_id)
    return domains.url_of(work, home, UUID(about))


def _unsubscribe_url(row: Any, links: Links) -> str:
    topic = MESSAGES[row.reason].topic
    if topic is None or row.person_id is None:
        return ""
    return links.preference(row.person_id, topic)


def _envelope(row: Any, settings: MailSettings, links: Links) -> Envelope:
    return Envelope(
        sender_name=sender_name(row, settings.sender_name),
        sender_address=settings.sender_address,
        reply_to=settings.reply_to,
        name=row.recipient_name,
        address=row.recipient,
        message_id=row.message_id,
        at=datetime.now(UTC),
        locale=row.locale,
        unsubscribe_url=_unsubscribe_url(row, links),
    )


def sender_name(row: Any, company: str) -> str:
    """Who a row is from, as its reader knows them: a client knows the shop where they bought."""
    shop = (row.context or {}).get("shop")
    return str(shop["name"]) if shop else company


def _note(database: Database, key: tuple[int, UUID], error: str) -> None:
    """Why it was not sent this time; the row waits."""
    with database.work(SYSTEM) as work:
        work.run(
            """UPDATE mail SET error = %(error)s, leased_until = NULL
                WHERE home_id = %(home)s AND id = %(id)s AND state = 'queued'""",
            home=key[0],
            id=key[1],
            error=error,
        )


def _end(
    database: Database,
    key: tuple[int, UUID],
    state: str,
    error: str | None = None,
    *,
    bounced: bool = False,
) -> None:
    with database.work(SYSTEM) as work:
        work.run(_END, home=key[0], id=key[1], state=state, error=error, now=work.now())
        if bounced:
            address = work.value(
                "SELECT recipient_key FROM mail WHERE home_id = %(home)s AND id = %(id)s",
                home=key[0],
                id=key[1],
            )
            mark_bounced(work, address, error or "")
