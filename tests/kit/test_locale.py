"""Amounts as people read them: with the decimals that accounts in the currency use, and never cut."""

from __future__ import annotations

import re
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.locale import Language
from mainstem.money import Money
from mainstem.paths import TEMPLATES

ENGLISH, SWEDISH = (
    Language(locale, TEMPLATES / "locale", ZoneInfo("UTC")) for locale in ("en", "sv")
)
CURRENCIES = sorted(Locale("en").currencies)


@pytest.mark.parametrize(
    ("minor", "currency", "english", "swedish"),
    [
        (125050, "RSD", "RSD 1,250.50", "1 250,50 RSD"),
        (125000, "RSD", "RSD 1,250", "1 250 RSD"),
        (125050, "ALL", "ALL 1,250.50", "1 250,50 ALL"),
        (125050, "MGA", "MGA 1,250.50", "1 250,50 MGA"),
        (125050, "SEK", "SEK 1,250.50", "1 250,50 kr"),
        (125000, "SEK", "SEK 1,250.00", "1 250,00 kr"),
        (125000, "HUF", "HUF 1,250.00", "1 250,00 HUF"),
        (5690, "ISK", "ISK 5,690", "5 690 Ikr"),
        (1250500, "IQD", "IQD 1,250.500", "1 250,500 IQD"),
        (1250000, "IQD", "IQD 1,250", "1 250 IQD"),
        (5120, "KWD", "KWD 5.120", "5,120 KWD"),
        (1250, "JPY", "JP¥1,250", "1 250 JPY"),
    ],
)
def test_an_amount_is_shown_whole(minor: int, currency: str, english: str, swedish: str) -> None:
    shown = [language.money(Money(minor, currency)) for language in (ENGLISH, SWEDISH)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in shown] == [english, swedish]


@given(st.sampled_from(CURRENCIES), st.integers(min_value=-(10**12), max_value=10**12))
def test_what_is_read_is_the_amount_in_every_currency(currency: str, minor: int) -> None:
    amount = Money(minor, currency)
    digits = re.sub(r"[^0-9.]", "", ENGLISH.money(amount).replace(currency, "").strip("."))
    whole, _, part = digits.rpartition(".") if "." in digits else (digits, "", "")
    assert Decimal(f"{whole.replace('.', '')}.{part or 0}") == abs(
        Decimal(minor).scaleb(-amount.exponent)
    )
    assert len(part) in (get_currency_precision(currency), amount.exponent)
