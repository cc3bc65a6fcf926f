"""What everybody who signs in is told of their account: a link they asked for, a sign-in from somewhere
new, and every change of what they sign in with. None of it may be refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mainstem import identity
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.mail import contexts, outbox
from mainstem.mail.outbox import Recipient

LOCALE = "en"
"""The language of somebody who has chosen none."""

CHANGES = (
    "password.set",
    "password.changed",
    "password.reset",
    "second_factor.added",
    "second_factor.removed",
    "second_factor.reset",
    "recovery_codes.made",
    "recovery_code.used",
    "sessions.revoked",
)
"""The facts that say that what somebody signs in with is another."""

_PERSON = """
SELECT id, email, name, coalesce(locale, %(usual)s) AS locale FROM person WHERE id = %(id)s"""

# The subject is a person, with or without what was changed; or what an admin did.
_CHANGED = """
SELECT p.id, p.email, p.name, coalesce(p.locale, %(usual)s) AS locale, f.happened_at AS at,
       CASE WHEN r.id IS NULL AND e.id IS NULL AND f.subject LIKE '%%:%%'
            THEN f.name || ':' || split_part(f.subject, ':', 2) ELSE f.name END AS what,
       coalesce(r.reason, e.reason, '') AS reason, coalesce(b.name, '') AS by
  FROM fact f
  LEFT JOIN second_factor_removal r ON f.name = 'second_factor.reset' AND r.id::text = f.subject
  LEFT JOIN session_ending e ON f.name = 'sessions.revoked' AND e.id::text = f.subject
  LEFT JOIN person b ON 'staff:' || b.id = coalesce(r.removed_by, e.ended_by)
  JOIN person p ON p.id = coalesce(
         r.person_id, e.person_id, nullif(substring(f.subject FROM '^[0-9]+(?=:|$)'), '')::bigint)
 WHERE f.home_id = %(home)s AND f.id = %(id)s"""


def reset_requested(work: Work, facts: Sequence[Fact]) -> None:
    """The link for whoever has the e-mail that was typed, if anybody has."""
    for fact in facts:
        link = identity.make_reset_link(work, fact.uuid)
        if link is None:
            continue
        who = work.one(_PERSON, id=link.person_id, usual=LOCALE)
        outbox.queue(
            work,
            "password_reset",
            to=_recipient(who),
            subject=link.reference,
            context=contexts.PasswordReset(
                name=who.name, reference=link.reference, expires_at=link.expires_at
            ),
        )


def new_device(work: Work, facts: Sequence[Fact]) -> None:
    """A sign-in from a browser that somebody had not signed in from before."""
    for fact in facts:
        row = work.row(
            """SELECT p.id, p.email, p.name, coalesce(p.locale, %(usual)s) AS locale,
                      s.agent, s.address, s.created_at
                 FROM sign_in_session s JOIN person p ON p.id = s.person_id
                WHERE s.id = %(id)s""",
            id=int(fact.subject),
            usual=LOCALE,
        )
        if row is None:  # so late that the session is forgotten
            continue
        device = identity.device_of(row.agent)
        outbox.queue(
            work,
            "new_device",
            to=_recipient(row),
            subject=fact.subject,
            context=contexts.NewDevice(
                name=row.name,
                at=row.created_at,
                browser=device.browser,
                system=device.system,
                place=row.address,
            ),
        )


def credentials_changed(work: Work, facts: Sequence[Fact]) -> None:
    """What somebody signs in with is another, whoever changed it."""
    for fact in facts:
        row = work.row(_CHANGED, home=fact.home_id, id=fact.id, usual=LOCALE)
        if row is None:
            continue
        outbox.queue(
            work,
            "credentials_changed",
            to=_recipient(row),
            subject=fact.id,
            context=contexts.CredentialsChanged(
                name=row.name,
                what=row.what,
                at=row.at,
                codes_left=identity.recovery_codes_left(work, row.id),
                by=row.by,
                reason=row.reason,
            ),
        )


def _recipient(who: Any) -> Recipient:
    return Recipient(who.email, who.name, who.locale, who.id)
