"""The palette: everything is found while somebody types, of what they may open, in their language."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import KETTLE, Staff, order_url, pick_url, staffed

from mainstem import identity, referrals
from mainstem.console.destinations import destinations, named
from mainstem.kit.db import Database
from mainstem.kit.locale import Language
from mainstem.paths import TEMPLATES


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def found(reader: Reader, text: str, *, lang: str = "en") -> dict[str, list[str]]:
    """Where what is found leads, by its kind."""
    answer = reader.get(f"/console/palette?q={quote(text)}&lang={lang}")
    assert answer.status_code == 200
    told: Any = answer.json()
    return {group["name"]: [hit["url"] for hit in group["hits"]] for group in told["groups"]}


def test_everything_is_found_by_an_admin(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    with staff.database.work() as work:
        code = referrals.claim(work, staff.company.cedar, "VINTER-EKEN")
    ada = staff.reader("ada")
    by_number = found(ada, placed.number)
    assert by_number["Orders"] == [order_url(placed)]
    assert by_number["Parcels"] == [pick_url(placed)]
    assert by_number["Clients"] == ["/console/clients?key=ada@example.com"]
    assert found(ada, "Cedar")["Affiliates"] == [f"/console/affiliates/{staff.company.cedar}"]
    assert found(ada, KETTLE.lower())["Goods and services"][0].startswith("/console/articles/")
    assert found(ada, code)["Codes"] == [f"/console/codes?q={code}"]
    assert found(ada, "fia@example.com")["People"] == ["/console/setup/people"]


def test_each_role_finds_what_it_may_open_and_nothing_else(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    kinds = {
        "ada": {"Orders", "Clients", "Parcels"},
        "fia": {"Orders", "Clients"},
        "li": {"Orders", "Clients"},
        "per": {"Parcels"},
    }
    for name, expected in kinds.items():
        assert set(found(staff.reader(name), placed.number)) == expected, name
    assert found(staff.reader("li"), "Cedar") == {}
    assert found(staff.reader("fia"), "fia@example.com") == {}
    assert found(staff.reader("per"), "payouts") == {}
    assert staff.open_app().get("/console/palette?q=x").status_code in (303, 401, 403)


def test_somebody_of_an_affiliate_is_found_with_their_affiliate(staff: Staff) -> None:
    with staff.database.work() as work:
        person = identity.create_person(work, email="vera@vinter.example", name="Vera Vinter")
        identity.grant(work, person, "affiliate", affiliate_id=staff.company.birch)
    url = f"/console/affiliates/{staff.company.birch}"
    assert found(staff.reader("ada"), "vinter")["People"] == [url]


def test_pages_and_actions_are_found_by_their_names_in_both_languages(staff: Staff) -> None:
    ada = staff.reader("ada")
    for text, lang, url in (
        ("new prod", "en", "/console/setup/products/new"),
        ("ny produkt", "sv", "/console/setup/products/new"),
        ("new product", "sv", "/console/setup/products/new"),
        ("payouts", "en", "/console/payouts"),
        ("UTBETALNINGAR", "sv", "/console/payouts"),
        ("set tax", "en", "/console/setup/tax"),
        ("granskningslogg", "sv", "/console/audit"),
    ):
        [pages] = [
            urls
            for name, urls in found(ada, text, lang=lang).items()
            if "age" in name or "Sid" in name
        ]
        assert url in pages, (text, lang, pages)


def test_of_no_text_the_first_pages_are_shown(staff: Staff) -> None:
    assert list(found(staff.reader("per"), "")) == ["Pages and actions"]
    assert "/desk/ship" in found(staff.reader("per"), "")["Pages and actions"]
    assert "/console/payouts" not in str(found(staff.reader("per"), ""))


@pytest.mark.parametrize("text", ["'", "\\", "%", "a' | 'b", "x" * 900, "\u2028", "()", "* *"])
def test_any_text_is_answered(staff: Staff, text: str) -> None:
    assert isinstance(found(staff.reader("ada"), text), dict)


# what was typed, what something is called → whether it is named so
@pytest.mark.parametrize(
    ("text", "called", "expected"),
    [
        ("ny pro", "Ny produkt", True),
        ("pro ny", "Ny produkt", True),
        ("installningar", "Inställningar", True),
        ("ÖPPNA", "öppna", True),
        ("y", "Ny produkt", False),
        ("", "Ny produkt", False),
        ("ny butik", "Ny produkt", False),
        ("set-up tax", "Set-up: Tax", True),
    ],
)
def test_every_word_begins_a_word_of_the_name(text: str, called: str, expected: bool) -> None:
    assert named(text, called) is expected


def test_every_page_and_action_that_is_offered_opens_for_whoever_it_is_offered_to(
    staff: Staff,
) -> None:
    language = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))
    roles = {"admin": "ada", "finance": "fia", "picker": "per", "lead_desk": "li"}
    readers = {role: staff.reader(name) for role, name in roles.items()}
    urls = [*destinations(language)]
    assert len({url for _, _, url, _ in urls if "/setup/" in url}) > 15
    for _, english, url, may in urls:
        for role, reader in readers.items():
            if role in may:
                assert reader.get(url).status_code == 200, (english, url, role)


def test_the_search_page_finds_the_same_without_a_script(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    ada = staff.reader("ada")
    staff.sold((KETTLE, 1))
    page = ada.get("/console/search?q=ada@example.com")
    assert 'href="/console/clients?key=ada@example.com"' in page.text
    assert placed.number in words_of(page)
    assert ada.get("/console/search?q=audit log").headers["location"] == "/console/audit"
