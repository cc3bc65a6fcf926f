"""Codes of an authenticator app: which open, when, and never twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.authenticator import code_of

from mainstem import identity
from mainstem.identity.totp import (
    STEP_SECONDS,
    begin_totp,
    begun_totp,
    confirm_begun_totp,
    step_of,
    use_totp,
)
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of a guide: nobody's
INSTANTS = st.datetimes(
    datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


@given(INSTANTS, st.integers(-3600, 3600))
def test_a_code_opens_in_its_own_half_minute_and_the_two_beside(at: datetime, later: int) -> None:
    then = at + timedelta(seconds=later)
    step = int(at.timestamp()) // STEP_SECONDS
    apart = int(then.timestamp()) // STEP_SECONDS - step
    app = pyotp.TOTP(SECRET)
    near = {app.generate_otp(int(then.timestamp()) // STEP_SECONDS + one) for one in (-1, 0, 1)}
    found = step_of(SECRET, code_of(SECRET, at), then)
    if abs(apart) <= 1:
        assert found is not None and abs(found - int(then.timestamp()) // STEP_SECONDS) <= 1
    else:  # unless chance has made the same six digits for one of the three
        assert (found is not None) == (code_of(SECRET, at) in near)


@given(INSTANTS, st.text(max_size=12))
def test_nothing_but_six_digits_is_a_code(at: datetime, typed: str) -> None:
    if not (typed.replace(" ", "").isascii() and typed.replace(" ", "").isdigit()):
        assert step_of(SECRET, typed, at) is None


@given(INSTANTS, st.sampled_from([0xFF10, 0x0660, 0x0966, 0x1D7CE]))
def test_the_digits_of_other_scripts_are_no_code(at: datetime, zero: int) -> None:
    other = "".join(chr(zero + int(digit)) for digit in code_of(SECRET, at))
    assert other.isdigit()
    assert step_of(SECRET, other, at) is None


def begun(database: Database, person: int) -> str:
    with database.work() as work:
        begin_totp(work, person)
        secret = begun_totp(work, person)
    assert secret is not None
    return secret


def with_app(database: Database, clock: FixedClock, person: int) -> str:
    """Somebody's app, confirmed half an hour ago."""
    secret = begun(database, person)
    with database.work() as work:
        confirm_begun_totp(work, person, code_of(secret, clock.now()))
    clock.move(timedelta(minutes=30))
    return secret


def used(database: Database, person: int, code: str) -> bool:
    with database.work() as work:
        return use_totp(work, person, code)


def test_a_code_opens_once(database: Database, clock: FixedClock, elin: int) -> None:
    secret = with_app(database, clock, elin)
    code = code_of(secret, clock.now())
    assert used(database, elin, f"{code[:3]} {code[3:]}"), "as apps show it"
    assert not used(database, elin, code)
    clock.move(timedelta(seconds=STEP_SECONDS))
    assert not used(database, elin, code)
    assert used(database, elin, code_of(secret, clock.now()))


def test_no_code_opens_that_is_older_than_the_last_one_that_did(
    database: Database, clock: FixedClock, elin: int
) -> None:
    secret = with_app(database, clock, elin)
    before = code_of(secret, clock.now() - timedelta(seconds=STEP_SECONDS))
    assert used(database, elin, code_of(secret, clock.now()))
    assert not used(database, elin, before)


def test_the_database_itself_takes_no_step_twice(
    database: Database, clock: FixedClock, elin: int
) -> None:
    secret = with_app(database, clock, elin)
    assert used(database, elin, code_of(secret, clock.now()))
    with pytest.raises(Exception, match="this step has been used"), database.work() as work:
        work.run("UPDATE totp SET last_step = last_step")


def test_the_code_that_confirms_the_app_signs_nobody_in(
    database: Database, clock: FixedClock, elin: int
) -> None:
    secret = begun(database, elin)
    code = code_of(secret, clock.now())
    with database.work() as work:
        confirm_begun_totp(work, elin, code)
    assert not used(database, elin, code)


def test_an_app_that_was_only_begun_opens_nothing_and_leaves_the_one_before(
    database: Database, clock: FixedClock, elin: int
) -> None:
    old = with_app(database, clock, elin)
    new = begun(database, elin)
    assert not used(database, elin, code_of(new, clock.now()))
    assert used(database, elin, code_of(old, clock.now()))
    clock.move(timedelta(minutes=2))
    with database.work() as work:
        confirm_begun_totp(work, elin, code_of(new, clock.now()))
    clock.move(timedelta(minutes=2))
    assert not used(database, elin, code_of(old, clock.now()))
    assert used(database, elin, code_of(new, clock.now()))


def test_the_database_alone_makes_no_code(database: Database, elin: int) -> None:
    secret = begun(database, elin)
    with database.work() as work:
        kept = bytes(work.value("SELECT secret FROM totp"))
        assert secret.encode() not in kept
        # Copied to somebody else it is no secret of theirs.
        other = identity.create_person(work, email="per@example.com", name="Per")
        work.run("UPDATE totp SET person_id = %(other)s", other=other)
        assert begun_totp(work, other) is None


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(-3, 3)), min_size=1, max_size=8))
def test_whatever_is_sent_and_when_each_step_opens_once_and_none_before_it(
    database: Database, clock: FixedClock, elin: int, sent: list[tuple[int, int]]
) -> None:
    """Each of `sent` is how many seconds have passed, and of how many steps from now the code is."""
    clock.move(timedelta(minutes=5))
    secret = begun(database, elin)
    with database.work() as work:
        confirm_begun_totp(work, elin, code_of(secret, clock.now()))
    last = int(clock.now().timestamp()) // STEP_SECONDS
    for seconds, apart in sent:
        clock.move(timedelta(seconds=seconds))
        step = int(clock.now().timestamp()) // STEP_SECONDS + apart
        opens = used(database, elin, pyotp.TOTP(secret).generate_otp(step))
        assert opens == (abs(apart) <= 1 and step > last)
        last = step if opens else last
