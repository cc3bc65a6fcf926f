"""The second step of signing in, recovery codes, and how second factors come and go."""

from __future__ import annotations

import threading
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.authenticator import code_of
from tests.waits import PATIENCE

from mainstem import cli_company, identity
from mainstem.identity.attempts import CODES_PER_PERSON
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.peers import shortened
from mainstem.kit.work import Actor

from .conftest import PASSWORD

HERE = identity.Browser("192.0.2.7")


def first_step(database: Database) -> identity.PendingSignIn | identity.Session:
    return identity.sign_in(
        database, email="elin@example.com", password=PASSWORD, address="192.0.2.7"
    )


def pending(database: Database) -> str:
    step = first_step(database)
    assert isinstance(step, identity.PendingSignIn)
    return step.token


def who(database: Database, token: str) -> identity.Identity:
    with database.work() as work:
        found = identity.who(work, token)
    assert found is not None
    return found


def is_in(database: Database, token: str) -> bool:
    with database.work() as work:
        return identity.who(work, token) is not None


def with_app(database: Database, clock: FixedClock, person: int) -> tuple[str, list[str], str]:
    """Set up an app in a session of its own: its secret, the recovery codes, the session's token."""
    session = first_step(database)
    assert isinstance(session, identity.Session)
    me = who(database, session.token)
    with database.work() as work:
        identity.begin_totp(work, person)
        secret = identity.begun_totp(work, person)
        assert secret is not None
    with database.work() as work:
        added = identity.add_totp(work, person, me.session_id, code_of(secret, clock.now()))
    clock.move(timedelta(minutes=2))
    return secret, added.recovery_codes, added.token


def test_the_half_way_state_is_no_session(database: Database, clock: FixedClock, elin: int) -> None:
    secret, _, _ = with_app(database, clock, elin)
    token = pending(database)
    assert not is_in(database, token)
    session = identity.finish_with_code(database, token, code_of(secret, clock.now()), HERE)
    assert who(database, session.token).has_second_factor
    with pytest.raises(identity.SignInOver):  # it was for one sign-in
        identity.finish_with_code(database, token, code_of(secret, clock.now()), HERE)


def test_the_second_step_waits_ten_minutes(
    database: Database, clock: FixedClock, elin: int
) -> None:
    secret, _, _ = with_app(database, clock, elin)
    token = pending(database)
    clock.move(timedelta(minutes=10))
    with pytest.raises(identity.SignInOver):
        identity.finish_with_code(database, token, code_of(secret, clock.now()), HERE)


def test_one_code_opens_one_session_of_two_at_once(
    database: Database, clock: FixedClock, elin: int
) -> None:
    secret, _, _ = with_app(database, clock, elin)
    tokens, code, both = (
        [pending(database), pending(database)],
        code_of(secret, clock.now()),
        threading.Barrier(2),
    )

    def finish(token: str) -> bool:
        both.wait(PATIENCE)
        try:
            identity.finish_with_code(database, token, code, HERE)
        except identity.WrongCode:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(finish, tokens)) == [False, True]


def test_codes_are_guessed_a_few_times_and_then_later_also_the_right_one(
    database: Database, clock: FixedClock, elin: int
) -> None:
    secret, codes, _ = with_app(database, clock, elin)
    for no in range(CODES_PER_PERSON):
        with pytest.raises((identity.WrongCode, identity.WrongRecoveryCode)):
            if no % 2:
                identity.finish_with_code(database, pending(database), "000000", HERE)
            else:
                identity.finish_with_recovery_code(database, pending(database), "NOPE", HERE)
    for finish, code in (
        (identity.finish_with_code, code_of(secret, clock.now())),
        (identity.finish_with_recovery_code, codes[0]),
    ):
        with pytest.raises(identity.TooManyAttempts):
            finish(database, pending(database), code, HERE)
    clock.move(timedelta(minutes=16))
    identity.finish_with_recovery_code(database, pending(database), codes[0], HERE)


def test_a_recovery_code_opens_once_however_it_is_typed(
    database: Database, clock: FixedClock, elin: int
) -> None:
    _, codes, _ = with_app(database, clock, elin)
    assert len(set(codes)) == 10
    typed = f" {codes[3].lower().replace('-', ' ')} "
    identity.finish_with_recovery_code(database, pending(database), typed, HERE)
    with pytest.raises(identity.WrongRecoveryCode):
        identity.finish_with_recovery_code(database, pending(database), codes[3], HERE)
    with database.work() as work:
        assert identity.recovery_codes_left(work, elin) == 9
        for row in work.rows("SELECT code_hash FROM recovery_code"):
            assert len(bytes(row.code_hash)) == 32


def test_new_recovery_codes_end_those_before(
    database: Database, clock: FixedClock, elin: int
) -> None:
    _, old, _ = with_app(database, clock, elin)
    with database.work() as work:
        new = identity.renew_recovery_codes(work, elin)
    assert not set(old) & set(new)
    with pytest.raises(identity.WrongRecoveryCode):
        identity.finish_with_recovery_code(database, pending(database), old[0], HERE)
    identity.finish_with_recovery_code(database, pending(database), new[0], HERE)


