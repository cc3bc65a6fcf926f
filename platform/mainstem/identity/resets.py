"""A forgotten password: another one is chosen by a link that was mailed.

Nobody is told whether an e-mail is somebody's. A request is written down for whichever e-mail was
typed; whose it is the worker looks up, after the page has answered.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mainstem.identity.attempts import WINDOW, TooManyAttempts, one_at_a_time
from mainstem.identity.devices import forget_devices
from mainstem.identity.ending import end_password_links, end_sessions
from mainstem.identity.passwords import check_password, hash_password
from mainstem.identity.people import Person, key_of, names_around
from mainstem.identity.secrets import derived_secret, hash_of
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.peers import network_of
from mainstem.kit.work import Actor, Work

VALID_FOR = timedelta(hours=1)
PER_EMAIL, PER_ADDRESS = 3, 20
"""How many links may be asked for in a quarter of an hour: for one e-mail, from one address."""


class ResetRefused(Refused):
    """This link was never made, has been used, is too old, or a newer one took its place."""

    code = "reset_refused"
    status = 403
    message = "This link is not valid any more. Ask for a new one on the sign-in page."


class Resettable(NamedTuple):
    """Whose password a link changes."""

    person_id: int
    email: str
    name: str


class ResetLink(NamedTuple):
    """A link that is to be mailed: to whom, what it is known by, and until when it opens."""

    person_id: int
    reference: UUID
    expires_at: datetime


def request_reset(work: Work, *, email: str, address: str) -> None:
    """Ask for a link to choose a new password by. What is done does not depend on whose e-mail it is.

    Raises TooManyAttempts.
    """
    key, network = key_of(email)[:254], network_of(address)
    for locked in sorted({f"reset email {key}", f"reset address {network}"}):
        one_at_a_time(work, locked)
    now = work.now()
    full_since = work.value(
        """SELECT max(at) FROM (
             (SELECT at FROM password_reset_request WHERE email_key = %(key)s AND at > %(since)s
               ORDER BY at DESC OFFSET %(per_email)s - 1 LIMIT 1)
             UNION ALL
             (SELECT at FROM password_reset_request WHERE address = %(address)s AND at > %(since)s
               ORDER BY at DESC OFFSET %(per_address)s - 1 LIMIT 1)) AS full_since""",
        key=key,
        address=network,
        since=now - WINDOW,
        per_email=PER_EMAIL,
        per_address=PER_ADDRESS,
    )
    if full_since is not None:
        raise TooManyAttempts(int((full_since + WINDOW - now).total_seconds()) + 1)
    id = new_id()
    work.run(
        """INSERT INTO password_reset_request (id, email_key, address, at)
           VALUES (%(id)s, %(key)s, %(address)s, %(now)s)""",
        id=id,
        key=key,
        address=network,
        now=now,
    )
    record(work, "password.reset_requested", id)


def reset_token(secret: str, reference: UUID) -> str:
    """The token of a link for a new password, from the company's secret and what it is known by."""
    return derived_secret(secret, "mainstem.password-reset", reference, prefix="rst_")


def make_reset_link(work: Work, request_id: UUID) -> ResetLink | None:
    """The link of a request, in place of the one before; None where nobody can sign in by that e-mail,
    or a later request has been answered. Made again for the same request, it is none."""
    row = work.row(
        """INSERT INTO password_reset AS r (person_id, request_id, token_hash, created_at, expires_at)
           SELECT p.id, q.id, %(hash)s, q.at, q.at + %(valid)s
             FROM password_reset_request q JOIN person p ON p.email_key = q.email_key
            WHERE q.id = %(id)s AND p.password_hash IS NOT NULL
              AND EXISTS (SELECT 1 FROM membership m
                           WHERE m.person_id = p.id AND m.revoked_at IS NULL)
           ON CONFLICT (person_id) DO UPDATE
              SET request_id = excluded.request_id, token_hash = excluded.token_hash,
                  created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = NULL
            WHERE (r.created_at, r.request_id) < (excluded.created_at, excluded.request_id)
           RETURNING person_id, expires_at""",
        id=request_id,
        hash=hash_of(reset_token(work.tools.secret, request_id)),
        valid=VALID_FOR,
    )
    return None if row is None else ResetLink(row.person_id, request_id, row.expires_at)


def resettable(work: Work, token: str) -> Resettable:
    """Whose password the link changes. Raises ResetRefused for one that is not valid any more."""
    row = work.row(
        """SELECT p.id, p.email, p.name FROM password_reset r JOIN person p ON p.id = r.person_id
            WHERE r.token_hash = %(hash)s AND r.used_at IS NULL AND r.expires_at > %(now)s
              AND EXISTS (SELECT 1 FROM membership m
                           WHERE m.person_id = p.id AND m.revoked_at IS NULL)""",
        hash=hash_of(token),
        now=work.now(),
    )
    if row is None:
        raise ResetRefused
    return Resettable(*row)


def reset_password(
    database: Database, token: str, password: str, *, clock: Clock | None = None
) -> None:
    """Choose a new password by a link, which works once; every session of theirs ends. A second factor
    stays, and is asked for at the next sign-in. Opens its own works: hashing is slow.

    Raises ResetRefused, and PasswordTooWeak.
    """
    with database.work(Actor("person"), clock=clock) as work:
        someone = resettable(work, token)
        about = names_around(work, someone.person_id)
    check_password(password, email=someone.email, about=about)
    hashed = hash_password(password)
    with database.work(Actor("person", str(someone.person_id)), clock=clock) as work:
        person = work.take(Person, someone.person_id)
        resettable(work, token)  # of two at once the second finds it used
        person.password_hash = hashed
        end_sessions(work, someone.person_id)
        end_password_links(work, someone.person_id)
        forget_devices(work, someone.person_id)
        record(work, "password.reset", someone.person_id)
