"""Sessions: they live on the server, their people see them, and they can be ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mainstem.identity.devices import recognize
from mainstem.identity.ending import sign_out
from mainstem.identity.people import STAFF
from mainstem.identity.secrets import hash_of, new_secret
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.peers import shortened
from mainstem.kit.work import Work

IDLE = timedelta(hours=12)
SESSION_MAX = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
"""How stale `seen_at` may grow before it is written: a read stays a read nearly always."""

FRESH = timedelta(minutes=15)
"""How long a sign-in is good for what hurts."""

AGENT_MAX = 200
_NEVER = datetime.min.replace(tzinfo=UTC)


class SessionEnded(Refused):
    """The session was ended meanwhile, here or elsewhere."""

    code = "session_ended"
    status = 401
    message = "Your session has ended. Sign in again."


@dataclass(frozen=True, slots=True)
class Browser:
    """What is known of the browser that somebody signs in with: where it is, what it says of itself,
    the cookie by which it is known again, and the session that it had."""

    address: str
    agent: str = ""
    device: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A fresh session. The tokens go to the browser and are kept nowhere else: its own, and the one
    by which the browser is known again."""

    token: str
    person_id: int
    expires_at: datetime
    device: str = ""


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
    email: str = field(default="", compare=False)
    session_id: int = field(default=0, compare=False)
    proven_at: datetime = field(default=_NEVER, compare=False)
    """When they last proved who they are."""
    has_second_factor: bool = field(default=False, compare=False)

    @property
    def is_staff(self) -> bool:
        """Whether they have a role of the parent company."""
        return not self.roles.isdisjoint(STAFF)

    def may(self, *roles: str) -> bool:
        """Whether they act in one of these roles. An admin acts in every role of the staff."""
        return "admin" in self.roles or not self.roles.isdisjoint(roles)

    def is_fresh(self, now: datetime) -> bool:
        """Whether they have proved who they are lately enough for what hurts."""
        return now - self.proven_at <= FRESH


def open_session(work: Work, person_id: int, browser: Browser) -> Session:
    """A session for whoever has proved all that is asked of them; it ends the one of this browser."""
    token, now = new_secret(), work.now()
    if browser.replaces:
        sign_out(work, browser.replaces)
    device, is_known = recognize(work, person_id, browser.device)
    is_first = not work.value(
        "SELECT EXISTS (SELECT 1 FROM sign_in_session WHERE person_id = %(person)s)",
        person=person_id,
    )
    id = work.value(
        """INSERT INTO sign_in_session
             (token_hash, person_id, created_at, seen_at, proven_at, expires_at, agent, address)
           VALUES (%(hash)s, %(person)s, %(now)s, %(now)s, %(now)s, %(until)s, %(agent)s, %(address)s)
           RETURNING id""",
        hash=hash_of(token),
        person=person_id,
        now=now,
        until=now + SESSION_MAX,
        agent=browser.agent.replace("\0", "")[:AGENT_MAX],
        address=shortened(browser.address),
    )
    record(work, "person.signed_in", person_id)
    if not is_known and not is_first:
        record(work, "device.first_seen", id)
    return Session(token, person_id, now + SESSION_MAX, device)


def rotate(work: Work, session_id: int) -> str:
    """Another token for the same session, where somebody has come to be able to do more; the one
    before opens nothing any more. Raises SessionEnded."""
    token = new_secret()
    if not work.run(
        """UPDATE sign_in_session SET token_hash = %(hash)s
            WHERE id = %(id)s AND revoked_at IS NULL AND expires_at > %(now)s""",
        hash=hash_of(token),
        id=session_id,
        now=work.now(),
    ):
        raise SessionEnded
    return token


def who(work: Work, token: str) -> Identity | None:
    """Who holds this session, with what they may do at this moment; None when it has ended."""
    now = work.now()
    row = work.row(
        """SELECT p.id, p.name, p.locale, p.email, s.seen_at, s.proven_at, s.id AS session_id,
                  EXISTS (SELECT 1 FROM totp t
                           WHERE t.person_id = p.id AND t.confirmed_at IS NOT NULL)
                    OR EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id)
                    AS has_second_factor,
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
    return Identity(
        row.id,
        row.name,
        row.locale,
        frozenset(row.roles),
        ids,
        states,
        parts,
        email=row.email,
        session_id=row.session_id,
        proven_at=row.proven_at,
        has_second_factor=row.has_second_factor,
    )


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner sees it."""

    id: int
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime


def sessions_of(work: Work, person_id: int) -> list[OpenSession]:
    """Where somebody is signed in now, the last used first."""
    now = work.now()
    return work.rows_as(
        OpenSession,
        """SELECT id, agent, address, created_at, seen_at FROM sign_in_session
            WHERE person_id = %(person)s AND revoked_at IS NULL
              AND expires_at > %(now)s AND seen_at > %(idle)s
            ORDER BY seen_at DESC, id DESC LIMIT 100""",
        person=person_id,
        now=now,
        idle=now - IDLE,
    )
