"""Signing in: the password, then the second factor where there is one.

Between the two there is no session, only a token that is good for the second step and for ten minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mainstem.identity.attempts import (
    attempt_succeeded,
    code_succeeded,
    count_attempt,
    count_code,
)
from mainstem.identity.passkeys import authentication_options, use_passkey
from mainstem.identity.passwords import matches
from mainstem.identity.people import key_of
from mainstem.identity.recovery import use_recovery_code
from mainstem.identity.second_factors import SecondFactors, second_factors_of
from mainstem.identity.secrets import hash_of, new_secret
from mainstem.identity.sessions import Browser, Session, open_session
from mainstem.identity.totp import WrongCode, use_totp
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.peers import network_of
from mainstem.kit.work import Actor, Work

PENDING_FOR = timedelta(minutes=10)


class SignInRefused(Refused):
    """The e-mail or the password is wrong; we do not say which."""

    code = "sign_in_refused"
    status = 401
    message = "That e-mail and password do not go together."


class SignInOver(Refused):
    """The second step came too late, or the first one was undone by a new password."""

    code = "sign_in_over"
    status = 401
    message = "That took too long. Begin again with your password."


class WrongRecoveryCode(Refused):
    """No recovery code of theirs, or one that was used."""

    code = "wrong_recovery_code"
    status = 422
    message = "This recovery code is not right, or was used before."

    def __init__(self) -> None:
        super().__init__(Problem("/recovery", self.code, self.message))


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A sign-in whose second factor is still to come. The token opens nothing but the second step."""

    token: str
    person_id: int
    expires_at: datetime


def sign_in(
    database: Database,
    *,
    email: str,
    password: str,
    address: str,
    agent: str = "",
    device: str = "",
    replaces: str | None = None,
    clock: Clock | None = None,
) -> Session | PendingSignIn:
    """A new session for the right password, and the one it replaces ends; or, for whoever has a
    second factor, the way to the second step. Raises SignInRefused and TooManyAttempts.

    Opens its own works: one counts the attempt before the slow check of the password, so that a
    hundred guesses at once are a hundred guesses; the other writes what came of it.
    """
    key, network = key_of(email)[:254], network_of(address)
    with database.work(Actor("client"), clock=clock) as work:
        attempt = count_attempt(work, key, network)
        person = work.row("SELECT id, password_hash FROM person WHERE email_key = %(key)s", key=key)
    # Nothing is held while we hash, and an e-mail we do not know takes as long.
    right = matches(password, person.password_hash if person else None)
    if person is None or not right:
        raise SignInRefused
    with database.work(Actor("person", str(person.id)), clock=clock) as work:
        if not _is_still(work, person.id, person.password_hash):
            raise SignInRefused
        attempt_succeeded(work, attempt, key, network)
        if second_factors_of(work, person.id).any:
            return _begin_second_step(work, person.id)
        return open_session(work, person.id, Browser(address, agent, device, replaces))


def _is_still(work: Work, person_id: int, password_hash: str) -> bool:
    """Whether the password that was right a moment ago is still the one: until this is over it is."""
    kept = work.value("SELECT password_hash FROM person WHERE id = %(id)s FOR SHARE", id=person_id)
    return bool(kept == password_hash)


def _begin_second_step(work: Work, person_id: int) -> PendingSignIn:
    token, now = new_secret(), work.now()
    work.run(
        """INSERT INTO pending_sign_in (token_hash, person_id, created_at, expires_at)
           VALUES (%(hash)s, %(person)s, %(now)s, %(until)s)""",
        hash=hash_of(token),
        person=person_id,
        now=now,
        until=now + PENDING_FOR,
    )
    return PendingSignIn(token, person_id, now + PENDING_FOR)


def pending_factors(work: Work, token: str) -> SecondFactors:
    """What whoever is in the middle of signing in may use. Raises SignInOver."""
    return second_factors_of(work, _pending(work, token))


def pending_passkey_options(work: Work, token: str) -> str:
    """What their browser is asked to sign. Raises SignInOver."""
    return authentication_options(work, _pending(work, token))


def finish_with_code(
    database: Database, token: str, code: str, browser: Browser, *, clock: Clock | None = None
) -> Session:
    """The session, for a code of the authenticator app. Raises SignInOver, WrongCode, TooManyAttempts."""

    def prove(work: Work, person_id: int) -> None:
        if not use_totp(work, person_id, code):
            raise WrongCode

    return _finish(database, token, prove, browser, clock=clock)


def finish_with_recovery_code(
    database: Database, token: str, code: str, browser: Browser, *, clock: Clock | None = None
) -> Session:
    """The session, for a recovery code, which is used with that. Raises as the other does."""

    def prove(work: Work, person_id: int) -> None:
        if not use_recovery_code(work, person_id, code):
            raise WrongRecoveryCode

    return _finish(database, token, prove, browser, clock=clock)


def finish_with_passkey(
    database: Database, token: str, sent: str, browser: Browser, *, clock: Clock | None = None
) -> Session:
    """The session, for what a passkey has signed. Raises SignInOver and PasskeyRefused."""

    def prove(work: Work, person_id: int) -> None:
        use_passkey(work, person_id, sent)

    return _finish(database, token, prove, browser, clock=clock, is_counted=False)


def _finish(
    database: Database,
    token: str,
    prove: Callable[[Work, int], None],
    browser: Browser,
    *,
    clock: Clock | None,
    is_counted: bool = True,
) -> Session:
    """Opens its own works, as `sign_in` does: what was tried stays counted when it was wrong."""
    with database.work(Actor("client"), clock=clock) as work:
        person_id = _pending(work, token)
        if is_counted:
            count_code(work, person_id)
    with database.work(Actor("person", str(person_id)), clock=clock) as work:
        _pending(work, token, is_used=True)
        prove(work, person_id)
        code_succeeded(work, person_id)
        return open_session(work, person_id, browser)


def _pending(work: Work, token: str, *, is_used: bool = False) -> int:
    """Who is in the middle of signing in; with `is_used` nobody is after that, if this work commits."""
    what = "DELETE FROM" if is_used else "SELECT person_id FROM"
    person_id = work.value(
        f"""{what} pending_sign_in WHERE token_hash = %(hash)s AND expires_at > %(now)s
            {"RETURNING person_id" if is_used else ""}""",
        hash=hash_of(token),
        now=work.now(),
    )
    if person_id is None:
        raise SignInOver
    return int(person_id)
