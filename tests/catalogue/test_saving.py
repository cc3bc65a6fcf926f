"""Departments, goods and services, saved as their documents say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE, Company, a_company, a_paid_order

from mainstem import catalog
from mainstem.catalog import Department, Product
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput
from mainstem.kit.work import Work

GTIN, OTHER_GTIN = "4006381333931", "7310865004703"
KITCHEN = Department(slug="kitchen", names={"en": "Kitchen", "sv": "Kök"})


def a_pan(**changes: Any) -> Product:
    """A pan in two sizes, in two languages and two currencies."""
    said: dict[str, Any] = {
        "slug": "pan",
        "department": "kitchen",
        "names": {"en": "Pan", "sv": "Panna"},
        "summaries": {"en": "Cast once.", "sv": "Gjuten en gång."},
        "options": [
            {
                "code": "size",
                "names": {"en": "Size", "sv": "Storlek"},
                "values": [
                    {"code": "small", "names": {"en": "small", "sv": "liten"}},
                    {"code": "large", "names": {"en": "large", "sv": "stor"}},
                ],
            }
        ],
        "variants": [
            {
                "sku": "PAN-S",
                "choices": {"size": "small"},
                "prices": {"SEK": 49900, "EUR": 4990},
                "gtin": GTIN,
                "weight_g": 1200,
            },
            {"sku": "PAN-L", "choices": {"size": "large"}, "prices": {"SEK": 69900}},
        ],
        "origin": "SE",
        "maker": {"name": "Foundry AB", "address": "Storgatan 1", "email": "hello@foundry.example"},
        "safety": {"en": "Hot.", "sv": "Het."},
        "guarantee_months": 60,
        "withdrawal": "sealed",
    }
    return document(Product, said | changes)


@pytest.fixture
def work(database: Database) -> Any:
    with database.work() as work:
        catalog.save_department(work, None, KITCHEN)
        yield work


def facts(work: Work) -> list[tuple[str, str]]:
    rows = work.rows(
        "SELECT name, subject FROM fact WHERE name ~ '^(product|department)' ORDER BY id"
    )
    return [(row.name, row.subject) for row in rows]


def count(work: Work, table: str) -> int:
    return int(work.value(f"SELECT count(*) FROM {table}"))


def test_what_is_saved_is_what_is_read_again(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    assert catalog.products(work) == {"pan": a_pan()}
    assert catalog.products(work)["pan"].version == a_pan().version
    assert document(Product, catalog.products(work)["pan"].written()) == a_pan()
    assert catalog.departments(work) == {"kitchen": KITCHEN}
    assert facts(work) == [("department.created", "kitchen"), ("product.created", "pan")]


def test_saving_the_same_again_changes_nothing(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    version, prices = catalog.version(work), count(work, "price")
    for before in (None, a_pan()):
        catalog.save_product(work, before, a_pan())
    catalog.save_department(work, KITCHEN, KITCHEN)
    assert (catalog.version(work), count(work, "price")) == (version, prices)
    assert len(facts(work)) == 2


def test_one_save_is_one_version_and_one_fact(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    version = catalog.version(work)
    catalog.save_product(
        work, a_pan(), a_pan(names={"en": "Iron pan"}, summaries={}, safety={}, hidden=True)
    )
    assert catalog.version(work) == version + 1
    assert facts(work)[-1] == ("product.changed", "pan")
    assert set(catalog.products(work)["pan"].names) == {"en"}, "a language that is gone is gone"


def test_a_new_price_is_a_row_beside_the_former_ones(work: Work, clock: FixedClock) -> None:
    catalog.save_product(work, None, a_pan())
    clock.move(timedelta(days=1))
    dearer = a_pan().written()
    dearer["variants"][0]["prices"] = {"SEK": 54900}
    catalog.save_product(work, a_pan(), document(Product, dearer))
    rows = work.rows(
        """SELECT currency, amount_minor, withdrawn FROM price JOIN variant v ON v.id = variant_id
            WHERE sku = 'PAN-S' ORDER BY valid_from, currency"""
    )
    assert [tuple(row) for row in rows] == [
        ("EUR", 4990, False), ("SEK", 49900, False), ("EUR", 4990, True), ("SEK", 54900, False),
    ]  # fmt: skip
    for currency, minor in (("SEK", 54900), ("EUR", None)):
        offers = catalog.offers(work, ["PAN-S"], currency=currency, locale="en", at=work.now())
        assert offers["PAN-S"].unit_minor == minor, "what is no longer sold in euro has no price"
    assert catalog.products(work)["pan"].variants[0].prices == {"SEK": 54900}


def test_points_stand_beside_the_price_and_are_the_same_in_every_currency(work: Work) -> None:
    known = a_pan().written()
    known["variants"][0]["points"] = 35
    catalog.save_product(work, None, document(Product, known))
    assert catalog.products(work)["pan"] == document(Product, known)
    assert not catalog.save_product(work, None, document(Product, known))
    for currency in ("SEK", "EUR"):
        offers = catalog.offers(work, ["PAN-S"], currency=currency, locale="en", at=work.now())
        assert offers["PAN-S"].points == 35
    known["variants"][0]["prices"] = {"SEK": 59900}
    catalog.save_product(work, None, document(Product, known))
    small, large = catalog.products(work)["pan"].variants
    assert (small.points, large.points) == (35, 0), (
        "a price moves no points, and none is said is none"
    )


@pytest.mark.parametrize("points", [-1, 1.5, 10_000_001, "many"])
def test_points_are_whole_and_never_negative(points: Any) -> None:
    known = a_pan().written()
    known["variants"][0]["points"] = points
    with pytest.raises(InvalidInput) as refused:
        document(Product, known)
    assert [problem.pointer for problem in refused.value.problems] == ["/variants/0/points"]


def test_what_a_piece_costs_the_company_is_kept_from_now_on_in_each_currency(
    work: Work, clock: FixedClock
) -> None:
    known = a_pan().written()
    known["variants"][0]["costs"] = {"SEK": 21000, "EUR": 1999}
    catalog.save_product(work, None, document(Product, known))
    assert catalog.products(work)["pan"] == document(Product, known)
    clock.move(timedelta(days=1))
    known["variants"][0]["costs"] = {"SEK": 22000}
    assert catalog.save_product(work, None, document(Product, known))
    assert not catalog.save_product(work, None, document(Product, known))
    assert catalog.products(work)["pan"].variants[0].costs == {"SEK": 22000}
    rows = work.rows(
        "SELECT currency, amount_minor, withdrawn FROM cost ORDER BY valid_from, currency"
    )
    assert [tuple(row) for row in rows] == [
        ("EUR", 1999, False), ("SEK", 21000, False), ("EUR", 1999, True), ("SEK", 22000, False),
    ]  # fmt: skip


def test_a_variant_that_is_gone_is_retired_and_can_come_back(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    small = a_pan().written()
    small["variants"] = small["variants"][:1]
    only = document(Product, small)
    catalog.save_product(work, a_pan(), only)
    assert catalog.products(work)["pan"] == only
    assert count(work, "variant") == 2
    assert not catalog.offers(work, ["PAN-L"], currency="SEK", locale="en", at=work.now())
    catalog.save_product(work, only, a_pan())
    assert catalog.products(work)["pan"] == a_pan()
    assert count(work, "variant") == 2


def test_variants_are_called_by_their_values_in_each_language(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    for locale, name in (("en", "Pan, small"), ("sv", "Panna, liten")):
        found = catalog.offers(work, ["PAN-S"], currency="SEK", locale=locale, at=work.now())
        assert found["PAN-S"].name == name


def test_an_offer_is_in_force_for_its_time_and_shows_what_was_asked_before(
    work: Work, clock: FixedClock
) -> None:
    catalog.save_product(work, None, a_pan())
    clock.move(timedelta(days=40))
    said = a_pan().written()
    ends = work.now() + timedelta(days=7)
    said["variants"][0]["offers"] = [{"prices": {"SEK": 39900}, "ends_at": ends.isoformat()}]
    reduced = document(Product, said)
    catalog.save_product(work, a_pan(), reduced)
    catalog.save_product(work, a_pan(), reduced)
    assert count(work, "price_offer") == 1, "saved twice, it began once"
    clock.move(timedelta(days=1))
    catalog.save_product(work, None, reduced)
    assert count(work, "price_offer") == 1, "and a day later as well"
    [now] = catalog.offers(work, ["PAN-S"], currency="SEK", locale="en", at=work.now()).values()
    assert now.unit_minor == 39900
    found = catalog.reductions(work, [now.variant_id], currency="SEK", at=work.now())
    assert found[now.variant_id] == catalog.Reduction(39900, 49900)
    assert found[now.variant_id].percent == 20
    clock.move(timedelta(days=7))
    [after] = catalog.offers(work, ["PAN-S"], currency="SEK", locale="en", at=work.now()).values()
    assert after.unit_minor == 49900
    assert not catalog.reductions(work, [now.variant_id], currency="SEK", at=work.now())


def test_an_offer_that_is_taken_back_ends_now_and_stays_in_the_history(
    work: Work, clock: FixedClock
) -> None:
    catalog.save_product(work, None, a_pan())
    said = a_pan().written()
    said["variants"][0]["offers"] = [{"prices": {"SEK": 39900, "EUR": 3990}}]
    clock.move(timedelta(days=1))
    catalog.save_product(work, None, document(Product, said))
    there = catalog.products(work)["pan"]
    assert there.variants[0].offers[0].prices == {"EUR": 3990, "SEK": 39900}
    clock.move(timedelta(days=2))
    catalog.save_product(work, there, a_pan())
    assert catalog.products(work)["pan"] == a_pan()
    assert [row.days for row in work.rows(
        "SELECT extract(day FROM valid_until - valid_from)::int AS days FROM price_offer"
    )] == [2, 2]  # fmt: skip


def test_every_problem_is_named_at_once_and_nothing_is_changed(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    wrong = a_pan().written() | {"slug": "pot", "department": "garage"}
    wrong["variants"][0] |= {
        "sku": "POT-S",
        "choices": {},
        "offers": [{"prices": {"SEK": 49900, "NOK": 1000}}],
    }
    wrong["variants"][1] |= {
        "gtin": GTIN,
        "choices": {"size": "huge", "hue": "red"},
        "prices": {"SEK": 3},
    }
    wrong["pictures"] = [{"file": "0" * 64}]
    with pytest.raises(InvalidInput) as refused:
        catalog.save_product(work, None, document(Product, wrong))
    assert {(problem.pointer, problem.code) for problem in refused.value.problems} >= {
        ("/department", "not_offered"),
        ("/variants/0/choices/size", "missing"),
        ("/variants/0/offers/0/prices/SEK", "out_of_range"),
        ("/variants/0/offers/0/prices/NOK", "missing"),
        ("/variants/1/choices/size", "not_offered"),
        ("/variants/1/choices/hue", "not_offered"),
        ("/variants/1/gtin", "duplicate"),
        ("/variants/1/sku", "taken"),
        ("/pictures/0/file", "unknown"),
    }
    assert list(catalog.products(work)) == ["pan"]


@pytest.mark.parametrize(
    ("gtin", "good"),
    [
        (GTIN, True), (OTHER_GTIN, True), ("96385074", True), ("036000291452", True),
        ("4006381333932", False), ("123", False), ("40063813339AB", False), ("\uff14006381333931", False),
    ],
)  # fmt: skip
def test_the_last_digit_of_a_gtin_checks_the_others(work: Work, gtin: str, good: bool) -> None:
    assert catalog.is_gtin(gtin) is good
    assert work.value("SELECT is_gtin(%(gtin)s)", gtin=gtin) is good
    said = a_pan().written()
    said["variants"][0]["gtin"] = gtin
    if good:
        document(Product, said)
    else:
        with pytest.raises(InvalidInput) as refused:
            document(Product, said)
        assert [one.pointer for one in refused.value.problems] == ["/variants/0/gtin"]


def test_a_product_that_is_retired_is_off_sale_and_comes_back_by_a_save(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    catalog.retire_product(work, a_pan())
    catalog.retire_product(work, a_pan())
    assert not catalog.products(work)
    assert not catalog.offers(work, ["PAN-S"], currency="SEK", locale="en", at=work.now())
    assert [name for name, _ in facts(work)].count("product.retired") == 1
    catalog.save_product(work, None, a_pan())
    assert catalog.products(work) == {"pan": a_pan()}


def test_a_department_stays_while_products_are_in_it(work: Work) -> None:
    catalog.save_product(work, None, a_pan())
    with pytest.raises(InvalidInput, match="not right"):
        catalog.retire_department(work, KITCHEN)
    catalog.retire_product(work, a_pan())
    catalog.retire_department(work, KITCHEN)
    assert not catalog.departments(work)
    catalog.save_department(work, None, KITCHEN)
    assert catalog.departments(work) == {"kitchen": KITCHEN}


def test_a_thing_is_on_offer_from_and_until(work: Work, clock: FixedClock) -> None:
    now = work.now()
    soon = a_pan(
        sold_from=(now + timedelta(days=1)).isoformat(),
        sold_until=(now + timedelta(days=3)).isoformat(),
    )
    catalog.save_product(work, None, soon)
    seen = []
    for _ in range(4):
        found = catalog.offers(work, ["PAN-S"], currency="SEK", locale="en", at=work.now())
        seen.append("PAN-S" in found)
        clock.move(timedelta(days=1))
    assert seen == [False, True, True, False]
    assert catalog.products(work) == {"pan": soon}


@pytest.mark.parametrize(
    "at",
    [
        "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+12:00",
        "0001-01-01T00:00:00Z", "9001-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_an_instant_at_either_end_of_the_calendar_is_refused_with_its_field(at: str) -> None:
    said = a_pan().written()
    said |= {"sold_from": at, "sold_until": at}
    said["variants"][0] |= {
        "scheduled_prices": [{"prices": {"SEK": 100}, "starts_at": at}],
        "offers": [{"prices": {"SEK": 100}, "ends_at": at}],
    }
    with pytest.raises(InvalidInput) as refused:
        document(Product, said)
    assert {one.pointer for one in refused.value.problems} == {
        "/sold_from", "/sold_until", "/variants/0/scheduled_prices/0/starts_at",
        "/variants/0/offers/0/ends_at",
    }  # fmt: skip


def test_goods_that_came_without_documents_are_read_and_saved_as_they_are(
    database: Database,
) -> None:
    with database.work() as work:
        company: Company = a_company(work)
        version = catalog.version(work)
        there = catalog.products(work)
        assert {"kettle", "skillet", "repair", "installation"} == set(there)
        for product in there.values():
            catalog.save_product(work, product, product)
        assert catalog.version(work) == version
        a_paid_order(work, company.shop, (KETTLE, 1))
        renamed = document(Product, there["kettle"].written() | {"names": {"en": "Big kettle"}})
        catalog.save_product(work, there["kettle"], renamed)
        assert catalog.products(work)["kettle"] == renamed


def test_search_finds_by_stems_by_parts_of_words_and_by_numbers(work: Work) -> None:
    catalog.save_product(work, None, a_pan(names={"en": "Cast iron pans", "sv": "Gjutjärnspanna"}))
    catalog.save_product(work, None, a_pan(
        slug="bowl", names={"en": "Fire bowl", "sv": "Eldskål"}, summaries={}, options=[],
        variants=[{"sku": "BOWL-1", "gtin": OTHER_GTIN}],
    ))  # fmt: skip
    for words, found in {
        "pan": ["pan"], "gjutjärnspannor": ["pan"], "panna": ["pan"], "gjutjarn": ["pan"],
        "bowls": ["bowl"], "eldskal": ["bowl"], "bowl-1": ["bowl"], OTHER_GTIN: ["bowl"],
        "stor": ["pan"], "iron bowl": [], "100%": [], "'; DROP": [], "": [], "   ": [],
    }.items():  # fmt: skip
        slugs = [
            work.value("SELECT slug FROM product WHERE id = %(id)s", id=id)
            for id in catalog.search(work, words, locale="sv")
        ]
        assert slugs == found, words
