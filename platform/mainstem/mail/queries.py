"""What pages read of the outbox. Each list goes by an index, however long its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.contact import email_key
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.mail.outbox import Recipient

PAGE = 50
STATES = ("queued", "sent", "kept", "failed", "suppressed")
RARE_STATES = ("queued", "failed", "suppressed")
"""The states that a list can be narrowed to: those that are few, and have an index."""
BOUNCES_MAX = 50

_NEWEST = Sorting(
    "newest",
    (
        SortColumn("m.created_at", "created_at", datetime),
        SortColumn("m.home_id", "home_id", int),
        SortColumn("m.id", "id", UUID),
    ),
)
_COLUMNS = """m.home_id, m.id, m.reason, m.subject, m.recipient, m.recipient_name, m.recipient_key,
       m.person_id, m.locale, m.context, m.state, m.attempts, m.error, m.created_at, m.sent_at,
       m.message_id"""
_LIST = f"SELECT {_COLUMNS} FROM mail m WHERE {{where}} {{seek}} {{sorted}}"


@dataclass(frozen=True, slots=True)
class Bounce:
    """An address at which nothing arrives, since when, and what was said of it."""

    address_key: str
    error: str
    bounced_at: datetime


def listed(
    work: Work,
    *,
    state: str = "",
    recipient: str = "",
    cursor: str | None = None,
    most: int = PAGE,
) -> Page[Any]:
    """Mail, newest first, narrowed to a state or to one address."""
    where = ["true"]
    if state in RARE_STATES:
        # Said so that the planner knows the index of these few.
        where.append(f"m.state = %(state)s AND m.state IN {RARE_STATES}")
    if recipient:
        where.append("m.recipient_key = %(recipient)s")
    return paging.read(
        work,
        _LIST.replace("{where}", " AND ".join(where)),
        _NEWEST,
        cursor=cursor,
        most=most,
        state=state,
        recipient=email_key(recipient) or recipient.strip().lower(),
    )


def mail_named(work: Work, home_id: int, mail_id: UUID) -> Any:
    """One mail, whole; NotFound when there is none."""
    row = work.row(
        f"SELECT {_COLUMNS} FROM mail m WHERE m.home_id = %(home)s AND m.id = %(id)s",
        home=home_id,
        id=mail_id,
    )
    if row is None:
        raise NotFound("page")
    return row


def recipient_of(work: Work, person_id: int) -> Recipient:
    """Somebody who can sign in, as mail is written to them; NotFound for anybody else."""
    row = work.row(
        """SELECT email, name, coalesce(locale, 'en') AS locale, id FROM person
            WHERE id = %(id)s""",
        id=person_id,
    )
    if row is None:
        raise NotFound("person")
    return Recipient(*row)


def bounces(work: Work) -> list[Bounce]:
    """Addresses at which nothing arrives, newest first."""
    return work.rows_as(
        Bounce,
        """SELECT address_key, error, bounced_at FROM bounced_address
            ORDER BY bounced_at DESC, address_key LIMIT %(most)s""",
        most=BOUNCES_MAX,
    )


def bounce_of(work: Work, address_key: str) -> Bounce | None:
    """Since when nothing arrives at an address; None where mail is sent."""
    found = work.rows_as(
        Bounce,
        "SELECT address_key, error, bounced_at FROM bounced_address WHERE address_key = %(key)s",
        key=address_key,
    )
    return found[0] if found else None


def to_addresses(work: Work, address_keys: Sequence[str], *, most: int) -> list[Any]:
    """The newest mail to any of these addresses, each read by its own index step."""
    return work.rows(
        f"""SELECT m.* FROM unnest(%(keys)s::text[]) AS asked (key)
            CROSS JOIN LATERAL (SELECT {_COLUMNS} FROM mail m WHERE m.recipient_key = asked.key
                                 ORDER BY m.created_at DESC, m.home_id DESC, m.id DESC
                                 LIMIT %(most)s) AS m
            ORDER BY m.created_at DESC, m.id DESC LIMIT %(most)s""",
        keys=list(dict.fromkeys(address_keys)),
        most=most,
    )


def about(work: Work, address_key: str, subjects: Sequence[str], *, most: int) -> list[Any]:
    """The newest mail to one address about any of these subjects."""
    return work.rows(
        f"""SELECT {_COLUMNS} FROM mail m
             WHERE m.recipient_key = %(key)s AND m.subject = ANY(%(subjects)s::text[])
             ORDER BY m.created_at DESC, m.home_id DESC, m.id DESC LIMIT %(most)s""",
        key=address_key,
        subjects=list(subjects),
        most=most,
    )


# One step of the index an address: its mail is passed over, however much that is.
_ADDRESSES = """
WITH RECURSIVE one AS (
  (SELECT recipient_key FROM mail ORDER BY recipient_key LIMIT 1)
  UNION ALL
  SELECT (SELECT m.recipient_key FROM mail m WHERE m.recipient_key > one.recipient_key
           ORDER BY m.recipient_key LIMIT 1)
    FROM one WHERE one.recipient_key IS NOT NULL)
SELECT last.recipient_key AS address,
       coalesce(nullif(last.recipient_name, ''), last.recipient_key) AS name, last.created_at
  FROM (SELECT recipient_key FROM one WHERE recipient_key IS NOT NULL LIMIT %(most)s) AS found
 CROSS JOIN LATERAL (SELECT m.recipient_key, m.recipient_name, m.created_at FROM mail m
                      WHERE m.recipient_key = found.recipient_key
                      ORDER BY m.created_at DESC LIMIT 1) AS last
 ORDER BY last.recipient_name, last.recipient_key"""


def people_written_to(work: Work, *, most: int = 200) -> list[Any]:
    """Whom the company has written to: (address, name, created_at of the last mail)."""
    return work.rows(_ADDRESSES, most=most)
