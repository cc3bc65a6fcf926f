"""What the gateway knows of currencies: minor units, what may be asked, the least charge, its fees.

Written from the gateway's side alone, after docs.stripe.com/currencies ("Zero-decimal currencies",
"Three-decimal currencies", "Special cases"), so that whoever calls it is checked by another hand.
The fees are the gateway's own and documented; Stripe's depend on the contract and the card.
"""

from dataclasses import dataclass

_KNOWN = """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd
    cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq
    gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd
    lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk
    php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top
    try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw
"""
KNOWN = frozenset(_KNOWN.split())
ZERO_DECIMAL = frozenset((
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof",
    "xpf",
))  # fmt: skip
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
# Written with two decimals for the sake of old callers, which are always 00.
ALWAYS_00 = frozenset(("isk", "ugx"))
# Charged with two decimals, and sent to a bank without any.
WHOLE_TO_BANK = frozenset(("huf", "twd"))
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
    """What the gateway keeps of a charge, in steps of the currency; never more than the charge."""
    fee = CHARGE_FEES.get(currency, CHARGE_FEE_ELSEWHERE).of(amount_minor)
    step = step_of(currency)
    return min((fee + step // 2) // step * step, amount_minor)


def dispute_fee(currency: str) -> int:
    return DISPUTE_FEES.get(currency, DISPUTE_FEE_ELSEWHERE)


def step_of(currency: str, *, to_bank: bool = False) -> int:
    """The least part of a currency that may be asked for: every amount is a multiple of it."""
    if currency in ALWAYS_00 or (to_bank and currency in WHOLE_TO_BANK):
        return 100
    return 10 if currency in THREE_DECIMAL else 1


def exponent(currency: str) -> int:
    """The decimals of the amounts on the wire."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def shown(amount_minor: int, currency: str, *, locale: str = "en") -> str:
    """An amount for people: `SEK 1,234.50` in English, `1 234,50 kr` in Swedish."""
    places = exponent(currency)
    if currency in ALWAYS_00 and amount_minor % 100 == 0:
        amount_minor, places = amount_minor // 100, 0
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
