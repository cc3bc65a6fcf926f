"""Money in whole minor units, and the only places where it is ever rounded.

Two roundings exist. `rdiv` is half away from zero: it makes a tax, a base or a share of a
reversal. `largest_remainder` takes several rates of one amount so that the parts add up to their
exact sum rounded down, a tie going to the earlier part. Nothing else in Mainstem rounds money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# Decimals by ISO 4217, list one (the maintenance agency, SIX); whatever is not named has 2. What a
# payment gateway writes, and what a bank pays, is another matter: see `payments.currencies`.
# Never divide by 100: ask.
_EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
}  # fmt: skip

BASIS = 10_000
"""Basis points in a whole: a rate of 1,000 is 10 %."""

MINOR_MAX = 2**53
"""Larger amounts are refused on entry: they are mistakes, and some readers of our JSON
hold numbers as doubles."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in whole minor units of one currency. Never a float, never mixed."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        assert type(self.minor) is int, "money is whole minor units"
        assert len(self.currency) == 3, "a currency is its ISO 4217 code"
        assert self.currency.isupper(), "a currency is its ISO 4217 code"

    def __add__(self, other: Money) -> Money:
        assert self.currency == other.currency, "currencies are never added across"
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        assert self.currency == other.currency, "currencies are never subtracted across"
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def part(self, numerator: int, denominator: int) -> Money:
        """This amount times a fraction, rounded half away from zero."""
        return Money(rdiv(self.minor * numerator, denominator), self.currency)

    def converted(self, currency: str, rate_billionths: int) -> Money:
        """This amount in another currency, rounded half away from zero to its minor unit.

        The rate is what one unit of this currency is in the other, in billionths: exact as published.
        """
        per = 10 ** (9 + self.exponent)
        return Money(rdiv(self.minor * rate_billionths * 10 ** exponent(currency), per), currency)

    @property
    def exponent(self) -> int:
        """Decimals of the currency: 2 for SEK, 0 for JPY, 3 for KWD."""
        return exponent(self.currency)


def exponent(currency: str) -> int:
    """Decimals of a currency, by ISO 4217."""
    return _EXPONENTS.get(currency, 2)


def decimal_text(minor: int, currency: str) -> str:
    """Minor units as files and forms write them: 1250.50, or 1250 where the currency has no decimals."""
    digits = exponent(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def rdiv(a: int, b: int) -> int:
    """a / b, rounded half away from zero, for b > 0.

    `rdiv(-a, b) == -rdiv(a, b)`, so a full reversal is exact. The SQL function of the same name
    gives the same answer for every int64 input.
    """
    assert b > 0, "divide by a positive whole number"
    half_up = (2 * abs(a) + b) // (2 * b)
    return half_up if a >= 0 else -half_up


def net_of_tax(gross_minor: int, tax_bp: int) -> int:
    """The part of a tax-included amount that is not tax, in minor units."""
    return rdiv(gross_minor * BASIS, BASIS + tax_bp)


def largest_remainder(amount: int, rates: Sequence[int], per: int) -> list[int]:
    """Each rate's part of an amount (amount * rate / per), as whole parts that add up exactly.

    Together they are the exact sum rounded down. Every part is its own exact share rounded down;
    what is left over goes one unit each to the largest remainders, a tie to the earlier part.
    amount >= 0, every rate >= 0, per > 0. With `per` the sum of the rates, the whole is split.
    """
    assert amount >= 0, "split what is there"
    assert per > 0, "rates are parts of something"
    assert all(rate >= 0 for rate in rates), "a rate is not negative"
    exact = [amount * rate for rate in rates]
    parts = [share // per for share in exact]
    left = sum(exact) // per - sum(parts)
    by_remainder = sorted(range(len(rates)), key=lambda i: (-(exact[i] % per), i))
    for i in by_remainder[:left]:
        parts[i] += 1
    return parts