def test_recovery_codes_stand_for_a_second_factor_only(database: Database, elin: int) -> None:
    with database.work() as work, pytest.raises(identity.NothingToRecover):
        identity.renew_recovery_codes(work, elin)


def test_the_first_factor_ends_the_sessions_opened_without_it_and_renames_this_one(
    database: Database, clock: FixedClock, elin: int
) -> None:
    elsewhere = first_step(database)
    _, _, token = with_app(database, clock, elin)
    assert not is_in(database, elsewhere.token)
    assert is_in(database, token)
    with database.work() as work:
        [here] = identity.sessions_of(work, elin)
    assert who(database, token).session_id == here.id


def test_removed_last_the_password_is_enough_again(
    database: Database, clock: FixedClock, elin: int
) -> None:
    with_app(database, clock, elin)
    with database.work() as work:
        identity.remove_totp(work, elin)
    with database.work() as work:
        identity.remove_totp(work, elin)  # twice is fine
        assert identity.recovery_codes_left(work, elin) == 0
    assert isinstance(first_step(database), identity.Session)


def test_nobody_removes_a_passkey_of_somebody_else(database: Database, elin: int) -> None:
    with database.work() as work:
        other = identity.create_person(work, email="per@example.com", name="Per")
        id = work.value(
            """INSERT INTO passkey (person_id, credential_id, public_key, sign_count, label, created_at)
               VALUES (%(id)s, '\\x01', '\\x01', 0, 'Phone', %(now)s) RETURNING id""",
            id=other,
            now=work.now(),
        )
    with pytest.raises(NotFound), database.work() as work:
        identity.remove_passkey(work, elin, id)


def test_an_admin_removes_what_a_colleague_has_lost_and_says_why(
    database: Database, clock: FixedClock, elin: int
) -> None:
    _, codes, session = with_app(database, clock, elin)
    half_way = pending(database)
    with database.work(Actor("staff", "1")) as work:
        identity.take_second_factors_away(work, elin, reason="Lost on the ferry; called back.")
    assert not is_in(database, session)
    with pytest.raises(identity.SignInOver):
        identity.finish_with_recovery_code(database, half_way, codes[0], HERE)
    assert isinstance(first_step(database), identity.Session)
    with database.work() as work:
        row = work.one("SELECT * FROM second_factor_removal")
        assert (row.person_id, row.removed_by, row.reason) == (
            elin, "staff:1", "Lost on the ferry; called back.",
        )  # fmt: skip
    with database.work() as work, pytest.raises(identity.NoSecondFactor):
        identity.take_second_factors_away(work, elin, reason="Again.")


def test_another_password_ends_what_was_half_way(
    database: Database, clock: FixedClock, elin: int
) -> None:
    secret, _, _ = with_app(database, clock, elin)
    token = pending(database)
    identity.set_password(database, elin, "en helt annan mening")
    with pytest.raises(identity.SignInOver):
        identity.finish_with_code(database, token, code_of(secret, clock.now()), HERE)


def test_a_browser_is_known_again_by_its_cookie_alone(
    database: Database, clock: FixedClock, elin: int
) -> None:
    def enter(device: str, agent: str = "Firefox") -> identity.Session:
        session = identity.sign_in(
            database,
            email="elin@example.com",
            password=PASSWORD,
            address="192.0.2.7",
            agent=agent,
            device=device,
        )
        assert isinstance(session, identity.Session)
        return session

    def told() -> int:
        with database.work() as work:
            return int(work.value("SELECT count(*) FROM fact WHERE name = 'device.first_seen'"))

    first = enter("")
    assert told() == 0, "the first sign-in of all is no news"
    assert enter(first.device, agent="Chrome").device == first.device
    assert told() == 0
    second = enter("")
    assert second.device != first.device
    assert told() == 1
    assert enter("made up by somebody").device.startswith("dev_")
    assert told() == 2
    with database.work() as work:
        hashes = [
            bytes(row.device_hash) for row in work.rows("SELECT device_hash FROM known_device")
        ]
    assert identity.hash_of(first.device) not in hashes, (
        "two people at one browser are not told to be"
    )


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
         "Safari/537.36 Edg/140.0.0.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/19.0 Safari/605.1.15", ("Safari", "macOS")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", ("Chrome", "iPhone")),
        ("Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile "
         "Safari/537.36", ("Chrome", "Android")),
        ("curl/8.9", ("", "")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_a_device_is_called_as_people_call_it(agent: str, device: tuple[str, str]) -> None:
    assert tuple(identity.device_of(agent)) == device


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.x"),
        ("::ffff:203.0.113.77", "203.0.113.x"),
        ("2001:db8:7:1:a:b:c:d", "2001:db8:7::x"),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_of_an_address_only_the_region_is_kept(address: str, kept: str) -> None:
    assert shortened(address) == kept


def test_the_last_admin_is_helped_at_the_machine(
    database: Database, clock: FixedClock, elin: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with_app(database, clock, elin)
    given = Namespace(email="ELIN@example.com", reason="The phone is lost.")
    for code, said in ((0, "The second factor is removed."), (1, "They have no second factor.")):
        assert cli_company.remove_second_factor(database, given) == code
        assert said in capsys.readouterr().err
    assert isinstance(first_step(database), identity.Session)
    given.email = "nobody@example.com"
    assert cli_company.remove_second_factor(database, given) == 1
