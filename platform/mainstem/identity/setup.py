"""Set-up: a token made at the machine makes the first admin, once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from mainstem.identity.passwords import hash_password, problem_of_password
from mainstem.identity.people import create_person, grant, problems_of_person
from mainstem.identity.secrets import hash_of, new_secret
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, Refused
from mainstem.kit.events import record
from mainstem.kit.work import SYSTEM, Work

VALID_FOR = timedelta(hours=24)


class AlreadySetUp(Refused):
    """The company has staff; the next member is added by an admin."""

    code = "already_set_up"
    message = "This company is set up already. Ask an admin to add you."


class SetupTokenRefused(Refused):
    """This token was never made, has been used, or is too old."""

    code = "setup_token_refused"
    status = 403
    message = "This set-up link is not valid any more. Make a new one with `mainstem setup-token`."


def has_staff(work: Work) -> bool:
    """Whether anybody works here yet."""
    return bool(
        work.value(
            """SELECT EXISTS (SELECT 1 FROM membership
                               WHERE role <> 'affiliate' AND revoked_at IS NULL)"""
        )
    )


def make_setup_token(work: Work) -> str:
    """A token for the set-up page. It works once, for a day, and only while there is no staff."""
    if has_staff(work):
        raise AlreadySetUp
    token = new_secret("mst_")
    work.run(
        """INSERT INTO setup_token (token_hash, created_at, expires_at)
           VALUES (%(hash)s, %(now)s, %(until)s)""",
        hash=hash_of(token),
        now=work.now(),
        until=work.now() + VALID_FOR,
    )
    return token


def set_up(
    database: Database,
    *,
    token: str,
    name: str,
    email: str,
    password: str,
    locale: str,
    clock: Clock | None = None,
) -> int:
    """The first admin; their id. Opens its own works: hashing must hold no connection."""
    with database.work(SYSTEM, clock=clock) as work:
        _check_token(work, token, lock=False)
        about = [name, urlsplit(work.tools.public_url).hostname or ""]
    problems = problems_of_person(email=email, name=name)
    if weak := problem_of_password(password, email=email, about=about):
        problems.append(weak)
    if problems:
        raise InvalidInput(*problems)
    hashed = hash_password(password)
    with database.work(SYSTEM, clock=clock) as work:
        # Two people with two tokens at one instant: the second finds the staff of the first.
        work.run("SELECT pg_advisory_xact_lock(7218)")
        _check_token(work, token, lock=True)
        person_id = create_person(work, email=email, name=name, password_hash=hashed, locale=locale)
        grant(work, person_id, "admin")
        work.run(
            "UPDATE setup_token SET used_at = %(now)s WHERE token_hash = %(hash)s",
            hash=hash_of(token),
            now=work.now(),
        )
        record(work, "company.set_up", person_id)
    return person_id


def _check_token(work: Work, token: str, *, lock: bool) -> None:
    if has_staff(work):
        raise AlreadySetUp
    row = work.row(
        f"""SELECT used_at, expires_at FROM setup_token
             WHERE token_hash = %(hash)s {"FOR UPDATE" if lock else ""}""",
        hash=hash_of(token),
    )
    if row is None or row.used_at is not None or row.expires_at <= work.now():
        raise SetupTokenRefused
