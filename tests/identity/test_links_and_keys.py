"""Signed links open one thing each; keys are shown once and can be taken back."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import identity
from mainstem.identity import links
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound

SECRET = "a secret of this company"


@given(home=st.integers(1, 2**63 - 1), id=st.uuids())
def test_a_link_opens_the_order_it_was_made_for(home: int, id: object) -> None:
    token = identity.client_link(SECRET, home, id)  # type: ignore[arg-type]
    assert identity.read_client_link(SECRET, token) == (home, id)
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum(), "safe in an address"


@given(st.sets(st.sampled_from([identity.PAY, identity.ANSWER])))
def test_a_link_lets_its_bearer_do_what_it_was_made_for(may: set[str]) -> None:
    id = uuid4()
    token = identity.client_link(SECRET, 7, id, may=may)
    assert identity.read_client_link(SECRET, token) == (7, id)
    assert identity.rights_of(SECRET, token) == may


def test_a_links_rights_do_not_grow() -> None:
    token = identity.client_link(SECRET, 7, uuid4(), may=())
    content, rest = token.split(".", 1)
    for other in (content[:-2], content[:-2] + "AQ", content[:-2] + "Aw"):
        if other != content:
            with pytest.raises(NotFound):
                identity.rights_of(SECRET, f"{other}.{rest}")


@given(at=st.integers(0, 200), bit=st.integers(0, 5))
def test_a_link_changed_anywhere_opens_nothing(at: int, bit: int) -> None:
    token = identity.client_link(SECRET, 7, uuid4())
    at %= len(token)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = letters[(letters.find(token[at]) ^ (1 << bit)) % 64]
    if other == token[at]:
        return
    with pytest.raises(NotFound):
        identity.read_client_link(SECRET, token[:at] + other + token[at + 1 :])


def test_the_last_letter_of_a_link_is_the_one_that_was_signed() -> None:
    token = identity.client_link(SECRET, 7, uuid4())
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=":
        if other != token[-1]:
            with pytest.raises(NotFound):
                identity.read_client_link(SECRET, token[:-1] + other)


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "å", "x" * 10_000, "\x00"])
def test_nonsense_opens_nothing(token: str) -> None:
    with pytest.raises(NotFound):
        identity.read_client_link(SECRET, token)


def test_a_quote_link_opens_no_order_and_the_other_way_round() -> None:
    id = uuid4()
    with pytest.raises(NotFound):
        identity.read_client_link(SECRET, identity.quote_link(SECRET, 7, id))
    with pytest.raises(NotFound):
        identity.read_quote_link(SECRET, identity.client_link(SECRET, 7, id))
    assert identity.read_quote_link(SECRET, identity.quote_link(SECRET, 7, id)) == (7, id)


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(NotFound):
        identity.read_client_link("another", identity.client_link(SECRET, 7, uuid4()))


def test_links_grow_old(monkeypatch: pytest.MonkeyPatch) -> None:
    id = uuid4()
    order, quote = identity.client_link(SECRET, 7, id), identity.quote_link(SECRET, 7, id)
    start = int(time.time())
    for days, opens_order, opens_quote in (
        (100, True, True),
        (121, True, False),
        (179, True, False),
        (181, False, False),
    ):
        monkeypatch.setattr(time, "time", lambda days=days: start + days * 86_400)
        for read, token, opens in (
            (links.read_client_link, order, opens_order),
            (links.read_quote_link, quote, opens_quote),
        ):
            if opens:
                assert read(SECRET, token) == (7, id)
            else:
                with pytest.raises(identity.LinkTooOld):
                    read(SECRET, token)


@pytest.fixture
def shop(database: Database) -> tuple[int, int]:
    """A home and the storefront in it."""
    with database.work() as work:
        work.run(
            """INSERT INTO affiliate (id, slug, name, email_key, country, state, upline, joined_at)
               VALUES (7, 'a', 'A', 'a@example.com', 'SE', 'active', '{7}', %(now)s)""",
            now=work.now(),
        )
        work.run(
            """INSERT INTO storefront (id, home_id, slug, name, locales, currency)
               VALUES (3, 7, 'shop', 'Shop', '{sv}', 'SEK')"""
        )
    return 7, 3


def test_a_key_names_its_storefront_until_it_is_revoked(
    database: Database, shop: tuple[int, int]
) -> None:
    home, storefront = shop
    with database.work() as work:
        key = identity.issue_key(work, home_id=home, storefront_id=storefront, label="web shop")
        found = identity.read_key(work, key)
        assert found is not None
        assert (found.home_id, found.storefront_id) == shop
        assert key.startswith("msk_")
        assert key not in str(work.rows("SELECT * FROM storefront_key"))
    with database.work() as work:
        identity.revoke_key(work, home_id=home, key_hash=found.key_hash)
        assert identity.read_key(work, key) is None


def test_a_key_of_a_closed_storefront_is_not_in_force(
    database: Database, shop: tuple[int, int]
) -> None:
    with database.work() as work:
        key = identity.issue_key(work, home_id=7, storefront_id=3)
        work.run("UPDATE storefront SET active = false")
        assert identity.read_key(work, key) is None


def test_other_texts_are_no_keys(database: Database, shop: tuple[int, int]) -> None:
    with database.work() as work:
        key = identity.issue_key(work, home_id=7, storefront_id=3)
        for wrong in ("", "msk_", key[:-1], key + "x", key[4:], key.upper(), "sk_" + key[4:]):
            assert identity.read_key(work, wrong) is None


def test_one_home_cannot_revoke_the_key_of_another(
    database: Database, shop: tuple[int, int]
) -> None:
    with database.work() as work:
        key = identity.issue_key(work, home_id=7, storefront_id=3)
        found = identity.read_key(work, key)
        assert found is not None
        with pytest.raises(NotFound):
            identity.revoke_key(work, home_id=8, key_hash=found.key_hash)
        assert identity.read_key(work, key) is not None
