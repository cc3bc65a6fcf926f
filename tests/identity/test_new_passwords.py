"""Another password: by the old one, or by a link that opens once, for an hour, for its owner."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from tests.waits import PATIENCE

from mainstem import identity
from mainstem.identity.resets import PER_ADDRESS, PER_EMAIL
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

from .conftest import PASSWORD

NEW = "måsarna sover på taket"
HERE = identity.Browser("192.0.2.7")


def enter(database: Database, password: str = PASSWORD) -> str:
    entered = identity.sign_in(
        database, email="elin@example.com", password=password, address="192.0.2.7"
    )
    assert isinstance(entered, identity.Session)
    return entered.token


def is_in(database: Database, token: str) -> bool:
    with database.work() as work:
        return identity.who(work, token) is not None


def asked(database: Database, email: str = "elin@example.com", address: str = "192.0.2.7") -> UUID:
    """Ask for a link; what the request is known by."""
    with database.work() as work:
        identity.request_reset(work, email=email, address=address)
        found = work.value(
            "SELECT id FROM password_reset_request ORDER BY at DESC, id DESC LIMIT 1"
        )
    assert isinstance(found, UUID)
    return found


def mailed(database: Database, request: UUID) -> str:
    """The token of the link that the worker mails for a request."""
    with database.work() as work:
        assert identity.make_reset_link(work, request) is not None
    return identity.reset_token("", request)


# ------------------------------------------------------------------------- by the old one


def test_the_old_password_opens_a_new_one_and_ends_every_other_session(
    database: Database, elin: int
) -> None:
    elsewhere, here = enter(database), enter(database)
    browser = identity.Browser("192.0.2.7", replaces=here)
    session = identity.change_password(database, elin, old=PASSWORD, new=NEW, browser=browser)
    assert is_in(database, session.token)
    assert not is_in(database, elsewhere)
    assert not is_in(database, here), "the session of now goes on under another token"
    assert is_in(database, enter(database, NEW))
    with pytest.raises(identity.SignInRefused):
        enter(database)


@pytest.mark.parametrize(
    ("old", "new", "refused", "field"),
    [
        ("inte det rätta", NEW, identity.WrongPassword, "/old"),
        (PASSWORD, PASSWORD, identity.SamePassword, "/password"),
        (PASSWORD, "kort", identity.PasswordTooWeak, "/password"),
        (PASSWORD, "elin.ek.elin.ek", identity.PasswordTooWeak, "/password"),
    ],
)
def test_what_is_not_right_is_told_by_its_field_and_changes_nothing(
    database: Database,
    elin: int,
    old: str,
    new: str,
    refused: type[identity.PasswordTooWeak],
    field: str,
) -> None:
    token = enter(database)
    with pytest.raises(refused) as no:
        identity.change_password(database, elin, old=old, new=new, browser=HERE)
    assert [one.pointer for one in no.value.problems] == [field]
    assert is_in(database, token)


def test_who_guesses_the_old_password_is_slowed_down_as_at_the_door(
    database: Database, elin: int
) -> None:
    for _ in range(5):
        with pytest.raises(identity.WrongPassword):
            identity.change_password(database, elin, old="nej", new=NEW, browser=HERE)
    with pytest.raises(identity.TooManyAttempts):
        identity.change_password(database, elin, old=PASSWORD, new=NEW, browser=HERE)


# ------------------------------------------------------------------------- by a link


def test_a_link_opens_once_and_ends_every_session(database: Database, elin: int) -> None:
    session = enter(database)
    token = mailed(database, asked(database))
    identity.reset_password(database, token, NEW)
    assert not is_in(database, session)
    assert is_in(database, enter(database, NEW))
    with pytest.raises(identity.ResetRefused):
        identity.reset_password(database, token, "en helt annan mening")
    assert is_in(database, enter(database, NEW))


def test_of_two_uses_at_once_one_wins(database: Database, elin: int) -> None:
    token = mailed(database, asked(database))
    both = threading.Barrier(2)

    def use(password: str) -> str:
        both.wait(PATIENCE)
        try:
            identity.reset_password(database, token, password)
        except identity.ResetRefused:
            return "refused"
        return password

    with ThreadPoolExecutor(2) as pool:
        came = list(pool.map(use, [NEW, "en helt annan mening"]))
    assert sorted(one == "refused" for one in came) == [False, True]
    [won] = [one for one in came if one != "refused"]
    assert is_in(database, enter(database, won))


def test_a_link_is_good_for_an_hour(database: Database, clock: FixedClock, elin: int) -> None:
    token = mailed(database, asked(database))
    clock.move(timedelta(minutes=59))
    with database.work() as work:
        assert identity.resettable(work, token).person_id == elin
    clock.move(timedelta(minutes=1))
    with pytest.raises(identity.ResetRefused):
        identity.reset_password(database, token, NEW)


def test_a_newer_link_ends_the_one_before_in_whichever_order_they_are_made(
    database: Database, clock: FixedClock, elin: int
) -> None:
    first = asked(database)
    clock.move(timedelta(minutes=1))
    second = asked(database)
    new = mailed(database, second)
    with database.work() as work:
        assert identity.make_reset_link(work, first) is None, "it comes late"
    with pytest.raises(identity.ResetRefused):
        identity.reset_password(database, identity.reset_token("", first), NEW)
    identity.reset_password(database, new, NEW)


def test_a_request_that_is_answered_again_revives_no_link(database: Database, elin: int) -> None:
    request = asked(database)
    identity.reset_password(database, mailed(database, request), NEW)
    with database.work() as work:
        assert identity.make_reset_link(work, request) is None
    with pytest.raises(identity.ResetRefused):
        identity.reset_password(database, identity.reset_token("", request), PASSWORD)


def test_another_way_to_a_new_password_ends_the_link(database: Database, elin: int) -> None:
    token = mailed(database, asked(database))
    identity.change_password(database, elin, old=PASSWORD, new=NEW, browser=HERE)
    with pytest.raises(identity.ResetRefused):
        identity.reset_password(database, token, "en helt annan mening")


def test_there_is_no_link_for_who_cannot_sign_in(database: Database, elin: int) -> None:
    with database.work() as work:
        invited = identity.create_person(work, email="ny@example.com", name="Ny")
        identity.grant(work, invited, "picker")
        identity.revoke(work, elin, "finance")
    for email in ("ny@example.com", "elin@example.com", "nobody@example.com", "no address"):
        request = asked(database, email)
        with database.work() as work:
            assert identity.make_reset_link(work, request) is None, email


def test_what_a_request_leaves_is_the_same_whoever_has_the_email(
    database: Database, elin: int
) -> None:
    for email in ("elin@example.com", "nobody@example.com"):
        asked(database, email)
    with database.work() as work:
        facts = work.rows("SELECT actor FROM fact WHERE name = 'password.reset_requested'")
        links = work.value("SELECT count(*) FROM password_reset")
    assert [row.actor for row in facts] == ["system", "system"]
    assert links == 0, "whose it is is looked up after the answer"


def test_links_are_asked_for_a_few_times_and_then_later(
    database: Database, clock: FixedClock, elin: int
) -> None:
    for email in ("elin@example.com", "nobody@example.com"):
        for no in range(PER_EMAIL):
            asked(database, email, f"192.0.2.{no}")
        with pytest.raises(identity.TooManyAttempts):
            asked(database, email, "192.0.2.200")
    for no in range(PER_ADDRESS):
        asked(database, f"n{no}@example.com", "198.51.100.1")
    with pytest.raises(identity.TooManyAttempts):
        asked(database, "another@example.com", "198.51.100.1")
    clock.move(timedelta(minutes=16))
    asked(database, "elin@example.com", "198.51.100.1")


def test_the_database_alone_opens_no_link(database: Database, elin: int) -> None:
    token = mailed(database, asked(database))
    with database.work() as work:
        row = work.one("SELECT * FROM password_reset")
    assert token not in str(row)
    assert bytes(row.token_hash) == identity.hash_of(token)
