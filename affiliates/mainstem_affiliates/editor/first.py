"""What a new storefront begins with: a good answer to every question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mainstem.kit.locale import LOCALES, Language
from mainstem.kit.work import Work
from mainstem.paths import TEMPLATES
from mainstem_affiliates.editor.documents import StorefrontDraft
from mainstem_affiliates.editor.names import free_slug
from mainstem_affiliates.editor.rules import LIBRARY
from mainstem_affiliates.themes import USUAL

HEADLINE = "Chosen for you by {name}"
INTRO = "Everything here is made and sent by {company}. Ask us if you wonder which one is right for you."
DISCLOSURE = "{name} is paid by {company} when you buy here. The price is the same as everywhere."
_EURO = frozenset(
    {
        *("AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PT", "SI", "SK"),
    }
)
_CURRENCIES = {
    "SE": "SEK",
    "NO": "NOK",
    "DK": "DKK",
    "GB": "GBP",
    "US": "USD",
    "PL": "PLN",
    "CH": "CHF",
}


def first_draft(work: Work, home_id: int) -> StorefrontDraft:
    """A storefront as it could open at once."""
    translate = _translations(work)
    row = work.one(
        """SELECT a.name, a.slug, a.country, a.locale, c.name AS company, c.languages, c.currencies
             FROM affiliate a LEFT JOIN company_profile c ON true WHERE a.id = %(id)s""",
        id=home_id,
    )
    spoken = [code for code in row.languages or ["en", "sv"] if code in translate]
    languages = sorted(spoken, key=lambda code: code != row.locale)
    words = {"name": row.name, "company": row.company or row.name}
    said: dict[str, Any] = {
        field: {code: translate[code](text).format(**words) for code in languages}
        for field, text in (("headline", HEADLINE), ("intro", INTRO))
    }
    return StorefrontDraft.model_construct(
        name=row.name,
        slug=free_slug(work, home_id, row.slug),
        languages=languages,
        currency=_currency(row.country, list(row.currencies or [])),
        theme=USUAL,
        hero=LIBRARY[0],
        **said,
    )


def disclosure_of(work: Work, home_id: int, name: str) -> dict[str, str]:
    """That the affiliate is paid, in each language, as the law wants it said beside an offer."""
    company = work.value("SELECT name FROM company_profile")
    is_house = work.value("SELECT is_house FROM affiliate WHERE id = %(id)s", id=home_id)
    if company is None or is_house:
        return {}
    return {
        code: text(DISCLOSURE).format(name=name, company=company)
        for code, text in _translations(work).items()
    }


def _translations(work: Work) -> dict[str, Callable[[str], str]]:
    """Our sentences in each language that a shop may speak."""
    folder = TEMPLATES / "locale"
    return {code: Language(code, folder, work.tools.zone).text for code in LOCALES}


def _currency(country: str, taken: list[str]) -> str:
    """The currency of the affiliate's country where the company takes it, or else its first."""
    usual = "EUR" if country in _EURO else _CURRENCIES.get(country, "")
    if not taken:
        return usual or "EUR"
    return usual if usual in taken else taken[0]
