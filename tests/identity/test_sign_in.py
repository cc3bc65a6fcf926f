"""Sign-in: the right password opens a session, wrong ones are counted, sessions end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pwdlib import PasswordHash
from sqlalchemy.pool import QueuePool
from tests.waits import PATIENCE

from mainstem import identity
from mainstem.identity import passwords
from mainstem.identity.attempts import (
    FAILURES_PER_ADDRESS,
    FAILURES_PER_EMAIL,
    FAILURES_PER_PAIR,
)
from mainstem.identity.secrets import hash_of
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.peers import network_of

from .conftest import PASSWORD


def enter(
    database: Database,
    *,
    email: str = "elin@example.com",
    password: str = PASSWORD,
    address: str = "192.0.2.7",
    replaces: str | None = None,
) -> identity.Session:
    entered = identity.sign_in(
        database, email=email, password=password, address=address, replaces=replaces
    )
    assert isinstance(entered, identity.Session)
    return entered


def whoever_holds(database: Database, token: str) -> identity.Identity | None:
    with database.work() as work:
        return identity.who(work, token)


def test_the_right_password_opens_a_session_however_the_email_is_written(
    database: Database, elin: int
) -> None:
    session = enter(database, email=" ELIN@example.COM ")
    assert whoever_holds(database, session.token) == identity.Identity(
        elin, "Elin Ek", "sv", frozenset({"finance"}), ()
    )


def test_the_database_alone_signs_nobody_in(database: Database, elin: int) -> None:
    session = enter(database)
    with database.work() as work:
        row = work.row("SELECT * FROM sign_in_session")
        assert row is not None
        assert session.token.encode() not in bytes(row.token_hash)
        assert identity.who(work, bytes(row.token_hash).hex()) is None
        kept = work.value("SELECT password_hash FROM person")
    assert kept.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("email", "password"),
    [("elin@example.com", "vinden bär över land"), ("nobody@example.com", PASSWORD), ("", "")],
)
def test_a_wrong_password_and_an_unknown_email_are_the_same_answer(
    database: Database, elin: int, email: str, password: str
) -> None:
    with pytest.raises(identity.SignInRefused) as no:
        enter(database, email=email, password=password)
    assert str(no.value) == "That e-mail and password do not go together."


def test_somebody_without_a_password_cannot_sign_in(database: Database) -> None:
    with database.work() as work:
        identity.create_person(work, email="new@example.com", name="New")
    with pytest.raises(identity.SignInRefused):
        enter(database, email="new@example.com", password="")


def test_an_unknown_email_costs_as_much_as_a_wrong_password(
    database: Database, elin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    real = passwords._hasher.verify

    def watch(password: str, kept: str) -> bool:
        verified.append(kept.rpartition("$")[0].rpartition("$")[0])
        return real(password, kept)

    monkeypatch.setattr(passwords._hasher, "verify", watch)
    for email in ("elin@example.com", "nobody@example.com"):
        with pytest.raises(identity.SignInRefused):
            enter(database, email=email, password="wrong wrong wrong")
    assert len(verified) == 2
    assert verified[0] == verified[1], "one algorithm with one cost"


def test_a_guess_costs_64_mebibytes(light_hashes: PasswordHash) -> None:
    assert light_hashes.hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_no_connection_is_held_while_a_password_is_checked(
    database: Database, elin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    real = passwords._hasher.verify

    def watch(password: str, kept: str) -> bool:
        pool = database._company.pool
        assert isinstance(pool, QueuePool)
        seen.append(pool.checkedout())
        return real(password, kept)

    monkeypatch.setattr(passwords._hasher, "verify", watch)
    enter(database)
    assert seen == [0]


def test_at_most_two_passwords_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock = 0, 0, threading.Lock()
    both_in = threading.Barrier(2)

    def slow(password: str, kept: str) -> bool:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        both_in.wait(PATIENCE)
        with lock:
            inside -= 1
        return True

    monkeypatch.setattr(passwords._hasher, "verify", slow)
    with ThreadPoolExecutor(8) as crowd:
        assert all(crowd.map(lambda _: passwords.matches("x", "kept"), range(8)))
    assert most == 2


def test_after_five_wrong_passwords_even_the_right_one_waits_its_quarter(
    database: Database, elin: int, clock: FixedClock
) -> None:
    for _ in range(FAILURES_PER_PAIR):
        with pytest.raises(identity.SignInRefused):
            enter(database, password="wrong wrong wrong")
        clock.move(timedelta(minutes=1))
    with pytest.raises(identity.TooManyAttempts) as no:
        enter(database)
    assert no.value.retry_after == 10 * 60 + 1
    # Trying on does not lengthen it.
    clock.move(timedelta(minutes=9, seconds=59))
    with pytest.raises(identity.TooManyAttempts):
        enter(database)
    clock.move(timedelta(seconds=2))
    assert enter(database).person_id == elin


def guessed_from(database: Database, clock: FixedClock, addresses: int) -> None:
    """Somebody guesses Elin's password from so many addresses, four times from each."""
    with database.work() as work:
        work.run(
            """INSERT INTO sign_in_attempt (email_key, address, succeeded, at)
               SELECT 'elin@example.com', '203.0.113.' || n / 4, false, %(now)s
                 FROM generate_series(0, %(n)s) AS n""",
            now=clock.now(),
            n=addresses * 4 - 1,
        )


