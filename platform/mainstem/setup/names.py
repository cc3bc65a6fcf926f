"""The names that a field may give: what there is of a kind, found by a part of its name.

A field of a document says by `Refers` of which kind it names one; a form offers those there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import NamedTuple
from zoneinfo import available_timezones

from babel import Locale

from mainstem import catalog
from mainstem.kit import search_terms
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import LOCALES
from mainstem.kit.postal import is_country
from mainstem.kit.work import Work
from mainstem.payments import TAKEN
from mainstem_affiliates import themes


class Name(NamedTuple):
    """What is written into the field, and what the reader calls it, where that is something else."""

    name: str
    label: str


Find = Callable[[Work, str, str, int], list[Name]]
"""Those of a kind whose name or label has a text in it: the text, the reader's language, how many."""


def names(work: Work, kind: str, asked: str, *, locale: str, most: int) -> list[Name]:
    """At most so many names of a kind that have this text in them, those that begin with it first.

    Raises NotFound for a kind that there is not.
    """
    if kind not in _KINDS:
        raise NotFound("page")
    return _KINDS[kind](work, search_terms.as_typed(asked), locale, most)


def _in_table(kind: str, work: Work, asked: str, locale: str, most: int) -> list[Name]:
    words = [catalog.folded(asked)]
    source, those, first = _TABLES[kind], "", ""
    if kind in _THOUSANDS and asked and not search_terms.trigrams(words):
        those = "WHERE name ILIKE %(begin)s"  # A letter or two find those that begin with them.
    elif asked:
        source += _THOUSANDS[kind](words) if kind in _THOUSANDS else ""
        those = "WHERE name ILIKE %(like)s OR label ILIKE %(like)s"
        first = "name NOT ILIKE %(begin)s,"
    rows = work.rows(
        f"""SELECT name, coalesce(label, '') AS label FROM ({source}) AS there {those}
             ORDER BY {first} name LIMIT %(most)s""",
        like=search_terms.containing(asked),
        parts=[search_terms.containing(word) for word in words],
        trigrams=search_terms.trigrams(words),
        begin=search_terms.containing(asked).removeprefix("%"),
        locale=locale,
        most=most,
    )
    return [Name(row.name, row.label) for row in rows]


def _listed(
    those: Callable[[str], Iterable[Name]], work: Work, asked: str, locale: str, most: int
) -> list[Name]:
    small = asked.lower()
    found = [
        one for one in those(locale) if small in one.name.lower() or small in one.label.lower()
    ]
    return sorted(found, key=lambda one: (not one.name.lower().startswith(small), one.name))[:most]


@cache
def _countries(locale: str) -> list[Name]:
    called = Locale.parse(locale).territories
    return [Name(code, str(name)) for code, name in called.items() if is_country(code)]


@cache
def _currencies(locale: str) -> list[Name]:
    called = Locale.parse(locale).currencies
    return [Name(code, str(called.get(code, ""))) for code in TAKEN]


def written_as(kind: str, typed: str) -> str:
    """What is written of a country or a currency that was typed by its name, in whichever language, or
    in small letters; what was typed where it is none of them."""
    asked = typed.strip().casefold()
    return _codes(kind).get(asked, typed) if kind in _CODED else typed


@cache
def _codes(kind: str) -> dict[str, str]:
    """Of a kind that is written by codes: each code by itself and by what it is called."""
    listed = [one for locale in LOCALES for one in _CODED[kind](locale)]
    return {word.casefold(): one.name for one in listed for word in (one.label, one.name) if word}


@cache
def _time_zones(_locale: str) -> list[Name]:
    return [Name(name, "") for name in available_timezones()]


@cache
def _themes(_locale: str) -> list[Name]:
    return [Name(key, palette.name) for key, palette in themes.PALETTES.items()]


_PRODUCTS = """
SELECT p.slug AS name, t.name AS label FROM product p
  LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
 WHERE p.active"""
_SKILLS = "SELECT DISTINCT unnest(skills) AS name, '' AS label FROM product WHERE kind = 'service'"

_TABLES = {
    "affiliates": "SELECT slug AS name, name AS label FROM affiliate",
    "articles": """
SELECT v.sku AS name, t.name AS label FROM variant v JOIN product p ON p.id = v.product_id
  LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
 WHERE v.active AND p.active AND p.kind = 'goods'""",
    "departments": """
SELECT slug AS name, coalesce(names->>%(locale)s, names->>'en', names->>'sv') AS label
  FROM department WHERE active""",
    "locations": "SELECT code AS name, name AS label FROM location WHERE active",
    "performed": f"""
{_PRODUCTS} AND p.kind = 'service'
UNION SELECT p.category, coalesce(d.names->>%(locale)s, d.names->>'en', d.names->>'sv')
        FROM product p LEFT JOIN department d ON d.slug = p.category
       WHERE p.kind = 'service' AND p.active
UNION {_SKILLS}""",
    "products": _PRODUCTS,
    "skills": _SKILLS,
    "tax-classes": "SELECT DISTINCT tax_class AS name, '' AS label FROM tax_rate",
}


def _named(words: Sequence[str]) -> str:
    return f"SELECT t.product_id FROM product_text t WHERE {search_terms.like('t.folded', 'parts', words)}"


def _articles(words: Sequence[str]) -> str:
    numbered = (
        f"SELECT v.product_id FROM variant v WHERE {search_terms.like('v.folded', 'parts', words)}"
    )
    return f" AND v.product_id IN ({_named(words)} UNION {numbered})"


def _products(words: Sequence[str]) -> str:
    addressed = f"SELECT p.id FROM product p WHERE {search_terms.like('p.slug', 'parts', words)}"
    return f" AND p.id IN ({_named(words)} UNION {addressed})"


# Of thousands, those that may be meant are found in an index first: what is folded holds what is asked.
_THOUSANDS = {"articles": _articles, "products": _products}
_CODED = {"countries": _countries, "currencies": _currencies}
_KINDS: dict[str, Find] = {
    **{kind: partial(_in_table, kind) for kind in _TABLES},
    "countries": partial(_listed, _countries),
    "currencies": partial(_listed, _currencies),
    "themes": partial(_listed, _themes),
    "time-zones": partial(_listed, _time_zones),
}
KINDS = frozenset(_KINDS)
"""Of what there are names."""
