"""Which name and address a storefront may have: none that clients would take for somebody else's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from mainstem.kit.errors import Problem
from mainstem.kit.lookalike import skeleton
from mainstem.kit.text import is_latin, of_two_alphabets
from mainstem.kit.work import Work
from mainstem.referrals import names_in, seen_as

RESERVED = frozenset(Path(__file__).with_name("reserved_words.txt").read_text("utf-8").split())
"""Words that lead elsewhere, or sound as if the company spoke."""

SLUG_TAKEN = "Another shop is called so, or nearly so. Choose something else."
SLUG_RESERVED = "This word is kept for the company. Choose one of your own."
NAME_TAKEN = "This could be taken for {name}. Choose a name of your own."
NAME_MIXED = "The letters of one word are of two alphabets. Write it in one."
SLUG_MIN = 2

_OTHERS = """
SELECT slug AS name, '' AS label, home_id FROM storefront WHERE id IS DISTINCT FROM %(mine)s
UNION ALL SELECT name, name, home_id FROM storefront WHERE id IS DISTINCT FROM %(mine)s
UNION ALL SELECT slug, '', id FROM affiliate WHERE id <> %(home)s AND NOT is_house
UNION ALL SELECT name, name, id FROM affiliate WHERE id <> %(home)s AND NOT is_house"""
_COMPANY = """
SELECT unnest(ARRAY[name, legal_name]) AS name FROM company_profile
 WHERE NOT EXISTS (SELECT FROM affiliate WHERE id = %(home)s AND is_house)"""


def is_reserved(slug: str) -> bool:
    """Whether a word, or one that looks like it, is kept for the company."""
    return bool(_seen(slug) & _seen(*RESERVED))


def name_problems(
    work: Work, home_id: int, storefront_id: int | None, *, name: str, slug: str | None
) -> Iterator[Problem]:
    """What stands against a storefront of this affiliate being called so. A slug that stays is None."""
    others = work.rows(_OTHERS, mine=storefront_id, home=home_id)
    company = [row.name for row in work.rows(_COMPANY, home=home_id)]
    theirs = [row.label for row in others if row.label and row.home_id != home_id]
    taken = {seen: said for said in [*theirs, *company] for seen in _seen(*_called(said))}
    clash = next((taken[seen] for seen in _seen(*_called(name)) if seen in taken), "")
    if any(map(of_two_alphabets, name.split())):
        yield Problem("/name", "mixed_alphabets", NAME_MIXED)
    elif clash:
        yield Problem("/name", "name_taken", NAME_TAKEN, {"name": clash})
    if slug is not None:
        yield from _slug_problems(slug, [row.name for row in others], company)


def _slug_problems(slug: str, others: Iterable[str], company: Iterable[str]) -> Iterator[Problem]:
    seen = _seen(slug)
    if len(slug) < SLUG_MIN or seen & _seen(*RESERVED, *names_in(company)):
        yield Problem("/slug", "reserved", SLUG_RESERVED)
    elif seen & _seen(*others):
        yield Problem("/slug", "slug_taken", SLUG_TAKEN)


def _called(name: str) -> list[str]:
    """A name, and what of it people say; in another alphabet only the whole."""
    return [name, *(names_in([name]) if is_latin(name) else ())]


def _seen(*texts: str) -> frozenset[str]:
    """The forms in which these are taken for others: as the eye reads them, and, where they are in our
    alphabet, as somebody does who wants to. Of another alphabet that form would keep the digits alone."""
    read = [seen_as(text) for text in texts if is_latin(text)]
    return frozenset(filter(None, (*map(skeleton, texts), *read)))


def free_slug(work: Work, home_id: int, wanted: str) -> str:
    """The wanted address, or the first with a number behind it that nobody has."""
    others = [row.name for row in work.rows(_OTHERS, mine=None, home=home_id)]
    company = [row.name for row in work.rows(_COMPANY, home=home_id)]
    base = as_slug(wanted)[:50] or "my-shop"
    tries = (base, *(f"{base}-{no}" for no in range(2, 100)), f"shop-of-{home_id}")
    return next(slug for slug in tries if not [*_slug_problems(slug, others, company)])


def as_slug(name: str) -> str:
    """A name as an address has it: small letters, digits and hyphens; empty where it has none of them."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    return re.sub("[^a-z0-9]+", "-", re.sub("[^\x00-\x7f]", "", plain)).strip("-")


_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "ß": "ss", "ł": "l", "đ": "d"})
