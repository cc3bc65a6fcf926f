"""Amounts as the payment gateway writes them, from and into our own, and which of them it can say.

Ours are whole minor units by ISO 4217 (`money.py`). The gateway's follow Stripe's page "Supported
currencies" (docs.stripe.com/currencies: presentment currencies, zero-decimal currencies,
three-decimal currencies, special cases; read in November 2026), and an amount has eight digits at
most (API reference, `amount`). The two differ: Iceland's króna has no decimals by ISO and two, always
00, at the gateway; Madagascar's ariary has two by ISO and none there; forints may be charged with
decimals and be paid out without. Nothing else in Mainstem turns the one into the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from mainstem.kit.errors import Problem, Refused
from mainstem.money import Money, exponent, rdiv

_TAKEN = """
    USD AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BIF BMD BND BOB BRL BSD BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ
    GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JPY KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD
    MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN
    PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS
    UAH UGX UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW BHD JOD KWD OMR TND
"""
TAKEN = frozenset(_TAKEN.split())
"""What clients may be charged in; which of it a country's bank accounts take is the account's own."""

_ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
     "XOF", "XPF"]
)  # fmt: skip
_THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
# What every amount must be a multiple of, in the gateway's units.
_STEP = {"ISK": 100, "UGX": 100} | dict.fromkeys(_THREE_DECIMAL, 10)
_STEP_TO_BANK = _STEP | {"HUF": 100, "TWD": 100}
_CHARGE_MAX = 99_999_999


class AmountNotPossible(Refused):
    """The payment gateway has no way to write this amount."""

    code: ClassVar[str] = "amount_not_possible"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "The payment service cannot take this amount."

    def text(self, translate: Any = str) -> str:
        """Which amounts it can, in the language of `translate`."""
        return self.problems[0].text(translate)


def to_gateway(amount: Money) -> int:
    """The amount in the gateway's units, exactly. Raises AmountNotPossible."""
    if problem := _problem(amount, "/amount", _STEP):
        raise AmountNotPossible(problem)
    units, rest = divmod(amount.minor * _parts(amount.currency), _ours(amount.currency))
    assert rest == 0, "every step is whole on both sides"
    return units


def from_gateway(units: int, currency: str) -> Money:
    """What an amount of the gateway's is, exactly. Raises ValueError for a part of a minor unit."""
    minor, rest = divmod(units * _ours(currency), _parts(currency))
    if rest:
        raise ValueError(f"{units} of the gateway's {currency} is no whole number of minor units")
    return Money(minor, currency)


def fee_from_gateway(units: int, currency: str) -> Money:
    """What the gateway keeps; a part of a minor unit is rounded half away from zero (`rdiv`).

    Only a fee can hold such a part: the gateway works it out, and nobody was asked for it.
    """
    return Money(rdiv(units * _ours(currency), _parts(currency)), currency)


def amount_problem(amount: Money, pointer: str = "/amount") -> Problem | None:
    """Why nobody can be charged this amount, for whoever sets a price; None when they can."""
    if problem := _problem(amount, pointer, _STEP):
        return problem
    currency = amount.currency
    most = Money(_CHARGE_MAX * _ours(currency) // _parts(currency), currency)
    if amount.minor <= most.minor:
        return None
    return Problem(pointer, "amount_not_possible", "At most {most} {currency} can be paid at once.",
                   {"currency": currency, "most": _plain(most)})  # fmt: skip


def payout_problem(amount: Money, pointer: str = "/amount") -> Problem | None:
    """Why no bank can be sent this amount, for whoever sets what is paid out; None when it can."""
    return _problem(amount, pointer, _STEP_TO_BANK)


def refuse_impossible(amount: Money, pointer: str = "/amount") -> None:
    """Raise AmountNotPossible for an amount that could not be paid when it is asked for."""
    if problem := amount_problem(amount, pointer):
        raise AmountNotPossible(problem)


def payable_part(amount: Money) -> Money:
    """As much of an amount as the gateway can send to a bank: rounded down, the rest stays owed."""
    step = payout_step(amount.currency)
    return Money(amount.minor // step * step, amount.currency)


def payment_step(currency: str) -> int:
    """What every payment and every refund is a multiple of, in our minor units."""
    return _step_minor(_STEP, currency)


def payout_step(currency: str) -> int:
    """What every payout by the gateway is a multiple of, in our minor units."""
    return _step_minor(_STEP_TO_BANK, currency)


def _problem(amount: Money, pointer: str, steps: Mapping[str, int]) -> Problem | None:
    currency, step = amount.currency, _step_minor(steps, amount.currency)
    if currency not in TAKEN:
        return Problem(pointer, "currency_not_supported", "Payments are not taken in {currency}.",
                       {"currency": currency})  # fmt: skip
    if amount.minor % step:
        return Problem(pointer, "amount_not_possible",
                       "{currency} can only be paid in steps of {step}.",
                       {"currency": currency, "step": _plain(Money(step, currency))})  # fmt: skip
    return None


def _ours(currency: str) -> int:
    """How many of our minor units make one of the currency."""
    return int(10 ** exponent(currency))


def _parts(currency: str) -> int:
    """How many of the gateway's units make one of the currency."""
    return 1 if currency in _ZERO_DECIMAL else 1000 if currency in _THREE_DECIMAL else 100


def _step_minor(steps: Mapping[str, int], currency: str) -> int:
    """A step of the gateway's, in our minor units; at least one of them."""
    return max(steps.get(currency, 1) * _ours(currency) // _parts(currency), 1)


def _plain(amount: Money) -> str:
    """An amount in figures alone: 1250.50."""
    return f"{Decimal(amount.minor).scaleb(-amount.exponent):f}"
