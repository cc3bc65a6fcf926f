"""Keys by which a storefront on another machine speaks to the API."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass

from mainstem.identity.secrets import hash_of, new_secret
from mainstem.kit.errors import NotFound
from mainstem.kit.events import record
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work

PREFIX = "msk_"


@dataclass(frozen=True, slots=True)
class StorefrontKey:
    """Which storefront is speaking, and in whose home."""

    storefront_id: int
    home_id: int
    key_hash: bytes
    id: int = 0
    home_state: str = "active"
    """The state of that home's affiliate when the key was read."""


def issue_key(work: Work, *, home_id: int, storefront_id: int, label: str = "") -> str:
    """A new key, shown this once: only its hash is kept."""
    refuse_unseen("/label", label)
    key = new_secret(PREFIX)
    work.run(
        """INSERT INTO storefront_key (key_hash, home_id, storefront_id, label, created_at)
           VALUES (%(hash)s, %(home)s, %(storefront)s, %(label)s, %(now)s)""",
        hash=hash_of(key),
        home=home_id,
        storefront=storefront_id,
        label=label,
        now=work.now(),
    )
    record(work, "storefront_key.issued", storefront_id, home=home_id)
    return key


def read_key(work: Work, key: str) -> StorefrontKey | None:
    """The storefront of a key in force; None for any other text."""
    if not key.startswith(PREFIX):
        return None
    wanted = hash_of(key)
    row = work.row(
        """SELECT k.id, k.key_hash, k.storefront_id, k.home_id, a.state FROM storefront_key k
             JOIN storefront s ON s.id = k.storefront_id AND s.home_id = k.home_id
             JOIN affiliate a ON a.id = k.home_id
            WHERE k.key_hash = %(hash)s AND k.revoked_at IS NULL AND s.active""",
        hash=wanted,
    )
    if row is None or not hmac.compare_digest(bytes(row.key_hash), wanted):
        return None
    return StorefrontKey(row.storefront_id, row.home_id, wanted, row.id, row.state)


def keys_in_force(work: Work, key_hashes: Collection[bytes]) -> set[bytes]:
    """Which of these keys may still speak for their storefronts now."""
    rows = work.rows(
        """SELECT k.key_hash FROM storefront_key k
             JOIN storefront s ON s.id = k.storefront_id AND s.home_id = k.home_id
            WHERE k.key_hash = ANY(%(hashes)s::bytea[]) AND k.revoked_at IS NULL AND s.active""",
        hashes=sorted(key_hashes),
    )
    return {bytes(row.key_hash) for row in rows}


def revoke_key(work: Work, *, home_id: int, key_hash: bytes) -> None:
    """Take a key out of force, at once."""
    storefront_id = work.value(
        """UPDATE storefront_key SET revoked_at = coalesce(revoked_at, %(now)s)
            WHERE home_id = %(home)s AND key_hash = %(hash)s RETURNING storefront_id""",
        home=home_id,
        hash=key_hash,
        now=work.now(),
    )
    if storefront_id is None:
        raise NotFound("key")
    record(work, "storefront_key.revoked", storefront_id, home=home_id)
