"""Passkeys: what a device signs opens, and what it should not have signed does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.authenticator import SoftwareAuthenticator, b64, unb64

from mainstem import flow, identity
from mainstem.identity.challenges import VALID_FOR, PasskeyRefused
from mainstem.identity.passkeys import (
    PasskeyKnown,
    authentication_options,
    keep_passkey,
    registration_options,
    use_passkey,
)
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

ORIGIN, HOST = "https://company.example", "company.example"


@pytest.fixture
def company(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """The company at its public address."""
    made = Database(
        database_url, clock=clock, tools=flow.tools(public_url=ORIGIN, secret="s" * 40), pool=4
    )
    yield made
    made.close()


def device(**otherwise: object) -> SoftwareAuthenticator:
    return replace(SoftwareAuthenticator(ORIGIN, HOST), **otherwise)  # type: ignore[arg-type]


def options(company: Database, person: int, purpose: str = "get") -> str:
    with company.work() as work:
        if purpose == "create":
            return registration_options(work, person, company="Company")
        return authentication_options(work, person)


def kept(company: Database, person: int, key: SoftwareAuthenticator) -> int:
    made = key.creates(options(company, person, "create"))
    with company.work() as work:
        return keep_passkey(work, person, made, label="Elin's phone")


def opens(company: Database, person: int, sent: str) -> bool:
    try:
        with company.work() as work:
            use_passkey(work, person, sent)
    except PasskeyRefused:
        return False
    return True


def test_a_passkey_opens_what_it_signs_and_each_challenge_once(
    company: Database, elin: int
) -> None:
    key = device()
    kept(company, elin, key)
    sent = key.signs(options(company, elin))
    assert opens(company, elin, sent)
    assert not opens(company, elin, sent)
    assert opens(company, elin, key.signs(options(company, elin)))


def test_the_options_demand_that_the_device_knows_its_owner(company: Database, elin: int) -> None:
    made = json.loads(options(company, elin, "create"))
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["rp"]["id"] == HOST
    assert "elin" not in unb64(made["user"]["id"]).decode("latin-1")
    key = device()
    kept(company, elin, key)
    asked = json.loads(options(company, elin))
    assert (asked["userVerification"], asked["rpId"]) == ("required", HOST)
    assert [one["id"] for one in asked["allowCredentials"]] == [b64(key.credential_id)]
    again = json.loads(options(company, elin, "create"))
    assert [one["id"] for one in again["excludeCredentials"]] == [b64(key.credential_id)]


WRONG = {
    "of another origin": {"origin": "https://evil.example"},
    "of a port beside": {"origin": f"{ORIGIN}:8443"},
    "in the clear": {"origin": f"http://{HOST}"},
    "of another host's keys": {"rp_id": "evil.example"},
    "without knowing its owner": {"verifies_user": False},
    "inside another's page": {"client_data": {"crossOrigin": True}},
    "inside another's page, by its name": {"client_data": {"topOrigin": "https://evil.example"}},
    "for another deed": {"client_data": {"type": "webauthn.else"}},
    "for a challenge of its own": {"client_data": {"challenge": b64(b"0" * 32)}},
}


@pytest.mark.parametrize("how", WRONG)
def test_what_is_signed_wrongly_opens_nothing(company: Database, elin: int, how: str) -> None:
    key = device()
    kept(company, elin, key)
    wrong = replace(key, **WRONG[how])  # type: ignore[arg-type]
    assert not opens(company, elin, wrong.signs(options(company, elin)))
    key.counter = wrong.counter
    assert opens(company, elin, key.signs(options(company, elin)))


@pytest.mark.parametrize("how", WRONG)
def test_no_passkey_is_kept_that_was_made_wrongly(company: Database, elin: int, how: str) -> None:
    wrong = device(**WRONG[how])  # type: ignore[arg-type]
    with pytest.raises(PasskeyRefused):
        kept(company, elin, wrong)
    with company.work() as work:
        assert work.value("SELECT count(*) FROM passkey") == 0


def test_another_key_signs_nothing_in_its_place(company: Database, elin: int) -> None:
    key = device()
    kept(company, elin, key)
    other = device(credential_id=key.credential_id)
    assert not opens(company, elin, other.signs(options(company, elin)))


def test_a_copy_that_has_fallen_behind_in_counting_opens_nothing(
    company: Database, elin: int
) -> None:
    key = device()
    kept(company, elin, key)
    copy = replace(key)
    assert opens(company, elin, key.signs(options(company, elin)))
    assert not opens(company, elin, copy.signs(options(company, elin)))


def test_a_challenge_is_for_one_person_one_deed_and_five_minutes(
    company: Database, clock: FixedClock, elin: int
) -> None:
    with company.work() as work:
        other = identity.create_person(work, email="per@example.com", name="Per")
    key = device()
    kept(company, elin, key)
    assert not opens(company, elin, key.signs(options(company, other)))
    with pytest.raises(PasskeyRefused), company.work() as work:
        keep_passkey(work, elin, device().creates(options(company, elin)), label="")
    late = key.signs(options(company, elin))
    clock.move(VALID_FOR)
    assert not opens(company, elin, late)
    clock.move(-timedelta(seconds=1))
    assert opens(company, elin, late)


def test_a_passkey_is_one_persons(company: Database, elin: int) -> None:
    with company.work() as work:
        other = identity.create_person(work, email="per@example.com", name="Per")
    key = device()
    kept(company, elin, key)
    assert not opens(company, other, key.signs(options(company, other)))
    with pytest.raises(PasskeyKnown):
        kept(company, other, key)


@pytest.mark.parametrize(
    "sent",
    ["", "{}", "null", "[]", '"x"', '{"id": 5}', '{"id":"YQ","response":{"clientDataJSON":"bnVsbA"}}',
     '{"id":"YQ","response":{"clientDataJSON":"eyJjaGFsbGVuZ2UiOjV9"}}', "x" * 30_000, "\0", "å"],
)  # fmt: skip
def test_whatever_else_is_sent_is_refused(company: Database, elin: int, sent: str) -> None:
    assert not opens(company, elin, sent)
    with pytest.raises(PasskeyRefused), company.work() as work:
        keep_passkey(work, elin, sent, label="x")


@pytest.mark.parametrize(
    ("public_url", "party"),
    [
        ("https://company.example", ("company.example", "https://company.example")),
        ("https://Company.example:443", ("company.example", "https://company.example")),
        ("https://company.example:8443", ("company.example", "https://company.example:8443")),
        ("http://127.0.0.1:8400", ("localhost", "http://localhost:8400")),
        ("http://localhost:8400", ("localhost", "http://localhost:8400")),
    ],
)
def test_whose_passkeys_they_are_is_the_public_address(
    public_url: str, party: tuple[str, str]
) -> None:
    assert tuple(identity.relying_party(public_url)) == party
