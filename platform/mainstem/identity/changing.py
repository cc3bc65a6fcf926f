"""Another password, for whoever knows the one of now."""

from __future__ import annotations

from mainstem.identity.attempts import attempt_succeeded, count_attempt
from mainstem.identity.ending import end_password_links, end_sessions
from mainstem.identity.passwords import check_password, hash_password, matches
from mainstem.identity.people import Person, names_around
from mainstem.identity.sessions import Browser, Session, open_session
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.events import record
from mainstem.kit.peers import network_of
from mainstem.kit.work import Actor


class WrongPassword(InvalidInput):
    """The password that is asked for beside the new one is not theirs."""

    code = "wrong_password"
    message = "This is not your password."

    def __init__(self) -> None:
        super().__init__(Problem("/old", self.code, self.message))


class SamePassword(InvalidInput):
    """The new password is the old one."""

    code = "same_password"
    message = "This is the password that you have. Choose another one."

    def __init__(self) -> None:
        super().__init__(Problem("/password", self.code, self.message))


def change_password(
    database: Database,
    person_id: int,
    *,
    old: str,
    new: str,
    browser: Browser,
    clock: Clock | None = None,
) -> Session:
    """Another password for whoever knows the old one; every session of theirs ends, and this browser
    gets a new one. Opens its own works: hashing is slow.

    Raises WrongPassword, TooManyAttempts, SamePassword and PasswordTooWeak.
    """
    actor, network = Actor("person", str(person_id)), network_of(browser.address)
    with database.work(actor, clock=clock) as work:
        person = work.get(Person, person_id)
        email, key, before = person.email, person.email_key, person.password_hash
        attempt = count_attempt(work, key, network)
        about = names_around(work, person_id)
    if not matches(old, before):
        raise WrongPassword
    with database.work(actor, clock=clock) as work:
        attempt_succeeded(work, attempt, key, network)
    if new == old:
        raise SamePassword
    check_password(new, email=email, about=about)
    hashed = hash_password(new)
    with database.work(actor, clock=clock) as work:
        person = work.take(Person, person_id)
        if person.password_hash != before:
            raise WrongPassword  # somebody was quicker, by a link or in another window
        person.password_hash = hashed
        end_sessions(work, person_id)
        end_password_links(work, person_id)
        record(work, "password.changed", person_id)
        return open_session(work, person_id, browser)
