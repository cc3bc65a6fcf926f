"""The reader's language: messages, money, days and instants."""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    NumberPattern,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
)
from babel.support import Translations

from mainstem.money import Money

LOCALES = ("en", "sv")
_BABEL = {"en": "en_GB", "sv": "sv_SE"}
_LETTER_BEFORE_FIGURE = re.compile(r"(?<=[A-Z])(?=\d)")


class Language:
    """One language: translate, count, and write money and time in it."""

    def __init__(self, locale: str, folder: Path, zone: ZoneInfo) -> None:
        self.locale = locale
        self.zone = zone
        self._babel = Locale.parse(_BABEL.get(locale, locale))
        self._messages = _messages(locale, folder)

    def text(self, message: str) -> str:
        """The message in this language; the English one where it has no translation."""
        return self._messages.gettext(message) if message else ""

    def count(self, one: str, many: str, n: int) -> str:
        """The message for n things in the form that this language has for n, {n} filled in."""
        return self._messages.ngettext(one, many, n).format(n=n)

    def money(self, amount: Money) -> str:
        """An amount with its currency, a true minus sign, and no break in the middle.

        With as many decimals as accounts in the currency are written with (Unicode's CLDR): none
        for dinars and ariary, two for kronor. An amount that these would cut is shown whole.
        """
        return _money(amount, self._babel)

    def percent(self, basis_points: int) -> str:
        """A rate, with no decimals that say nothing."""
        return f"{self.number(Decimal(basis_points) / 100)}\N{NO-BREAK SPACE}%"

    def number(self, value: Decimal) -> str:
        """A number, as it is written in this language."""
        return str(format_decimal(value, locale=self._babel))

    def currency_symbol(self, currency: str) -> str:
        """How this language writes the currency."""
        return str(get_currency_symbol(currency, locale=self._babel))

    def country(self, code: str) -> str:
        """A country as the reader calls it; its code where it has no name."""
        return str(self._babel.territories.get(code, code))

    def day(self, at: date | datetime) -> str:
        """A day, as it is where the company lives."""
        if isinstance(at, datetime):
            at = at.astimezone(self.zone).date()
        return _day(at, self._babel)

    def month(self, at: datetime) -> str:
        """The month of an instant, where the company is: May 2026."""
        return str(format_date(at.astimezone(self.zone).date(), "LLLL yyyy", locale=self._babel))

    def when(self, at: datetime) -> str:
        """An instant, in the company's zone."""
        local = at.astimezone(self.zone)
        return str(format_datetime(local, "d MMM yyyy HH:mm", locale=self._babel))


@lru_cache(4096)
def _money(amount: Money, babel: Locale) -> str:
    """Kept: a page of a shop says the same prices to everybody."""
    value = Decimal(amount.minor).scaleb(-amount.exponent)
    digits = get_currency_precision(amount.currency)
    if amount.minor % 10 ** max(amount.exponent - digits, 0):
        digits = amount.exponent
    pattern = _currency_pattern(babel, amount.currency, digits)
    shown = pattern.apply(value, babel)
    # Where letters stand for the currency, Unicode wants a space that Babel leaves out.
    shown = _LETTER_BEFORE_FIGURE.sub("\N{NO-BREAK SPACE}", shown)
    return shown.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


@cache
def _currency_pattern(locale: Locale, currency: str, digits: int) -> NumberPattern:
    """How a language writes amounts of a currency, with so many decimals.

    The sign of the currency is put in once: Babel would look up its name, too, for every amount.
    """
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    symbol = get_currency_symbol(currency, locale=locale)
    pattern.prefix = _with_symbol(pattern.prefix, symbol)
    pattern.suffix = _with_symbol(pattern.suffix, symbol)
    pattern.frac_prec = (digits, digits)
    return pattern


def _with_symbol(both: tuple[str, str], symbol: str) -> tuple[str, str]:
    positive, negative = both
    return positive.replace("¤", symbol), negative.replace("¤", symbol)


@lru_cache(maxsize=4096)
def _day(day: date, locale: Locale) -> str:
    return str(format_date(day, format="medium", locale=locale))


@cache
def _messages(locale: str, folder: Path) -> NullTranslations:
    """A language's catalogs, as one. Whatever none of them has is said as it was written, in English."""
    whole = Catalog(locale=locale)
    for path in sorted((folder / locale / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id:
                    whole.add(message.id, message.string)
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)
