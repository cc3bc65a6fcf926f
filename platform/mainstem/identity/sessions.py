"""Sign-in: attempts that are counted, sessions that live on the server and can be ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mainstem.identity.ending import sign_out
from mainstem.identity.passwords import matches
from mainstem.identity.people import STAFF, key_of
from mainstem.identity.secrets import hash_of, new_secret
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.peers import network_of
from mainstem.kit.work import Actor, Work

IDLE = timedelta(hours=12)
SESSION_MAX = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
"""How stale `seen_at` may grow before it is written: a read stays a read nearly always."""

WINDOW = timedelta(minutes=15)
FAILURES_PER_PAIR = 5
"""Wrong passwords for one e-mail from one address. Who guesses shuts out nobody else."""

FAILURES_PER_ADDRESS = 30
FAILURES_PER_EMAIL = 50
"""Wrong passwords for one e-mail, wherever they come from. It shuts out strangers only: an address
from which this person has signed in lately is still heard."""

ATTEMPTS_KEPT = timedelta(days=30)
SESSIONS_KEPT = timedelta(days=30)
"""How long a session is remembered after it would have run out."""


class SignInRefused(Refused):
    """The e-mail or the password is wrong; we do not say which."""

    code = "sign_in_refused"
    status = 401
    message = "That e-mail and password do not go together."


class TooManyAttempts(Refused):
    """Too many wrong passwords lately, from this address or for this e-mail."""

    code = "too_many_attempts"
    status = 429
    message = "Too many attempts. Try again in {minutes} min."

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(minutes=max(1, -(-retry_after // 60)))


@dataclass(frozen=True, slots=True)
class Session:
    """A fresh session. The token goes to the browser and is kept nowhere else."""

    token: str
    person_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, as of this request."""

    person_id: int
    name: str
    locale: str | None
    roles: frozenset[str]
    affiliate_ids: tuple[int, ...]
    affiliate_states: tuple[str, ...] = ()
    """The state of each of those affiliates, in the same order."""
    affiliate_roles: tuple[str, ...] = ()
    """What they are to each of those affiliates, in the same order."""

    @property
    def is_staff(self) -> bool:
        """Whether they have a role of the parent company."""
        return not self.roles.isdisjoint(STAFF)

    def may(self, *roles: str) -> bool:
        """Whether they act in one of these roles. An admin acts in every role of the staff."""
        return "admin" in self.roles or not self.roles.isdisjoint(roles)


def sign_in(
    database: Database,
    *,
    email: str,
    password: str,
    address: str,
    agent: str = "",
    replaces: str | None = None,
    clock: Clock | None = None,
) -> Session:
    """A new session for the right password; the one it replaces ends.

    Opens its own works: one counts the attempt before the slow check of the password, so that a
    hundred guesses at once are a hundred guesses; the other writes what came of it.
    """
    key, network = key_of(email)[:254], network_of(address)
    with database.work(Actor("client"), clock=clock) as work:
        attempt = _count_attempt(work, key, network)
        person = work.row("SELECT id, password_hash FROM person WHERE email_key = %(key)s", key=key)
    # Nothing is held while we hash, and an e-mail we do not know takes as long.
    right = matches(password, person.password_hash if person else None)
    if person is None or not right:
        raise SignInRefused
    with database.work(Actor("person", str(person.id)), clock=clock) as work:
        _succeed(work, attempt, key, network)
        if replaces:
            sign_out(work, replaces)
        return _open(work, person.id, agent)


def _count_attempt(work: Work, key: str, network: str) -> int:
    """Keep this attempt as a failure until it succeeds; TooManyAttempts when there were too many.

    A throttled attempt is not kept, so no address is shut out longer than the window, and no
    stranger shuts out a person where they are at home.
    """
    for locked in sorted({f"email {key}", f"address {network}"}):
        work.run("SELECT pg_advisory_xact_lock(hashtextextended(%(on)s, 7217))", on=locked)
    now = work.now()
    limit = work.value(
        """WITH here AS (
             SELECT max(at) AS at FROM sign_in_attempt
              WHERE email_key = %(key)s AND address = %(address)s AND succeeded),
           of_pair AS (
             SELECT at FROM sign_in_attempt
              WHERE email_key = %(key)s AND address = %(address)s AND at > %(since)s
                AND NOT succeeded AND at > coalesce((SELECT at FROM here), '-infinity')
              ORDER BY at DESC OFFSET %(per_pair)s - 1 LIMIT 1),
           of_email AS (
             SELECT at FROM sign_in_attempt
              WHERE email_key = %(key)s AND at > %(since)s AND NOT succeeded
                AND (SELECT at FROM here) IS NULL
              ORDER BY at DESC OFFSET %(per_email)s - 1 LIMIT 1),
           of_address AS (
             SELECT at FROM sign_in_attempt
              WHERE address = %(address)s AND at > %(since)s AND NOT succeeded
              ORDER BY at DESC OFFSET %(per_address)s - 1 LIMIT 1)
           SELECT max(at) FROM (TABLE of_pair UNION ALL TABLE of_email UNION ALL TABLE of_address)
                    AS full_since""",
        key=key,
        address=network,
        since=now - WINDOW,
        per_pair=FAILURES_PER_PAIR,
        per_email=FAILURES_PER_EMAIL,
        per_address=FAILURES_PER_ADDRESS,
    )
    if limit is not None:
        raise TooManyAttempts(int((limit + WINDOW - now).total_seconds()) + 1)
    return int(
        work.value(
            """INSERT INTO sign_in_attempt (email_key, address, succeeded, at)
               VALUES (%(key)s, %(address)s, false, %(now)s) RETURNING id""",
            key=key,
            address=network,
            now=now,
        )
    )


