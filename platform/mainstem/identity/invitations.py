"""Invitations: somebody whom the company has let in chooses a password by a link of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from mainstem.identity.ending import end_password_links, end_sessions
from mainstem.identity.passwords import check_password, hash_password
from mainstem.identity.people import names_around
from mainstem.identity.secrets import derived_secret, hash_of
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Actor, Work

VALID_FOR = timedelta(days=7)


class InvitationRefused(Refused):
    """This invitation was never made, has been used, is too old, or a newer one took its place."""

    code = "invitation_refused"
    status = 403
    message = "This invitation is not valid any more. Ask whoever invited you for a new one."


def invitation_token(secret: str, reference: UUID) -> str:
    """The token of an invitation, from the company's secret and what the invitation is known by."""
    return derived_secret(secret, "mainstem.invitation", reference, prefix="inv_")


class Invited(NamedTuple):
    """Whom an invitation is for."""

    person_id: int
    email: str
    name: str


def invite(work: Work, person_id: int, *, reference: UUID | None = None) -> str:
    """A token with which somebody chooses a password, for seven days; it ends the ones before.

    Under the same `reference`, whoever has the company's secret makes the token again: a mail keeps
    only that, and the database only a hash.
    """
    token = invitation_token(work.tools.secret, reference or new_id())
    work.run(
        """INSERT INTO invitation (token_hash, person_id, invited_by, created_at, expires_at)
           VALUES (%(hash)s, %(person)s, %(who)s, %(now)s, %(until)s)""",
        hash=hash_of(token),
        person=person_id,
        who=str(work.actor),
        now=work.now(),
        until=work.now() + VALID_FOR,
    )
    record(work, "person.invited", person_id)
    return token


def invited(work: Work, token: str, *, lock: bool = False) -> Invited:
    """Whom the invitation is for. Raises InvitationRefused for one that is not valid any more."""
    row = work.row(
        f"""SELECT p.id, p.email, p.name FROM invitation i JOIN person p ON p.id = i.person_id
             WHERE i.token_hash = %(hash)s AND i.accepted_at IS NULL AND i.expires_at > %(now)s
               AND NOT EXISTS (SELECT 1 FROM invitation newer
                                WHERE newer.person_id = i.person_id
                                  AND newer.created_at > i.created_at)
               AND EXISTS (SELECT 1 FROM membership m
                            WHERE m.person_id = p.id AND m.revoked_at IS NULL)
             {"FOR UPDATE OF i" if lock else ""}""",
        hash=hash_of(token),
        now=work.now(),
    )
    if row is None:
        raise InvitationRefused
    return Invited(*row)


def accept(database: Database, token: str, password: str, *, clock: Clock | None = None) -> None:
    """Choose the password. The invitation works once. Opens its own works: hashing is slow.

    Raises InvitationRefused, and PasswordTooWeak.
    """
    with database.work(Actor("person"), clock=clock) as work:
        someone = invited(work, token)
        about = names_around(work, someone.person_id)
    check_password(password, email=someone.email, about=about)
    hashed = hash_password(password)
    with database.work(Actor("person", str(someone.person_id)), clock=clock) as work:
        invited(work, token, lock=True)
        work.run(
            "UPDATE person SET password_hash = %(hashed)s WHERE id = %(person)s",
            hashed=hashed,
            person=someone.person_id,
        )
        work.run(
            "UPDATE invitation SET accepted_at = %(now)s WHERE token_hash = %(hash)s",
            now=work.now(),
            hash=hash_of(token),
        )
        end_sessions(work, someone.person_id)
        end_password_links(work, someone.person_id)
        record(work, "password.set", someone.person_id)
