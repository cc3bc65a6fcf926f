"""Which name and address a storefront may have: none that clients would take for somebody else's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mainstem.kit.errors import Problem
from mainstem.kit.lookalike import skeleton, skeletons
from mainstem.kit.slugs import slug_of
from mainstem.kit.text import of_two_alphabets
from mainstem.kit.work import Work

RESERVED = frozenset(Path(__file__).with_name("reserved_words.txt").read_text("utf-8").split())
"""Words that lead elsewhere, or sound as if the company spoke."""

SLUG_TAKEN = "Another shop is called so, or nearly so. Choose something else."
SLUG_RESERVED = "This word is kept for the company. Choose one of your own."
NAME_TAKEN = "This could be taken for {name}. Choose a name of your own."
NAME_MIXED = "The letters of one word are of two alphabets. Write it in one."
SLUG_MIN = 2

_RESERVED_SEEN = frozenset(map(skeleton, RESERVED))

# By an index each: a check costs the same however many shops there are.
_ALIKE = """
SELECT name, slug, home_id FROM storefront
 WHERE skeletons && %(seen)s::text[] AND id IS DISTINCT FROM %(mine)s
UNION ALL SELECT name, slug, id FROM affiliate
 WHERE skeletons && %(seen)s::text[] AND id <> %(home)s AND NOT is_house"""
_COMPANY = """
SELECT unnest(ARRAY[name, legal_name]) AS name FROM company_profile
 WHERE NOT EXISTS (SELECT FROM affiliate WHERE id = %(home)s AND is_house)"""


def is_reserved(slug: str) -> bool:
    """Whether a word, or one that looks like it, is kept for the company."""
    return skeleton(slug) in _RESERVED_SEEN


def name_problems(
    work: Work, home_id: int, storefront_id: int | None, *, name: str, slug: str | None
) -> Iterator[Problem]:
    """What stands against a storefront of this affiliate being called so. A slug that stays is None."""
    alike = _alike(work, home_id, storefront_id, skeletons(name, slug or ""))
    company = _company(work, home_id)
    if any(map(of_two_alphabets, name.split())):
        yield Problem("/name", "mixed_alphabets", NAME_MIXED)
    seen = skeleton(name)
    theirs = [row for row in alike if row.home_id != home_id and seen in skeletons(*row[:2])]
    if clash := next((row.name for row in theirs), company.get(seen, "")):
        yield Problem("/name", "name_taken", NAME_TAKEN, {"name": clash})
    if slug is not None:
        yield from _slug_problems(slug, _seen(alike), company)


def _alike(work: Work, home_id: int, storefront_id: int | None, seen: list[str]) -> list[Any]:
    """Who else is called so, or nearly so."""
    return [*work.rows(_ALIKE, seen=seen, mine=storefront_id, home=home_id)]


def _company(work: Work, home_id: int) -> dict[str, str]:
    """The company's names by how they look, which are nobody else's."""
    names = [row.name for row in work.rows(_COMPANY, home=home_id)]
    return {skeleton(name): name for name in names if skeleton(name)}


def _seen(alike: list[Any]) -> set[str]:
    return {seen for row in alike for seen in skeletons(row.name, row.slug)}


def _slug_problems(
    slug: str, others: Collection[str], company: Collection[str]
) -> Iterator[Problem]:
    seen = skeleton(slug)
    if len(slug) < SLUG_MIN or is_reserved(slug) or seen in company:
        yield Problem("/slug", "reserved", SLUG_RESERVED)
    elif seen in others:
        yield Problem("/slug", "slug_taken", SLUG_TAKEN)


def free_slug(work: Work, home_id: int, wanted: str) -> str:
    """The wanted address, or the first with a number behind it that nobody has."""
    base = slug_of(wanted, 50) or "my-shop"
    tries = (base, *(f"{base}-{no}" for no in range(2, 100)), f"shop-of-{home_id}")
    others = _seen(_alike(work, home_id, None, skeletons(*tries)))
    company = _company(work, home_id)
    return next(slug for slug in tries if not [*_slug_problems(slug, others, company)])
