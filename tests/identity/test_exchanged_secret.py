"""The company's secret is exchanged while the company runs: the new one signs, the old one still opens."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from argon2.low_level import Type, hash_secret_raw
from itsdangerous import BadData
from tests.authenticator import code_of

from mainstem import flow, identity, joining
from mainstem.identity import recovery, totp
from mainstem.identity.secrets import derived_key, keyed_hash_of
from mainstem.kit import settings
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.settings import SettingMissing
from mainstem.kit.signed import Secret, in_force, signer, timed_signer
from mainstem.mail.links import preference_token, read_preference_token
from mainstem.mail.messages import TOPICS
from mainstem_affiliates.storefront.basket import Basket, packed, unpacked

OLD, NEW = "the secret of the first year, 1", "the secret of the second year, 2"
BOTH = Secret(NEW, before=OLD)
Exchanged = Callable[[str], Database]


@pytest.fixture
def company_with(database_url: str, clock: FixedClock) -> Iterator[Exchanged]:
    """One company under whichever secret."""
    made: list[Database] = []

    def opened(secret: str) -> Database:
        tools = flow.tools(public_url="http://company.example", secret=secret)
        made.append(Database(database_url, clock=clock, tools=tools, pool=2))
        return made[-1]

    yield opened
    for one in made:
        one.close()


def test_the_settings_name_the_secret_before_and_refuse_the_same_one(tmp_path: Path) -> None:
    env = {"MAINSTEM_DATA": str(tmp_path), "MAINSTEM_SECRET": NEW}
    assert in_force(settings.read(env).secret) == (NEW,)
    assert in_force(settings.read(env | {"MAINSTEM_SECRET_BEFORE": OLD}).secret) == (NEW, OLD)
    with pytest.raises(SettingMissing, match="MAINSTEM_SECRET_BEFORE"):
        settings.read(env | {"MAINSTEM_SECRET_BEFORE": NEW})


def test_links_of_before_open_and_new_ones_are_signed_by_the_new_secret() -> None:
    id = uuid4()
    kinds: list[tuple[Callable[[str], str], Callable[[str, str], UUID]]] = [
        (lambda s: identity.client_link(s, 7, id), lambda s, t: identity.read_client_link(s, t)[1]),
        (lambda s: identity.quote_link(s, 7, id), lambda s, t: identity.read_quote_link(s, t)[1]),
        (
            lambda s: identity.withdrawal_link(s, 7, id),
            lambda s, t: identity.read_withdrawal_link(s, t)[1],
        ),
        (lambda s: identity.application_link(s, id), identity.read_application_link),
    ]
    for made, read in kinds:
        assert read(BOTH, made(OLD)) == read(BOTH, made(BOTH)) == read(NEW, made(BOTH)) == id
        for secret, token in ((NEW, made(OLD)), (OLD, made(BOTH)), (BOTH, made("a third one"))):
            with pytest.raises(NotFound):
                read(secret, token)


def test_what_else_is_signed_opens_by_either() -> None:
    assert joining.read_sponsor_token(BOTH, joining.sponsor_token(OLD, 5)) == 5
    assert joining.read_sponsor_token(NEW, joining.sponsor_token(BOTH, 5)) == 5
    assert joining.read_sponsor_token(NEW, joining.sponsor_token(OLD, 5)) is None
    assert read_preference_token(BOTH, preference_token(OLD, 5, next(iter(TOPICS))))[0] == 5
    basket = Basket("SEK")
    assert unpacked(BOTH, packed(OLD, basket), "SEK") == basket
    notice = timed_signer(OLD, "notice").dumps("Saved.")
    assert timed_signer(BOTH, "notice").loads(notice, max_age=60) == "Saved."
    with pytest.raises(BadData):
        signer(BOTH, "basket").loads(signer("a third one", "basket").dumps(1))


def test_an_app_of_before_opens_and_is_moved_to_the_new_secret(
    company_with: Exchanged, clock: FixedClock, elin: int
) -> None:
    old, both, new = company_with(OLD), company_with(BOTH), company_with(NEW)
    with old.work() as work:
        identity.begin_totp(work, elin)
        secret = identity.begun_totp(work, elin)
    assert secret
    with both.work() as work:
        totp.confirm_begun_totp(work, elin, code_of(secret, clock.now()))
    clock.move(timedelta(minutes=2))
    with both.work() as work:
        assert totp.use_totp(work, elin, code_of(secret, clock.now()))
    clock.move(timedelta(minutes=2))
    with new.work() as work:
        assert not totp.use_totp(work, elin, code_of(secret, clock.now()))
        assert identity.reseal_totps(work) == identity.Resealed(moved=0, lost=1)
    with both.work() as work:
        assert identity.reseal_totps(work) == identity.Resealed(moved=1, lost=0)
        assert identity.reseal_totps(work) == identity.Resealed(moved=0, lost=0)
    with new.work() as work:
        assert totp.use_totp(work, elin, code_of(secret, clock.now()))


def test_recovery_codes_hang_on_no_secret_of_the_company_and_each_ten_have_a_salt(
    company_with: Exchanged, elin: int
) -> None:
    with company_with(OLD).work() as work:
        codes = recovery.make_recovery_codes(work, elin)
        first = work.value("SELECT min(salt) FROM recovery_code")
    with company_with(NEW).work() as work:
        assert recovery.use_recovery_code(work, elin, codes[0])
        assert not recovery.use_recovery_code(work, elin, codes[0])
        assert identity.recovery_codes_under_secret(work) == 0
        row = work.one("SELECT salt, code_hash FROM recovery_code WHERE used_at IS NOT NULL")
        argon = hash_secret_raw(
            codes[0].replace("-", "").encode(), bytes(row.salt), time_cost=3,
            memory_cost=12 * 1024, parallelism=1, hash_len=32, type=Type.ID,
        )  # fmt: skip
        assert argon == bytes(row.code_hash)
        recovery.make_recovery_codes(work, elin)
        salts = {bytes(row.salt) for row in work.rows("SELECT salt FROM recovery_code")}
    assert len(salts) == 1 and len(first) == 16 and salts != {bytes(first)}


def test_recovery_codes_of_an_earlier_release_open_by_either_secret(
    company_with: Exchanged, elin: int, clock: FixedClock
) -> None:
    code, salt = "ABCD-EFGH-JKMN", os.urandom(16)
    key = derived_key(OLD, "mainstem.recovery-code")
    kept = keyed_hash_of(key, f"{elin} {code.replace('-', '')}")
    with company_with(OLD).work() as work:
        work.run(
            """INSERT INTO recovery_code (person_id, code_hash, salt, is_keyed, created_at)
               VALUES (%(person)s, %(hash)s, %(salt)s, true, %(now)s)""",
            person=elin, salt=salt, now=clock.now(),
            hash=hash_secret_raw(
                kept, salt, time_cost=3, memory_cost=12 * 1024, parallelism=1, hash_len=32,
                type=Type.ID,
            ),
        )  # fmt: skip
    with company_with(NEW).work() as work:
        assert not recovery.use_recovery_code(work, elin, code)
    with company_with(BOTH).work() as work:
        assert identity.recovery_codes_under_secret(work) == 1
        assert recovery.use_recovery_code(work, elin, re.sub("-", " ", code).lower())
