"""Identifiers: UUIDv7 inside, short and speakable outside."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

Key = TypeVar("Key", bound=tuple[Any, ...])

# Crockford's base 32: no I, L, O, U, so a number survives being read out on the phone.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MASK_50 = (1 << 50) - 1


_noise: deque[bytes] = deque()
os.register_at_fork(after_in_child=_noise.clear)


def new_id() -> UUID:
    """A UUIDv7: sorted by the time it was made, so that new rows land at the end of an index."""
    try:
        noise = _noise.popleft()
    except IndexError:
        # Asking the system each time makes this thread wait for all the others to let it go on.
        fresh = os.urandom(2560)
        noise = fresh[:10]
        _noise.extend(fresh[at : at + 10] for at in range(10, len(fresh), 10))
    return UUID(int=_value(int.from_bytes(noise, "big")))


def new_ids(count: int) -> list[UUID]:
    """`count` UUIDv7s made at one instant, sorted."""
    noise = os.urandom(10 * count)
    values = [_value(int.from_bytes(noise[at : at + 10], "big")) for at in range(0, len(noise), 10)]
    values.sort()
    return [UUID(int=value) for value in values]


def _value(noise: int) -> int:
    value = (time.time_ns() // 1_000_000) << 80 | noise
    value = value & ~(0xF << 76) | 0x7 << 76
    return value & ~(0x3 << 62) | 0x2 << 62


def in_key_order(keys: Iterable[Key]) -> list[Key]:
    """Keys (home, id, …), once each, in the order in which rows are locked.

    As `sorted` gives them, but without asking Python for each comparison of two UUIDs.
    """
    return sorted(set(keys), key=lambda key: (key[0], key[1].int, *key[2:]))


def made_at(id: UUID) -> datetime:
    """When one of our ids was made, by the machine's clock, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


def first_at(at: datetime) -> UUID:
    """The least id that could have been made at an instant: ids of that time and later follow it."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


def short(id: UUID) -> str:
    """The number people say: ten letters of the id's random part, like `7KQ2M-94TXD`."""
    tail = id.int & _MASK_50
    letters = "".join(_LETTERS[tail >> shift & 31] for shift in range(45, -5, -5))
    return f"{letters[:5]}-{letters[5:]}"
