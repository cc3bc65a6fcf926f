"""Zones as a company sets them, and orders that are delivered by them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.company import HOME, KETTLE, REPAIR, Company, a_company, a_paid_order, an_order

from mainstem import catalog, delivery, tax
from mainstem.delivery import DeliveryZone
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput, Refused
from mainstem.kit.work import Work
from mainstem.orders import Address, Placed
from mainstem.tax import TaxSettings

PARCEL = {
    "code": "parcel", "names": {"en": "Parcel", "sv": "Paket"}, "carrier": "PostNord",
    "bands": [{"up_to": 2000, "price": {"SEK": 5900}}, {"price": {"SEK": 9900}}],
    "free_from": {"SEK": 500000}, "cut_off": "14:00", "handling_days": 1,
    "days_min": 1, "days_max": 2,
}  # fmt: skip
EXPRESS = PARCEL | {
    "code": "express", "names": {"en": "Express"}, "bands": [{"price": {"SEK": 14900}}],
    "free_from": {}, "days_max": 1,
}  # fmt: skip
OSLO = Address(line1="Karl Johans gate 1", postal_code="0154", city="Oslo", country="NO")
VISBY = Address(line1="Adelsgatan 1", postal_code="621 57", city="Visby", country="SE")


def a_zone(**changes: Any) -> DeliveryZone:
    asked: dict[str, Any] = {
        "code": "sweden", "countries": ["SE"], "except_postal_codes": ["62"],
        "methods": [PARCEL, EXPRESS],
    }  # fmt: skip
    return document(DeliveryZone, asked | changes)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        made = a_company(work)
        delivery.save_zone(work, None, a_zone())
        return made


def test_a_zone_is_read_as_it_was_saved_changed_and_retired(database: Database) -> None:
    with database.work() as work:
        assert delivery.read_zones(work) == {}
        zone = a_zone()
        delivery.save_zone(work, None, zone)
        assert delivery.read_zones(work) == {"sweden": zone}
        version = catalog.version(work)
        delivery.save_zone(work, zone, zone)
        assert catalog.version(work) == version
        wider = a_zone(countries=["SE", "DK"])
        delivery.save_zone(work, zone, wider)
        assert delivery.read_zones(work) == {"sweden": wider}
        renamed = a_zone(code="nordic", countries=["SE", "DK"])
        delivery.save_zone(work, wider, renamed)
        assert delivery.read_zones(work) == {"nordic": renamed}
        delivery.retire_zone(work, renamed)
        delivery.retire_zone(work, renamed)
        assert delivery.read_zones(work) == {}


def test_zones_are_looked_at_in_their_order(database: Database) -> None:
    with database.work() as work:
        for code, position in (("b", 1), ("a", 2), ("c", 0)):
            delivery.save_zone(work, None, a_zone(code=code, position=position))
        assert list(delivery.read_zones(work)) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("methods", "pointers"),
    [
        ([PARCEL, PARCEL], ["/methods/1/code"]),
        ([PARCEL | {"names": {}}], ["/methods/0/names"]),
        ([PARCEL | {"days_min": 3}], ["/methods/0/days_max"]),
        ([PARCEL | {"bands": [{"price": {}}], "free_from": {}}], ["/methods/0/bands/0/price"]),
        (
            [PARCEL | {"bands": [{"price": {"SEK": 1}}, {"up_to": 5, "price": {"SEK": 1}}]}],
            ["/methods/0/bands"],
        ),
        ([PARCEL | {"free_from": {"EUR": 1}}], ["/methods/0/free_from/EUR"]),
    ],
)
def test_every_contradiction_is_told_and_nothing_is_changed(
    database: Database, methods: list[Any], pointers: list[str]
) -> None:
    with database.work() as work:
        with pytest.raises(InvalidInput) as no:
            delivery.save_zone(work, None, a_zone(methods=methods))
        assert [one.pointer for one in no.value.problems] == pointers
        assert delivery.read_zones(work) == {}


# ---------------------------------------------------------------- orders


def kept(work: Work, placed: Placed) -> Any:
    return work.row("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)


def test_the_cheapest_method_is_taken_and_kept_on_the_order(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 1))
        assert placed.totals.shipping_minor == 5900
        assert kept(work, placed).delivery == {
            "zone": "sweden", "method": "parcel", "name": "Paket", "carrier": "PostNord",
            "handling_days": 1, "days_min": 1, "days_max": 2, "cut_off": "14:00", "standard_minor": 5900,
        }  # fmt: skip


def test_a_chosen_method_is_charged_and_promised(database: Database, company: Company) -> None:
    """Paid on Monday at ten: it leaves on Tuesday, and express is there on Wednesday."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), delivery_method="express")
        assert placed.totals.shipping_minor == 14900
        assert kept(work, placed).promised_on == date(2026, 3, 4)
        usual = a_paid_order(work, company.shop, (KETTLE, 1))
        assert kept(work, usual).promised_on == date(2026, 3, 5)


def test_weight_decides_the_price_and_value_makes_it_free(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run("UPDATE variant SET weight_g = 1500 WHERE sku = %(sku)s", sku=KETTLE)
        for pieces, cost in ((1, 5900), (2, 9900), (4, 0)):
            placed = an_order(work, company.shop, (KETTLE, pieces))
            assert placed.totals.shipping_minor == cost


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"address": OSLO}, "/address/country", "country_not_served"),
        ({"address": VISBY}, "/address/postal_code", "postal_code_not_served"),
        (
            {"delivery_method": "drone"},
            "/delivery_method",
            "delivery_method_not_offered",
        ),
    ],
)
def test_what_cannot_be_delivered_is_refused_with_a_way_out(
    database: Database, company: Company, changes: dict[str, Any], pointer: str, code: str
) -> None:
    with database.work() as work, pytest.raises(Refused) as no:
        an_order(work, company.shop, (KETTLE, 1), **changes)
    assert [(one.pointer, one.code) for one in no.value.problems] == [(pointer, code)]


def test_more_than_any_method_takes_is_refused(database: Database, company: Company) -> None:
    with database.work() as work:
        small = PARCEL | {"bands": [{"up_to": 1, "price": {"SEK": 1}}], "priced_by": "pieces"}
        before = delivery.read_zones(work)["sweden"]
        delivery.save_zone(work, before, a_zone(methods=[small | {"free_from": {}}]))
        an_order(work, company.shop, (KETTLE, 1))
        with pytest.raises(Refused) as no:
            an_order(work, company.shop, (KETTLE, 2))
        assert [one.code for one in no.value.problems] == ["too_much_to_deliver"]


def test_a_service_is_delivered_nowhere_and_refused_nowhere(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (REPAIR, 1), channel="lead", address=OSLO)
        assert (placed.totals.shipping_minor, kept(work, placed).delivery) == (0, None)


def test_delivery_abroad_is_charged_without_tax_outside_the_eu(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        tax.save_settings(work, None, TaxSettings(home_country="SE"))
        delivery.save_zone(
            work, None, a_zone(code="norway", countries=["NO"], except_postal_codes=[])
        )
        placed = an_order(work, company.shop, (KETTLE, 1), address=OSLO)
        assert (placed.totals.shipping_minor, placed.totals.tax_minor) == (4720, 0)
        at_home = an_order(work, company.shop, (KETTLE, 1), address=HOME)
        assert at_home.totals.shipping_minor == 5900
