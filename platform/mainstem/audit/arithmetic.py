"""Whole-number arithmetic over columns, exact for every amount.

What could leave 64 bits wraps silently in numpy. So the size of each row is looked at first, and a
row that is too large is worked out by Python's own numbers, which have no end.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import numpy.typing as npt

from mainstem.audit.columns import Bools, Ints

SAFE = 2.0**62
"""Below this no step of ours can wrap: estimates by floats are right to one part in 10^15."""


def fits(*factors: Ints | int) -> Bools:
    """Which rows' product, doubled, stays within 64 bits."""
    size: npt.NDArray[np.float64] = np.float64(2.0) * np.asarray(factors[0], np.float64)
    for factor in factors[1:]:
        size = size * np.asarray(factor, np.float64)
    return np.abs(size) < SAFE


def part(whole: Ints, n: Ints, d: Ints) -> Ints:
    """whole * n / d of each, rounded half up; 0 where d is. None of them is below zero."""
    whole, n, d = np.broadcast_arrays(whole, n, d)
    ok = fits(whole, n) & fits(d)
    per = np.where(d > 0, d, 1)
    found = np.where(ok, (2 * np.where(ok, whole * n, 0) + per) // (2 * per), 0)
    for at in zip(*np.nonzero(~ok), strict=True):
        a, b = int(whole[at]) * int(n[at]), int(per[at])
        found[at] = (2 * a + b) // (2 * b)
    return np.where(d > 0, found, 0)


def split(weights: Ints, numerator: Ints, denominator: Ints) -> Ints:
    """Whole parts of weight * numerator / denominator in each row, which add up to their sum rounded down.

    What is left over goes to the largest remainders, one unit each; of two alike to the one before.
    """
    exact = weights * numerator[:, None]
    per = denominator[:, None]
    parts, rest = exact // per, exact % per
    left = exact.sum(axis=1) // denominator - parts.sum(axis=1)
    place = np.argsort(np.argsort(-rest, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(parts + (place < left[:, None]), np.int64)


def split_exactly(shares: list[Fraction]) -> list[int]:
    """The same for one row, of any size."""
    parts = [floor(share) for share in shares]
    left = floor(sum(shares, Fraction(0))) - sum(parts)
    order = sorted(range(len(shares)), key=lambda i: (parts[i] - shares[i], i))
    for i in order[:left]:
        parts[i] += 1
    return parts
