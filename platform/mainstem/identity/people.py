"""People and what they may do."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from mainstem.identity.ending import end_password_links, end_sessions
from mainstem.identity.passwords import check_password, hash_password
from mainstem.kit.contact import email_key
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.text import normalized, unseen_problems
from mainstem.kit.work import SYSTEM, Actor, Work

STAFF = ("picker", "lead_desk", "finance", "admin")
ROLES = ("affiliate", *STAFF)
AFFILIATE_ROLES = ("owner", "seller", "accountant")
"""What somebody is to an affiliate that they sign in for (`network.ROLE_MAY`)."""


class Person(SQLModel, table=True):
    """Somebody who can sign in."""

    id: int | None = Field(default=None, sa_type=sa.BigInteger, primary_key=True)
    email: str
    email_key: str
    phone_key: str | None = None
    name: str
    password_hash: str | None = None
    locale: str | None = None
    created_at: datetime


class EmailTaken(Refused):
    """Somebody has this e-mail already."""

    code = "email_taken"
    message = "There is already somebody with this e-mail."


def key_of(email: str) -> str:
    """The e-mail as we compare it; one that nobody could have, as it was typed."""
    return email_key(email) or email.strip().lower()


def create_person(
    work: Work,
    *,
    email: str,
    name: str,
    password_hash: str | None = None,
    locale: str | None = None,
    phone_key: str | None = None,
) -> int:
    """Somebody new; their id. Without a password hash they cannot sign in yet; without a locale
    their pages are in the language that their browser asks for."""
    problems = problems_of_person(email=email, name=name)
    if problems:
        raise InvalidInput(*problems)
    id = work.value(
        """INSERT INTO person (email, email_key, phone_key, name, password_hash, locale, created_at)
           VALUES (%(email)s, %(key)s, %(phone)s, %(name)s, %(hash)s, %(locale)s, %(now)s)
           ON CONFLICT (email_key) DO NOTHING RETURNING id""",
        email=email.strip(),
        key=key_of(email),
        phone=phone_key,
        name=normalized(name),
        hash=password_hash,
        locale=locale,
        now=work.now(),
    )
    if id is None:
        raise EmailTaken(Problem("/email", EmailTaken.code, EmailTaken.message))
    record(work, "person.created", id)
    return int(id)


def problems_of_person(*, email: str, name: str) -> list[Problem]:
    """What is wrong with what somebody says of themselves."""
    problems = []
    if not name.strip():
        problems.append(Problem("/name", "missing", "Write your name."))
    else:
        problems += unseen_problems("/name", name)
    if email_key(email) is None:
        message = "Write an e-mail, like name@example.com."
        problems.append(Problem("/email", "invalid_email", message))
    return problems


def person_of(work: Work, email: str) -> int | None:
    """Who has this e-mail."""
    id = work.value("SELECT id FROM person WHERE email_key = %(key)s", key=key_of(email))
    return None if id is None else int(id)


def rename(work: Work, email: str, name: str, *, locale: str | None = None) -> None:
    """Change what somebody is called; and the language of their pages, where one is given."""
    if problems := problems_of_person(email=email, name=name):
        raise InvalidInput(*problems)
    work.run(
        """UPDATE person SET name = %(name)s, locale = coalesce(%(locale)s, locale)
            WHERE email_key = %(key)s""",
        key=key_of(email),
        name=normalized(name),
        locale=locale,
    )


def grant(
    work: Work,
    person_id: int,
    role: str,
    *,
    affiliate_id: int | None = None,
    affiliate_role: str = "owner",
) -> None:
    """Let somebody act in a role (of one affiliate, where it is theirs, and as what). Repeats are fine."""
    assert role in ROLES
    assert (role == "affiliate") == (affiliate_id is not None)
    assert affiliate_role in AFFILIATE_ROLES
    added = work.run(
        """INSERT INTO membership (person_id, role, affiliate_id, affiliate_role, granted_at)
           VALUES (%(person)s, %(role)s, %(affiliate)s, %(as)s, %(now)s)
           ON CONFLICT DO NOTHING""",
        person=person_id,
        role=role,
        affiliate=affiliate_id,
        now=work.now(),
        **{"as": affiliate_role if affiliate_id is not None else None},
    )
    if added:
        record(work, "membership.granted", f"{person_id}:{role}", home=affiliate_id or 0)


def revoke(work: Work, person_id: int, role: str, *, affiliate_id: int | None = None) -> None:
    """Take a role back. It is felt at their next request: nothing is cached."""
    ended = work.run(
        """UPDATE membership SET revoked_at = %(now)s
            WHERE person_id = %(person)s AND role = %(role)s
              AND affiliate_id IS NOT DISTINCT FROM %(affiliate)s AND revoked_at IS NULL""",
        person=person_id,
        role=role,
        affiliate=affiliate_id,
        now=work.now(),
    )
    if ended:
        record(work, "membership.revoked", f"{person_id}:{role}", home=affiliate_id or 0)


def roles_of(work: Work, actor: Actor) -> frozenset[str]:
    """The roles of the staff that an actor holds at this moment; none where it is nobody of them."""
    if actor.kind != "staff" or not (actor.id.isascii() and actor.id.isdecimal()):
        return frozenset()
    rows = work.rows(
        """SELECT role FROM membership
            WHERE person_id = %(person)s AND revoked_at IS NULL AND role <> 'affiliate'""",
        person=int(actor.id),
    )
    return frozenset(row.role for row in rows)


def names_around(work: Work, person_id: int) -> list[str]:
    """The names that whoever guesses somebody's password would try: their own, their affiliates'
    and their storefronts', the company's and its address."""
    rows = work.rows(
        """SELECT name FROM person WHERE id = %(person)s
           UNION SELECT unnest(ARRAY[a.name, a.slug]) FROM membership m
                   JOIN affiliate a ON a.id = m.affiliate_id WHERE m.person_id = %(person)s
           UNION SELECT unnest(ARRAY[s.name, s.slug]) FROM membership m
                   JOIN storefront s ON s.home_id = m.affiliate_id WHERE m.person_id = %(person)s
           UNION SELECT unnest(ARRAY[name, legal_name]) FROM company_profile
           UNION (SELECT DISTINCT texts->'seller'->>'name' FROM storefront
                   WHERE texts->'seller'->>'name' IS NOT NULL LIMIT 20)""",
        person=person_id,
    )
    return [*(row.name for row in rows), urlsplit(work.tools.public_url).hostname or ""]


def set_password(
    database: Database,
    person_id: int,
    password: str,
    *,
    actor: Actor = SYSTEM,
    keep: bytes | None = None,
) -> None:
    """A new password. Every session of theirs ends, save the one whose hash is `keep`.

    Opens its own works: hashing is slow and must hold no connection.
    """
    with database.work(actor) as work:
        email = work.get(Person, person_id).email
        about = names_around(work, person_id)
    check_password(password, email=email, about=about)
    hashed = hash_password(password)
    with database.work(actor) as work:
        work.take(Person, person_id).password_hash = hashed
        end_sessions(work, person_id, keep=keep)
        end_password_links(work, person_id)
        record(work, "password.set", person_id)
