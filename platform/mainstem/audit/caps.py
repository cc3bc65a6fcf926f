"""What a cap leaves of exact shares: by fractions, for what columns of 64 bits cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import groupby
from typing import Any, TypeVar

K = TypeVar("K")


def left_of(
    shares: Mapping[K, Fraction], cap: Fraction, turn: Callable[[K], Any] | None
) -> dict[K, Fraction]:
    """The shares under a cap: each gives way in proportion; or, where it is said whose `turn` is first, one
    turn after the other is paid as long as something is left."""
    whole = sum(shares.values(), Fraction(0))
    if whole <= cap:
        return dict(shares)
    if turn is None:
        return {key: share * cap / whole for key, share in shares.items()}
    found = dict(shares)
    for _, same in groupby(sorted(shares, key=turn), key=turn):
        keys = list(same)
        wanted = sum((shares[key] for key in keys), Fraction(0))
        part = min(Fraction(1), cap / wanted) if wanted else Fraction(0)
        for key in keys:
            found[key] = shares[key] * part
        cap -= wanted * part
    return found
