"""What the tests of identity share: light hashes and one person who can sign in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from mainstem import identity
from mainstem.identity import passwords
from mainstem.kit.db import Database

PASSWORD = "vinden bär över sjön"


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[PasswordHash]:
    """The same algorithm at the least cost it knows. Gives the hasher that sign-in uses."""
    real = passwords._hasher
    light = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", light)
    passwords._nobody.cache_clear()
    yield real
    passwords._nobody.cache_clear()


@pytest.fixture
def elin(database: Database) -> int:
    """Elin, who works with the money."""
    password_hash = passwords.hash_password(PASSWORD)
    with database.work() as work:
        id = identity.create_person(
            work, email="Elin@Example.com", name="Elin Ek", password_hash=password_hash, locale="sv"
        )
        identity.grant(work, id, "finance")
    return id
