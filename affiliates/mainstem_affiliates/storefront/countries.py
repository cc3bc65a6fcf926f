"""Where the company ships to, in the reader's language."""

from __future__ import annotations

from babel import Locale

COUNTRIES = (
    "AT", "BE", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "IE", "IT", "LT", "LU", "LV", "NL", "NO",
    "PL", "PT", "SE",
)  # fmt: skip


def countries(locale: str) -> list[tuple[str, str]]:
    """Where we ship to: (code, name in the reader's language), by name."""
    named = ((code, country_name(locale, code)) for code in COUNTRIES)
    return sorted(named, key=lambda pair: pair[1])


def country_name(locale: str, code: str) -> str:
    """A country as the reader calls it."""
    return str(Locale.parse(locale).territories.get(code, code))
