"""The outbox: what is to be told, written in the transaction of what it tells.

A row stands for one reason, thing and recipient; written twice, late or beside itself it is one
row. Sending follows from its fact, between transactions. Where no server is named, and in a demo,
what is queued is kept to be read and leaves nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from mainstem.kit.bulk import Json, given, relation
from mainstem.kit.contact import email_key
from mainstem.kit.events import record_all
from mainstem.kit.ids import new_ids
from mainstem.kit.work import Work
from mainstem.mail.contexts import Context
from mainstem.mail.messages import MESSAGES


class Recipient(NamedTuple):
    """Who is told: an address, a language, and the person behind it where they sign in."""

    address: str
    name: str
    locale: str
    person_id: int | None = None


class Outgoing(NamedTuple):
    """One message to one recipient. `home_id` is the affiliate that it belongs to, 0 for none."""

    home_id: int
    subject: str
    to: Recipient
    context: Context


class _MailRow(NamedTuple):
    home_id: int
    id: UUID
    reason: str
    subject: str
    recipient: str
    recipient_key: str
    recipient_name: str
    recipient_kind: str
    person_id: int | None
    locale: str
    context: Json
    created_at: datetime


_KEEP = f"""
INSERT INTO mail (home_id, id, reason, subject, recipient, recipient_key, recipient_name,
                  recipient_kind, person_id, locale, context, created_at, state, error)
SELECT new.*, CASE WHEN b.address_key IS NOT NULL THEN 'suppressed' ELSE %(state)s END, b.error
  FROM {relation(_MailRow, "new")}
  LEFT JOIN bounced_address b ON b.address_key = new.recipient_key
    ON CONFLICT (home_id, reason, subject, recipient_key) DO NOTHING
RETURNING home_id, id, state"""


def is_on(work: Work) -> bool:
    """Whether the company sends mail at all: somebody has said who it is from."""
    return bool(work.value("SELECT EXISTS (SELECT 1 FROM mail_settings)"))


def queue(
    work: Work, reason: str, *, to: Recipient, subject: object, context: Context, home: int = 0
) -> bool:
    """Tell one recipient one thing, once; whether that was new.

    `subject` is what it is about, in the words of facts; another subject is another message.
    """
    return bool(queue_all(work, reason, [Outgoing(home, str(subject), to, context)]))


def queue_all(work: Work, reason: str, outgoing: Iterable[Outgoing]) -> int:
    """Tell many recipients, in one statement; how many of them had not been told.

    An address that bounced is told nothing: its row says so. One that no mail could reach, and a
    company that has not said who its mail is from, queue nothing.
    """
    message = MESSAGES[reason]
    found = list(outgoing)
    assert all(type(one.context) is message.context for one in found)
    rows = _rows(work, message.to, reason, found)
    if not rows or not is_on(work):
        return 0
    state = "queued" if work.tools.smtp else "kept"
    kept = work.rows(_KEEP, state=state, **given(rows, _MailRow, "new"))
    waiting = [(row.home_id, row.id) for row in kept if row.state == "queued"]
    record_all(work, "mail.queued", waiting)
    return len(kept)


def _rows(work: Work, kind: str, reason: str, outgoing: Sequence[Outgoing]) -> list[_MailRow]:
    ids, now = new_ids(len(outgoing)), work.now()
    return [
        _MailRow(
            one.home_id, id, reason, one.subject, one.to.address.strip(), key,
            one.to.name, kind, one.to.person_id, one.to.locale,
            Json(msgspec.json.encode(one.context).decode()), now,
        )
        for one, id in zip(outgoing, ids, strict=True)
        if (key := _key(one.to.address))
    ]  # fmt: skip


def _key(address: str) -> str:
    """The address as it is compared. One that nobody could have is kept, to fail by itself."""
    key = email_key(address) or address.strip().lower()
    return key if "@" in key[1:-1] else ""


def context_of(row: Any) -> Context:
    """What the message of this row is made of."""
    return msgspec.convert(row.context, MESSAGES[row.reason].context, strict=False)
