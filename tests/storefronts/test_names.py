"""Names and addresses of shops: none that clients would take for somebody else's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.db import Database
from mainstem_affiliates import editor
from tests.company import Company, a_company

TAKEN, RESERVED = "slug_taken", "reserved"


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        work.run(
            "UPDATE storefront SET slug = 'birchwood', name = 'Birchwood' WHERE id = %(id)s",
            id=company.birch_shop.id,
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
        ("B\u0456rchwood", "mixed_alphabets"),
        ("Кедр и сыновья", ""),
        ("Cedar Кедр", ""),
    ],
)
def test_a_name_that_would_be_taken_for_another_is_refused(
    database: Database, company: Company, name: str, code: str
) -> None:
    with database.work() as work:
        found = [*editor.name_problems(work, company.cedar, None, name=name, slug=None)]
    assert [one.code for one in found] == ([code] if code else [])


@given(st.text(max_size=80))
def test_whatever_a_shop_is_called_its_address_is_one(name: str) -> None:
    slug = editor.as_slug(name)
    assert slug == "" or re.fullmatch("[a-z0-9]([a-z0-9-]*[a-z0-9])?", slug)
    assert editor.as_slug(slug) == slug


def test_a_swedish_name_is_still_known_by_its_address() -> None:
    assert editor.as_slug("Långkok & Söner") == "langkok-soner"
