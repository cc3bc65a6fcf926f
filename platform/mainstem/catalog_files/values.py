"""Cells of a table as values: amounts, weights, times, yes and no.

Each raises CellUnfit with a sentence that says the fix.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from mainstem.money import MINOR_MAX, exponent


class CellUnfit(ValueError):
    """The cell cannot be read as what its column holds; `message`, with its facts, says how it should
    be written."""

    def __init__(self, message: str, **facts: Any) -> None:
        self.message, self.facts = message, facts
        super().__init__(message)


_NUMBER = re.compile(r"\d{1,15}(\.\d{1,12})?")
_SPACES = re.compile(r"[\s\u00a0\u202f'\u2019]")


def decimal_of(text: str) -> Decimal:
    """A number with a point or a comma before its decimals, and perhaps marks between thousands."""
    bare = _SPACES.sub("", text)
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        last = "." if bare.rfind(".") > bare.rfind(",") else ","
        bare = bare.replace("," if last == "." else ".", "").replace(",", ".")
    elif points + commas > 1:
        bare = bare.replace(".", "").replace(",", "")
    elif re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", bare):
        raise CellUnfit("This may be thousands or decimals. Write it with two decimals.")
    else:
        bare = bare.replace(",", ".")
    if not bare.isascii() or not _NUMBER.fullmatch(bare):
        raise CellUnfit("Write a number, such as 1250 or 1250.50.")
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise CellUnfit("Write a number, such as 1250 or 1250.50.") from None


def amount_of(text: str, currency: str) -> int:
    """An amount of money in minor units. A currency sign or code around it is left out."""
    bare = re.sub(rf"(?i)\b{re.escape(currency)}\b|kr\.?|[€$£]|:-", "", text).strip()
    minor = decimal_of(bare).scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        places = exponent(currency)
        raise CellUnfit(
            "An amount in {currency} has at most {places} decimals.",
            currency=currency,
            places=places,
        )
    if minor > MINOR_MAX:
        raise CellUnfit("This amount is too large.")
    return int(minor)


def scaled(text: str, factor: str) -> int:
    """A measure in whole units of ours: `factor` of them make one of the cell's."""
    return int((decimal_of(text) * Decimal(factor)).to_integral_value())


def whole(text: str) -> int:
    """A whole number."""
    bare = text.strip()
    if not (bare.isascii() and bare.isdigit() and len(bare) < 10):
        raise CellUnfit("Write a whole number.")
    return int(bare)


_YES = {"1", "true", "yes", "y", "ja", "sant", "wahr", "active", "visible"}
_NO = {"0", "-1", "false", "no", "n", "nej", "falskt", "nein", "falsch", ""}


def yes(text: str) -> bool:
    """Whether a cell says yes."""
    word = text.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise CellUnfit("Write yes or no.")


def moment(text: str, zone: ZoneInfo) -> datetime:
    """An instant; without a zone it is the company's."""
    for pattern in ("%d/%m/%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(text.strip(), pattern).replace(tzinfo=zone)
        except ValueError:
            continue
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CellUnfit("Write a day, such as 2026-11-30.") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