def test_a_stranger_who_guesses_shuts_nobody_out_but_himself(
    database: Database, elin: int, clock: FixedClock
) -> None:
    for _ in range(20):  # again and again, for hours
        for _ in range(FAILURES_PER_PAIR):
            with pytest.raises(identity.SignInRefused):
                enter(database, password="wrong wrong wrong", address="198.51.100.9")
        with pytest.raises(identity.TooManyAttempts):
            enter(database, password="wrong wrong wrong", address="198.51.100.9")
        assert enter(database).person_id == elin
        clock.move(timedelta(minutes=15, seconds=1))


def test_a_crowd_that_guesses_shuts_out_strangers_and_nobody_at_home(
    database: Database, elin: int, clock: FixedClock
) -> None:
    assert enter(database, address="192.0.2.7").person_id == elin
    guessed_from(database, clock, addresses=FAILURES_PER_EMAIL // 4 + 1)
    with pytest.raises(identity.TooManyAttempts):
        enter(database, address="198.51.100.77")
    assert enter(database, address="192.0.2.7").person_id == elin
    clock.move(timedelta(minutes=15, seconds=1))
    assert enter(database, address="198.51.100.77").person_id == elin


def test_fewer_guesses_than_a_crowds_shut_nobody_out(
    database: Database, elin: int, clock: FixedClock
) -> None:
    guessed_from(database, clock, addresses=FAILURES_PER_EMAIL // 4 - 1)
    assert enter(database, address="198.51.100.77").person_id == elin


def test_an_unknown_email_is_throttled_like_a_known_one(database: Database, elin: int) -> None:
    answers = []
    for email in ("elin@example.com", "nobody@example.com"):
        for _ in range(FAILURES_PER_PAIR):
            with pytest.raises(identity.SignInRefused):
                enter(database, email=email, password="wrong wrong wrong")
        with pytest.raises(identity.TooManyAttempts) as no:
            enter(database, email=email)
        answers.append((str(no.value), no.value.retry_after))
    assert answers[0] == answers[1]


def test_a_success_forgives_the_failures_before_it(database: Database, elin: int) -> None:
    for _ in range(2):
        for _ in range(FAILURES_PER_PAIR - 1):
            with pytest.raises(identity.SignInRefused):
                enter(database, password="wrong wrong wrong")
        assert enter(database).person_id == elin


@pytest.mark.parametrize(
    ("used", "asking", "is_throttled"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_one_address_may_fail_thirty_times_whatever_the_emails(
    database: Database, elin: int, clock: FixedClock, used: str, asking: str, is_throttled: bool
) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO sign_in_attempt (email_key, address, succeeded, at)
               SELECT 'e' || n || '@example.com', %(address)s, false, %(now)s
                 FROM generate_series(1, %(n)s) AS n""",
            address=network_of(used),
            now=clock.now(),
            n=FAILURES_PER_ADDRESS,
        )
    if is_throttled:
        with pytest.raises(identity.TooManyAttempts):
            enter(database, address=asking)
    else:
        assert enter(database, address=asking).person_id == elin


def test_guesses_at_one_instant_are_each_counted(database: Database, elin: int) -> None:
    def guess(_: int) -> str:
        try:
            enter(database, password="wrong wrong wrong")
        except identity.SignInRefused:
            return "looked at"
        except identity.TooManyAttempts:
            return "throttled"
        raise AssertionError

    with ThreadPoolExecutor(8) as crowd:
        answers = sorted(crowd.map(guess, range(8)))
    assert answers == ["looked at"] * FAILURES_PER_PAIR + ["throttled"] * 3


def test_a_sign_in_ends_the_session_it_replaces(database: Database, elin: int) -> None:
    first = enter(database)
    second = enter(database, replaces=first.token)
    assert second.token != first.token
    assert whoever_holds(database, first.token) is None
    assert whoever_holds(database, second.token) is not None


def test_a_session_ends_after_twelve_idle_hours(
    database: Database, elin: int, clock: FixedClock
) -> None:
    token = enter(database).token
    for _ in range(3):
        clock.move(timedelta(hours=11, minutes=59))
        assert whoever_holds(database, token) is not None
    clock.move(timedelta(hours=12))
    assert whoever_holds(database, token) is None


def test_a_session_ends_after_fourteen_days_however_busy(
    database: Database, elin: int, clock: FixedClock
) -> None:
    token = enter(database).token
    for _ in range(2 * 14 - 1):
        clock.move(timedelta(hours=11, minutes=59))
        assert whoever_holds(database, token) is not None
    clock.move(timedelta(hours=11, minutes=59))
    assert whoever_holds(database, token) is not None, "13 days, 23 hours and 32 minutes"
    clock.move(timedelta(minutes=28))
    assert whoever_holds(database, token) is None


def test_signing_out_ends_this_session_alone(database: Database, elin: int) -> None:
    here, there = enter(database).token, enter(database).token
    with database.work() as work:
        identity.sign_out(work, here)
        identity.sign_out(work, here)
    assert whoever_holds(database, here) is None
    assert whoever_holds(database, there) is not None


def test_every_session_of_somebody_can_be_ended(database: Database, elin: int) -> None:
    tokens = [enter(database).token for _ in range(2)]
    with database.work() as work:
        assert identity.end_sessions(work, elin) == 2
    assert [whoever_holds(database, token) for token in tokens] == [None, None]


def test_a_role_taken_back_is_felt_at_once(database: Database, elin: int) -> None:
    token = enter(database).token
    with database.work() as work:
        identity.revoke(work, elin, "finance")
    held = whoever_holds(database, token)
    assert held is not None
    assert not held.is_staff
    assert not held.may("finance")


def test_a_new_password_ends_the_sessions_of_the_old_one(database: Database, elin: int) -> None:
    token = enter(database).token
    identity.set_password(database, elin, "en helt annan mening")
    assert whoever_holds(database, token) is None
    with pytest.raises(identity.SignInRefused):
        enter(database)
    assert enter(database, password="en helt annan mening").person_id == elin


def test_whoever_changes_their_password_stays_where_they_are(database: Database, elin: int) -> None:
    here, there = enter(database).token, enter(database).token
    identity.set_password(database, elin, "en helt annan mening", keep=hash_of(here))
    assert whoever_holds(database, here) is not None
    assert whoever_holds(database, there) is None


def test_what_happened_is_told_as_facts(database: Database, elin: int) -> None:
    enter(database)
    identity.set_password(database, elin, "en helt annan mening")
    with database.work() as work:
        told = [(row.name, row.subject) for row in work.rows("SELECT name, subject FROM fact")]
    assert sorted(told) == [
        ("membership.granted", f"{elin}:finance"),
        ("password.set", str(elin)),
        ("person.created", str(elin)),
        ("person.signed_in", str(elin)),
    ]
