"""Amounts as people type them, into whole minor units; nothing is rounded."""

from __future__ import annotations

import re

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.money import MINOR_MAX, Money, exponent

_SPACES = re.compile(r"[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}']")


def amount_in(text: str, currency: str, *, pointer: str = "/amount") -> Money:
    """An amount above zero; InvalidInput for what could be read in two ways or not at all.

    "1 250", "1250,50", "1250.50" and "1250,50 kr" are read; "1.250" is not: in some countries it is a thousand
    and a quarter, in others one and a quarter.
    """
    digits = exponent(currency)
    found = re.fullmatch(r"(\d{1,15})(?:[.,](\d+))?", _SPACES.sub("", _bare(text, currency)))
    if not found or (found[2] is not None and len(found[2]) != digits):
        raise InvalidInput(
            Problem(
                pointer,
                "invalid_field",
                "Write an amount with {decimals} decimals or none, like {example}.",
                {
                    "decimals": digits,
                    "example": f"1250,{'5'.ljust(digits, '0')}" if digits else "1250",
                },
            )
        )
    minor = int(found[1]) * 10**digits + int(found[2] or 0)
    if not 0 < minor <= MINOR_MAX:
        raise InvalidInput(Problem(pointer, "invalid_field", "Write an amount above zero."))
    return Money(minor, currency)


_SIGNS = {
    "SEK": ("kr",),
    "EUR": ("€",),
    "USD": ("$",),
    "GBP": ("£",),
    "NOK": ("kr",),
    "DKK": ("kr",),
}


def _bare(text: str, currency: str) -> str:
    """The amount without the sign or the code of its own currency, before or after it."""
    for sign in (currency, *_SIGNS.get(currency, ())):
        text = re.sub(rf"^\s*{re.escape(sign)}|{re.escape(sign)}\.?\s*$", "", text, flags=re.I)
    return text
