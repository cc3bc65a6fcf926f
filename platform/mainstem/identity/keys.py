"""Keys by which a storefront on another machine speaks to the API, each for what its scopes name."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mainstem.identity.secrets import hash_of, new_secret
from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.events import record
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work

PREFIX = "msk_"
STOREFRONT_SCOPES = ("orders:read", "orders:write", "leads:read", "leads:write")
"""What a key of a storefront may be for. A shop without services needs no leads, and a page that only
places orders need not read them."""

ROLLS_WITHIN = timedelta(days=7)
"""The longest that an old key goes on beside the one that takes its place."""

_IN_FORCE = "k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(now)s)"


@dataclass(frozen=True, slots=True)
class StorefrontKey:
    """Which storefront is speaking, and in whose home."""

    storefront_id: int
    home_id: int
    key_hash: bytes
    id: int = 0
    home_state: str = "active"
    """The state of that home's affiliate when the key was read."""
    scopes: frozenset[str] = frozenset(STOREFRONT_SCOPES)


def issue_key(
    work: Work,
    *,
    home_id: int,
    storefront_id: int,
    label: str = "",
    scopes: Sequence[str] = STOREFRONT_SCOPES,
) -> str:
    """A new key, shown this once: only its hash is kept. Raises InvalidInput."""
    refuse_unseen("/label", label)
    if not scopes or not set(scopes) <= set(STOREFRONT_SCOPES):
        raise InvalidInput(Problem("/scopes", "not_offered", "Choose what the key may do."))
    key = new_secret(PREFIX)
    work.run(
        """INSERT INTO storefront_key (key_hash, home_id, storefront_id, label, scopes, created_at)
           VALUES (%(hash)s, %(home)s, %(storefront)s, %(label)s, %(scopes)s, %(now)s)""",
        hash=hash_of(key),
        home=home_id,
        storefront=storefront_id,
        label=label,
        scopes=sorted(set(scopes)),
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
        f"""SELECT k.id, k.key_hash, k.storefront_id, k.home_id, k.scopes, a.state
              FROM storefront_key k
              JOIN storefront s ON s.id = k.storefront_id AND s.home_id = k.home_id
              JOIN affiliate a ON a.id = k.home_id
             WHERE k.key_hash = %(hash)s AND {_IN_FORCE} AND s.active""",
        hash=wanted,
        now=work.now(),
    )
    if row is None or not hmac.compare_digest(bytes(row.key_hash), wanted):
        return None
    return StorefrontKey(
        row.storefront_id, row.home_id, wanted, row.id, row.state, frozenset(row.scopes)
    )


def keys_in_force(work: Work, key_hashes: Collection[bytes]) -> set[bytes]:
    """Which of these keys may still speak for their storefronts now."""
    rows = work.rows(
        f"""SELECT k.key_hash FROM storefront_key k
              JOIN storefront s ON s.id = k.storefront_id AND s.home_id = k.home_id
             WHERE k.key_hash = ANY(%(hashes)s::bytea[]) AND {_IN_FORCE} AND s.active""",
        hashes=sorted(key_hashes),
        now=work.now(),
    )
    return {bytes(row.key_hash) for row in rows}


def roll_key(work: Work, id: int, *, within: timedelta = timedelta(0)) -> str:
    """A new key in the place of this one, with its name and scopes; shown this once. The old one goes on
    for so long, so that a shop can be told the new one while it sells. Raises NotFound."""
    assert timedelta(0) <= within <= ROLLS_WITHIN
    row = work.row(
        f"""UPDATE storefront_key k SET expires_at = %(until)s, rolled_at = %(now)s
             WHERE id = %(id)s AND rolled_at IS NULL AND {_IN_FORCE}
            RETURNING home_id, storefront_id, label, scopes""",
        id=id,
        until=work.now() + within,
        now=work.now(),
    )
    if row is None:
        raise NotFound("key")
    record(work, "storefront_key.rolled", row.storefront_id, home=row.home_id)
    return issue_key(
        work,
        home_id=row.home_id,
        storefront_id=row.storefront_id,
        label=row.label,
        scopes=row.scopes,
    )


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