def _succeed(work: Work, attempt: int, key: str, network: str) -> None:
    work.run("DELETE FROM sign_in_attempt WHERE id = %(id)s", id=attempt)
    work.run(
        """INSERT INTO sign_in_attempt (email_key, address, succeeded, at)
           VALUES (%(key)s, %(address)s, true, %(now)s)""",
        key=key,
        address=network,
        now=work.now(),
    )
    work.run(
        "DELETE FROM sign_in_attempt WHERE email_key = %(key)s AND at < %(before)s",
        key=key,
        before=work.now() - ATTEMPTS_KEPT,
    )


def _open(work: Work, person_id: int, agent: str) -> Session:
    token, now = new_secret(), work.now()
    work.run(
        """INSERT INTO sign_in_session
             (token_hash, person_id, created_at, seen_at, expires_at, agent)
           VALUES (%(hash)s, %(person)s, %(now)s, %(now)s, %(until)s, %(agent)s)""",
        hash=hash_of(token),
        person=person_id,
        now=now,
        until=now + SESSION_MAX,
        agent=agent[:200],
    )
    record(work, "person.signed_in", person_id)
    return Session(token, person_id, now + SESSION_MAX)


def who(work: Work, token: str) -> Identity | None:
    """Who holds this session, with what they may do at this moment; None when it has ended."""
    now = work.now()
    row = work.row(
        """SELECT p.id, p.name, p.locale, s.seen_at,
                  coalesce(array_agg(DISTINCT m.role) FILTER (WHERE m.role IS NOT NULL), '{}')
                    AS roles,
                  coalesce(jsonb_object_agg(a.id, jsonb_build_array(a.state, m.affiliate_role))
                           FILTER (WHERE a.id IS NOT NULL), '{}') AS affiliates
             FROM sign_in_session s
             JOIN person p ON p.id = s.person_id
             LEFT JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
             LEFT JOIN affiliate a ON a.id = m.affiliate_id
            WHERE s.token_hash = %(hash)s AND s.revoked_at IS NULL
              AND s.expires_at > %(now)s AND s.seen_at > %(idle)s
            GROUP BY p.id, s.token_hash""",
        hash=hash_of(token),
        now=now,
        idle=now - IDLE,
    )
    if row is None:
        return None
    if now - row.seen_at > SEEN_EVERY:
        work.run(
            """UPDATE sign_in_session SET seen_at = %(now)s
                WHERE token_hash = %(hash)s AND seen_at < %(now)s""",
            hash=hash_of(token),
            now=now,
        )
    mine = sorted((int(id), *said) for id, said in row.affiliates.items())
    ids, states, parts = zip(*mine, strict=True) if mine else ((), (), ())
    return Identity(row.id, row.name, row.locale, frozenset(row.roles), ids, states, parts)


def forget_sign_ins(work: Work, *, most: int = 5000) -> int:
    """Forget the oldest attempts and ended sessions that have been kept long enough; how many.

    People sign in by the machine's clock, also where the demo's own has run ahead of it.
    """
    attempts = work.run(
        """DELETE FROM sign_in_attempt WHERE id IN (
             SELECT id FROM sign_in_attempt
              WHERE at < %(now)s - (SELECT ahead FROM demo_clock) - %(kept)s ORDER BY at LIMIT %(most)s)""",
        now=work.now(),
        kept=ATTEMPTS_KEPT,
        most=most,
    )
    ended = work.run(
        """DELETE FROM sign_in_session WHERE token_hash IN (
             SELECT token_hash FROM sign_in_session
              WHERE expires_at < %(now)s - (SELECT ahead FROM demo_clock) - %(kept)s
              ORDER BY expires_at LIMIT %(most)s)""",
        now=work.now(),
        kept=SESSIONS_KEPT,
        most=most,
    )
    return attempts + ended
