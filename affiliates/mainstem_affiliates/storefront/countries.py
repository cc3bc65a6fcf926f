"""Where the company ships to, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from babel import Locale

from mainstem import delivery

COUNTRIES = (
    "AT", "BE", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "IE", "IT", "LT", "LU", "LV", "NL", "NO",
    "PL", "PT", "SE",
)  # fmt: skip
"""Those to choose from where the company has set no zones, or one for every country."""


def served(rules: delivery.Rules) -> Sequence[str]:
    """Where goods are delivered to, as the company has set."""
    if not rules.are_set or delivery.EVERYWHERE in rules.countries:
        return tuple(sorted({*COUNTRIES, *rules.countries} - {delivery.EVERYWHERE}))
    return tuple(sorted(rules.countries))


def countries(locale: str, codes: Sequence[str] = COUNTRIES) -> list[tuple[str, str]]:
    """Where we ship to: (code, name in the reader's language), by name."""
    named = ((code, country_name(locale, code)) for code in codes)
    return sorted(named, key=lambda pair: pair[1])


def country_name(locale: str, code: str) -> str:
    """A country as the reader calls it."""
    return str(Locale.parse(locale).territories.get(code, code))
