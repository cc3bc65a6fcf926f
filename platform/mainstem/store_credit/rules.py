"""How store credit moves, decided from nothing but amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from mainstem.money import rdiv

Id = TypeVar("Id")


def taken_back_minor(
    granted: int, reversed_minor: int, *, spent: int, expired: int, may_be_owed: bool
) -> int:
    """How much of a credit is taken back, where so much of it should be: 0 <= taken back <= reversed.

    What has expired is gone already. What was spent is taken back all the same where it `may_be_owed`,
    and leaves a debt that later credit fills first; otherwise the company bears it.
    """
    assert 0 <= reversed_minor <= granted, "no more goes back than was granted"
    there = granted - expired - (0 if may_be_owed else spent)
    return max(0, min(reversed_minor, there))


def given_back_minor(spent: int, *, total: int, refunded: int, ended_unpaid: bool) -> int:
    """How much of the credit spent on an order comes back: in proportion to the money that does,
    cumulatively and rounded once, so that a whole refund gives back every unit and never one more.

    An order that ended before it was paid gives all of it back.
    """
    assert 0 <= refunded <= max(total, 0), "no more money goes back than was paid"
    if ended_unpaid:
        return spent
    return rdiv(spent * refunded, total) if total else 0


def spread(minor: int, parts: Sequence[tuple[Id, int]]) -> Mapping[Id, int]:
    """An amount over several credits, the first of them first, as far as each reaches."""
    found: dict[Id, int] = {}
    for name, there in parts:
        part = min(minor, max(there, 0))
        if part:
            found[name] = part
            minor -= part
    return found
