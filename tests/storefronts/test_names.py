"""Names and addresses of shops: none that clients would take for somebody else's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.db import Database
from mainstem.kit.lookalike import skeletons
from mainstem.kit.slugs import slug_of
from mainstem_affiliates import editor
from mainstem_affiliates.contract import Storefront
from mainstem_affiliates.editor import names
from mainstem_affiliates.stores import open_storefront
from tests.company import Company, a_company

TAKEN, RESERVED = "slug_taken", "reserved"


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        work.run(
            """UPDATE storefront SET slug = 'birchwood', name = 'Birchwood', skeletons = %(seen)s
                WHERE id = %(id)s""",
            id=company.birch_shop.id,
            seen=skeletons("Birchwood", "birchwood"),
        )
        work.run(
            """INSERT INTO company_profile (name, legal_name, country, email, languages, currencies, zone)
               VALUES ('Härdvik', 'Härdviks Gjuteri AB', 'SE', 'hej@hardvik.example.com', '{sv,en}',
                       '{SEK,EUR}', 'Europe/Stockholm')"""
        )
    return company


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("cedar-and-sons", ""),
        ("birchwood", TAKEN),
        ("birch-wood", TAKEN),
        ("b1rchw00d", TAKEN),
        ("birchvvood", TAKEN),
        ("birch", TAKEN),
        ("alderrn", ""),
        ("bjrchwood", ""),
        ("adrnin", RESERVED),
        ("alder", TAKEN),
        ("admin", RESERVED),
        ("adm1n", RESERVED),
        ("sign-in", RESERVED),
        ("signin", RESERVED),
        ("p0rtal", RESERVED),
        ("hardvik", RESERVED),
        ("haerdvik", RESERVED),
        ("hardviks-gjuteri", RESERVED),
        ("a", RESERVED),
    ],
)
def test_an_address_that_would_be_taken_for_another_is_refused(
    database: Database, company: Company, slug: str, code: str
) -> None:
    with database.work() as work:
        found = [*editor.name_problems(work, company.cedar, None, name="Fine iron", slug=slug)]
    assert [one.code for one in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Cedar", ""),
        ("Birchwood", "name_taken"),
        ("BIRCHWOOD AB", "name_taken"),
        ("Härdvik", "name_taken"),
        ("Hardvik", "name_taken"),
        ("B\u0456rchwood", "mixed_alphabets name_taken"),
        ("Кедр и сыновья", ""),
        ("Cedar Кедр", ""),
        ("Birchw\u0585\u0585d", "mixed_alphabets name_taken"),
        ("\u13f4irchwood", "mixed_alphabets name_taken"),
        ("B\u026arch\u1d21ood", "name_taken"),
        ("Birchvvood", "name_taken"),
        ("Cedar 木", ""),
        ("Cedar木", ""),
    ],
)
def test_a_name_that_would_be_taken_for_another_is_refused(
    database: Database, company: Company, name: str, code: str
) -> None:
    with database.work() as work:
        found = [*editor.name_problems(work, company.cedar, None, name=name, slug=None)]
    assert " ".join(one.code for one in found) == code


@given(st.text(max_size=80))
def test_whatever_a_shop_is_called_its_address_is_one(name: str) -> None:
    slug = slug_of(name)
    assert slug == "" or re.fullmatch("[a-z0-9]([a-z0-9-]*[a-z0-9])?", slug)
    assert slug_of(slug) == slug


def test_a_swedish_name_is_still_known_by_its_address() -> None:
    assert slug_of("Långkok & Söner") == "langkok-soner"


def test_a_shop_is_known_by_how_its_name_looks_as_soon_as_it_is_open(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        open_storefront(work, company.birch, a_storefront("svalan", "Svalan Hemma"))
        asked = {"name": "Svalan Hernma", "slug": "sva1an"}
        found = [*editor.name_problems(work, company.cedar, None, **asked)]
    assert [(one.code, one.facts) for one in found] == [
        ("name_taken", {"name": "Svalan Hemma"}),
        (TAKEN, {}),
    ]


def test_numbers_tell_shops_of_one_name_apart(database: Database, company: Company) -> None:
    with database.work() as work:
        for slug in ("nord-4", "nord-10"):
            open_storefront(work, company.cedar, a_storefront(slug, f"Norden {slug}"))
        for slug in ("nord-44", "nord-103", "nord-1"):
            assert [
                *editor.name_problems(work, company.cedar, None, name="Norden", slug=slug)
            ] == []


def test_asking_whether_a_name_is_free_reads_no_other_names(
    database: Database, company: Company
) -> None:
    """However many shops there are, the ones that look alike are found by an index."""
    with database.work() as work:
        work.run("SET LOCAL enable_seqscan = off")
        plan = work.rows(
            "EXPLAIN " + names._ALIKE, seen=skeletons("Svalan"), mine=None, home=company.cedar
        )
    told = "\n".join(row[0] for row in plan)
    assert "storefront_skeletons" in told
    assert "affiliate_skeletons" in told
    assert "Seq Scan" not in told


def a_storefront(slug: str, name: str) -> Storefront:
    return Storefront(slug=slug, name=name, languages=("sv",), currency="SEK", texts={})


def test_two_names_of_another_alphabet_are_not_one_because_of_their_digits(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        open_storefront(work, company.birch, a_storefront("dub", "Дуб 24"))
        for name, code in (("Кедр 24", None), ("Кедр", None), ("Дуб 24", "name_taken")):
            found = [*editor.name_problems(work, company.cedar, None, name=name, slug=None)]
            assert [one.code for one in found] == ([code] if code else []), name


def test_letters_that_are_seen_as_one_make_one_name(database: Database, company: Company) -> None:
    with database.work() as work:
        open_storefront(work, company.birch, a_storefront("emberside", "Emberside"))
        found = [
            *editor.name_problems(work, company.cedar, None, name="Ernberside", slug="ernberside")
        ]
    assert [one.code for one in found] == ["name_taken", "slug_taken"]
