"""Fields that name another thing: offered where there are few, found as they are typed, and the nearest."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mainstem import catalog, setup
from mainstem.catalog import Department, Product
from mainstem.console.setup.shapes import refers_to
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput
from mainstem.kit.nearest import nearest
from mainstem.setup.names import KINDS
from mainstem.setup.registry import RESOURCES
from tests.company import a_company
from tests.setup import saying
from tests.setup.test_folds import documents
from tests.setup.test_pages import filled, one, owner
from tests.surfaces.conftest import Reader, words_of

__all__ = ["owner"]


def options(page: Any, name: str) -> list[str]:
    """What a field lets one choose from."""
    found = re.search(rf'<select[^>]* name="{name}"[^>]*>(.*?)</select>', page.text, re.S)
    return re.findall(r'<option value="([^"]*)"', found[1]) if found else []


def many_products(database: Database, count: int) -> None:
    with database.work() as work:
        catalog.save_department(work, None, document(Department, saying.DEPARTMENT))
        for no in range(count):
            said = saying.PRODUCT | {
                "slug": f"candle-{no:03}",
                "variants": [{"sku": f"CANDLE-{no:03}", "prices": {"SEK": 4900}}],
            }
            catalog.save_product(work, None, document(Product, said))


def test_every_kind_that_a_field_refers_to_has_names(database: Database) -> None:
    kinds = {
        refers.to
        for resource in RESOURCES.values()
        for kind in documents(resource.model)
        for field in kind.model_fields.values()
        if (refers := refers_to(field))
    }
    assert kinds <= KINDS
    with database.work() as work:
        a_company(work)
        for kind in KINDS:
            assert len(setup.names(work, kind, "", locale="sv", most=5)) <= 5


@pytest.mark.parametrize("asked", ["_", "%", "\\", "sv_a", "Al%", "a_", "candle_001", "candle%"])
def test_what_is_typed_stands_for_itself_and_for_no_other_letter(
    database: Database, asked: str
) -> None:
    many_products(database, 3)
    with database.work() as work:
        assert not setup.names(work, "products", asked, locale="en", most=5)
        assert not setup.names(work, "departments", asked, locale="en", most=5)
        for kind in ("products", "affiliates", "storefronts", "stock"):
            found = setup.resource(kind).find
            assert found
            assert not found(work, "", 5, asked), kind


def test_a_field_that_names_one_of_few_lets_one_choose(owner: Reader, database: Database) -> None:
    with database.work() as work:
        a_company(work)
        catalog.save_department(work, None, document(Department, saying.DEPARTMENT))
    page = owner.get("/console/setup/products/new")
    assert "candles" in options(page, "department")
    assert "Candles (candles)" in words_of(page)
    assert "cedar" in options(owner.get("/console/setup/storefronts/new"), "affiliate")
    assert "STH" in options(owner.get("/console/setup/stock/new"), "location")


def test_a_name_that_is_none_any_more_stays_in_its_form(owner: Reader, database: Database) -> None:
    with database.work() as work:
        catalog.save_department(work, None, document(Department, saying.DEPARTMENT))
        catalog.save_department(
            work, None, document(Department, {"slug": "soap", "names": {"en": "Soap"}})
        )
        catalog.save_product(work, None, document(Product, saying.PRODUCT))
        work.run("UPDATE department SET active = false WHERE slug = 'candles'")
    page = owner.get("/console/setup/products/edit?key=candle")
    assert options(page, "department") == ["candles", "soap"]
    assert owner.post("/console/setup/products", filled(page)).status_code == 303


def test_of_thousands_none_is_in_the_page_and_those_that_fit_are_found_as_they_are_typed(
    owner: Reader, database: Database
) -> None:
    many_products(database, 30)
    for address in ("products/new", "storefronts/new", "stock/new"):
        page = owner.get(f"/console/setup/{address}")
        assert "candle-0" not in page.text.lower()
        assert "data-suggest=" in page.text
    found = owner.get("/console/setup/suggestions/products?q=LE-02").json()
    assert found == [[f"candle-{no:03}", "Candle"] for no in range(20, 30)]
    assert len(owner.get("/console/setup/suggestions/articles").json()) == 20
    begins = owner.get("/console/setup/suggestions/countries?q=se").json()
    assert begins[0] == ["SE", "Sweden"]
    assert owner.get("/console/setup/suggestions/secrets").status_code == 404


def test_names_are_for_those_who_set_up(open_app: Any) -> None:
    assert open_app().get("/console/setup/suggestions/affiliates").status_code in (302, 303, 401)


@pytest.mark.parametrize(
    ("name", "said", "proposes"),
    [
        ("products", saying.PRODUCT | {"department": "candels"}, "candles"),
        ("storefronts", saying.STOREFRONT | {"affiliate": "ceder"}, "cedar"),
        (
            "storefronts",
            saying.STOREFRONT | {"affiliate": "cedar", "assortment": ["ketle"]},
            "kettle",
        ),
        ("affiliates", saying.AFFILIATE | {"sponsor": "Cedars"}, None),
        ("affiliates", saying.AFFILIATE | {"sponsor": "cedars"}, "cedar"),
        ("teams", saying.TEAM | {"skills": ["repairss"]}, "repairs"),
        ("stock", {"sku": "KETLE-1", "location": "STH", "on_hand": 7}, "KETTLE-1"),
        ("stock", {"sku": "KETTLE-1", "location": "STHM", "on_hand": 7}, "STH"),
        ("company", saying.PROFILE | {"zone": "Europe/Stokholm"}, "Europe/Stockholm"),
        ("stock", {"sku": "zzzz", "location": "STH", "on_hand": 7}, None),
    ],
)
def test_a_name_that_is_none_proposes_the_nearest(
    database: Database, name: str, said: dict[str, Any], proposes: str | None
) -> None:
    kind = setup.resource(name)
    with database.work() as work:
        a_company(work)
        catalog.save_department(work, None, document(Department, saying.DEPARTMENT))
    with database.work() as work, pytest.raises(InvalidInput) as refused:
        setup.save(work, kind, document(kind.model, said))
    text = " ".join(problem.text() for problem in refused.value.problems)
    assert f"Did you mean {proposes}?" in text if proposes else "Did you mean" not in text


def test_the_page_proposes_it_in_the_readers_language(owner: Reader, database: Database) -> None:
    with database.work() as work:
        catalog.save_department(work, None, document(Department, saying.DEPARTMENT))
    page = owner.get("/console/setup/products/new?lang=sv")
    sent = filled(page, slug="x", department="candels", **{"names-en": "X", "variants-0-sku": "X"})
    assert "Menade du candles?" in words_of(owner.post("/console/setup/products", sent))


def test_what_is_chosen_of_few_and_typed_of_many_is_the_same_list(
    owner: Reader, database: Database
) -> None:
    with database.work() as work:
        a_company(work)
    page = owner.get("/console/setup/teams/new")
    assert 'type="checkbox" value="repairs"' in page.text
    sent = filled(page, code="NORR", name="Norr", skills=["repairs"])
    assert owner.post("/console/setup/teams", sent).status_code == 303
    sent = filled(page, code="SYD", name="Syd", skills="repairs\n")
    assert owner.post("/console/setup/teams", sent).status_code == 303
    norr, syd = one(database, "teams", "NORR"), one(database, "teams", "SYD")
    assert norr.written()["skills"] == syd.written()["skills"] == ["repairs"]


def test_the_nearest_is_near_and_written_as_it_is() -> None:
    assert nearest(" kettle-1", ["KETTLE-1", "PAN-1"]) == "KETTLE-1"
    assert nearest("nothing like it", ["KETTLE-1"]) == ""
    assert nearest("x" * 100_000, ["KETTLE-1"]) == ""
