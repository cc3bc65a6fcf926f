"""Works the sum of an English explanation out again, knowing nothing but its words."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

AMOUNT = r"SEK ([\d,]+\.\d\d)"
RATE = r"([\d.]+) %"


def minor(written: str) -> int:
    """An amount in kronor as whole öre."""
    return int(Decimal(written.replace(",", "")) * 100)


def part(written: str) -> Fraction:
    """A rate in percent as a fraction."""
    return Fraction(written) / 100


def worked_out(words: str) -> int:
    """The credit that the words of an explanation come to, in minor units."""
    paid = re.match(rf"{AMOUNT} was paid for .*?, {AMOUNT} of it tax\.", words)
    assert paid, words
    net = minor(paid[1]) - minor(paid[2])
    if whole := re.search(rf"All of the {AMOUNT} without tax counts", words):
        base = minor(whole[1])
        assert base == net
    else:
        counts = re.search(rf"Without tax, (.*?) counts for commission(.*?): {AMOUNT}\.", words)
        assert counts, words
        parts = re.findall(rf"{RATE} of {AMOUNT}", counts[1])
        assert sum(minor(amount) for _, amount in parts) == net
        exact = sum((part(share) * minor(amount) for share, amount in parts), Fraction(0))
        base = minor(counts[3])
        if "article by article" in counts[2]:
            assert abs(base - exact) <= 2 * len(parts)
        else:
            assert base == sum(
                floor(part(share) * minor(amount) + Fraction(1, 2)) for share, amount in parts
            )
    rate = re.search(rf"{RATE} of that(?:, times {RATE} / {RATE})?", words)
    assert rate, words
    exact = base * part(rate[1])
    if rate[2]:
        exact = exact * part(rate[2]) / part(rate[3])
    if "rounded down" in words:
        return floor(exact)
    if "rounded up" in words:
        return ceil(exact)
    assert exact.denominator == 1, "an amount that is not said to be rounded is exact"
    return int(exact)
