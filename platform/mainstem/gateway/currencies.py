"""What the gateway knows of currencies: minor units, the least charge, its own fees.

The fees are the gateway's own and documented; Stripe's depend on the contract and the card.
"""

from dataclasses import dataclass

KNOWN = frozenset((
    "aed", "ars", "aud", "bgn", "bhd", "brl", "cad", "chf", "clp", "cny", "czk", "dkk", "eur",
    "gbp", "hkd", "huf", "idr", "ils", "inr", "isk", "jod", "jpy", "krw", "kwd", "mxn", "myr",
    "nok", "nzd", "omr", "pen", "php", "pln", "ron", "sar", "sek", "sgd", "thb", "tnd", "try",
    "twd", "uah", "ugx", "usd", "vnd", "zar",
))  # fmt: skip
ZERO_DECIMAL = frozenset(["clp", "jpy", "krw", "ugx", "vnd"])
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
LEAST_CHARGE = {
    "eur": 50, "usd": 50, "sek": 300, "nok": 300, "dkk": 250, "gbp": 30, "chf": 50, "jpy": 50,
    "czk": 1500, "huf": 17500, "pln": 200,
}  # fmt: skip
AMOUNT_MAX = 99_999_999


@dataclass(frozen=True)
class Fee:
    """A part of the amount in basis points, rounded half up, and a fixed part in minor units."""

    basis_points: int
    fixed_minor: int

    def of(self, amount_minor: int) -> int:
        return (amount_minor * self.basis_points + 5_000) // 10_000 + self.fixed_minor


CHARGE_FEES = {"eur": Fee(150, 25), "sek": Fee(150, 180), "usd": Fee(290, 30), "gbp": Fee(150, 20)}
CHARGE_FEE_ELSEWHERE = Fee(150, 25)
DISPUTE_FEES = {"eur": 2000, "sek": 20000, "usd": 1500, "gbp": 2000}
DISPUTE_FEE_ELSEWHERE = 2000


def charge_fee(amount_minor: int, currency: str) -> int:
    """What the gateway keeps of a charge; never more than the charge."""
    fee = CHARGE_FEES.get(currency, CHARGE_FEE_ELSEWHERE).of(amount_minor)
    return min(fee, amount_minor)


def dispute_fee(currency: str) -> int:
    return DISPUTE_FEES.get(currency, DISPUTE_FEE_ELSEWHERE)


def exponent(currency: str) -> int:
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def shown(amount_minor: int, currency: str, *, locale: str = "en") -> str:
    """An amount for people: `SEK 1,234.50` in English, `1 234,50 kr` in Swedish."""
    places = exponent(currency)
    digits = str(abs(amount_minor)).rjust(places + 1, "0")
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    group, point = ("\N{NO-BREAK SPACE}", ",") if locale == "sv" else (",", ".")
    head = len(whole) % 3
    groups = ([whole[:head]] if head else []) + [
        whole[i : i + 3] for i in range(head, len(whole), 3)
    ]
    number = ("\N{MINUS SIGN}" if amount_minor < 0 else "") + group.join(groups)
    number += point + part if part else ""
    space = "\N{NO-BREAK SPACE}"
    if locale == "sv":
        return number + space + {"sek": "kr", "eur": "€"}.get(currency, currency.upper())
    symbol = {"eur": "€", "usd": "$", "gbp": "£"}.get(currency)
    return symbol + number if symbol else currency.upper() + space + number
