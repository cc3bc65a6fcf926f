"""List prices that are set in advance, and begin by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from tests.catalogue.test_saving import KITCHEN, a_pan
from tests.company import KETTLE, Company, a_company, a_paid_order, an_order

from mainstem import catalog
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput
from mainstem.kit.work import Work

NEW_YEAR = datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Stockholm"))


def with_kettle(work: Work, **changes: Any) -> catalog.Product:
    """The kettle as a document, its one variant changed so."""
    before = catalog.products(work)["kettle"]
    said = before.written()
    said["variants"][0] |= changes
    return document(catalog.Product, said)


def schedule(work: Work, *prices: tuple[datetime, int]) -> None:
    before = catalog.products(work)["kettle"]
    scheduled = [{"prices": {"SEK": minor}, "starts_at": at.isoformat()} for at, minor in prices]
    catalog.save_product(work, before, with_kettle(work, scheduled_prices=scheduled))


def asked(work: Work) -> int | None:
    return catalog.offers(work, [KETTLE], currency="SEK", locale="en", at=work.now())[
        KETTLE
    ].unit_minor


@pytest.fixture
def company(database: Database, clock: FixedClock) -> Company:
    clock.set(datetime(2026, 12, 10, 12, tzinfo=ZoneInfo("Europe/Stockholm")))
    with database.work() as work:
        made = a_company(work)
        work.run("UPDATE variant SET position = 0")
        return made


def test_a_price_set_in_december_for_new_year_is_charged_from_midnight(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        schedule(work, (NEW_YEAR, 139000))
        [scheduled] = catalog.products(work)["kettle"].variants[0].scheduled_prices
        assert (scheduled.prices, scheduled.starts_at) == ({"SEK": 139000}, NEW_YEAR)
        assert catalog.products(work)["kettle"].variants[0].prices["SEK"] == 125000
        assert asked(work) == 125000
    clock.set(NEW_YEAR - timedelta(microseconds=1))
    with database.work() as work:
        assert an_order(work, company.shop, (KETTLE, 1)).totals.items_minor == 125000
    clock.set(NEW_YEAR)
    with database.work() as work:
        assert a_paid_order(work, company.shop, (KETTLE, 1)).totals.items_minor == 139000
        kettle = catalog.products(work)["kettle"].variants[0]
        assert (kettle.prices["SEK"], kettle.scheduled_prices) == (139000, ())


def test_a_price_with_an_end_is_one_price_until_the_next(
    database: Database, company: Company, clock: FixedClock
) -> None:
    february = NEW_YEAR + timedelta(days=31)
    with database.work() as work:
        schedule(work, (NEW_YEAR, 139000), (february, 129000))
    for at, minor in (
        (NEW_YEAR, 139000),
        (february - timedelta(seconds=1), 139000),
        (february, 129000),
    ):
        clock.set(at)
        with database.work() as work:
            assert asked(work) == minor


def test_what_is_scheduled_can_be_changed_and_taken_back_until_it_begins(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        schedule(work, (NEW_YEAR, 139000))
        schedule(work, (NEW_YEAR, 149000))
        assert (
            work.value("SELECT count(*) FROM price WHERE valid_from > %(now)s", now=work.now()) == 1
        )
        before = work.value("SELECT version FROM catalogue_version")
        schedule(work, (NEW_YEAR, 149000))
        assert work.value("SELECT version FROM catalogue_version") == before, "it says so already"
        schedule(work)
        assert (
            work.value("SELECT count(*) FROM price WHERE valid_from > %(now)s", now=work.now()) == 0
        )
        schedule(work, (NEW_YEAR, 139000))
    clock.set(NEW_YEAR + timedelta(days=1))
    with database.work() as work:
        begun = with_kettle(work, prices={"SEK": 139000})
        catalog.save_product(work, catalog.products(work)["kettle"], begun)
        assert asked(work) == 139000, "what has begun is history"


def test_a_document_from_before_the_day_sets_nothing_back(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """The folder of December is applied again in January."""
    with database.work() as work:
        schedule(work, (NEW_YEAR, 139000))
        december = catalog.products(work)["kettle"]
    clock.set(NEW_YEAR + timedelta(days=3))
    with database.work() as work:
        catalog.save_product(work, catalog.products(work)["kettle"], december)
        assert asked(work) == 139000


@pytest.mark.parametrize(
    ("scheduled", "code"),
    [
        ([{"prices": {"SEK": 1}, "starts_at": "2031-01-01T00:00:00Z"}], "out_of_range"),
        ([{"prices": {}, "starts_at": "2027-01-01T00:00:00Z"}], "missing"),
        ([{"prices": {"SEK": 100}, "starts_at": "2027-01-01T00:00:00Z"},
          {"prices": {"SEK": 200}, "starts_at": "2027-01-01T01:00:00+01:00"}], "duplicate"),
    ],
)  # fmt: skip
def test_what_cannot_begin_is_refused(
    database: Database, company: Company, scheduled: list[Any], code: str
) -> None:
    with database.work() as work, pytest.raises(InvalidInput) as refused:
        before = catalog.products(work)["kettle"]
        catalog.save_product(work, before, with_kettle(work, scheduled_prices=scheduled))
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_new_article_can_have_its_first_price_from_a_day_on(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        catalog.save_department(work, None, KITCHEN)
        said = a_pan().written()
        for variant in said["variants"]:
            variant |= {
                "prices": {},
                "scheduled_prices": [{"prices": {"SEK": 49900}, "starts_at": NEW_YEAR.isoformat()}],
            }
        catalog.save_product(work, None, document(catalog.Product, said))
        offers = catalog.offers(work, ["PAN-S"], currency="SEK", locale="en", at=work.now())
        assert offers["PAN-S"].unit_minor is None
        offers = catalog.offers(work, ["PAN-S"], currency="SEK", locale="en", at=NEW_YEAR)
        assert offers["PAN-S"].unit_minor == 49900


def test_what_was_ordered_at_a_price_keeps_its_price_in_history(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        schedule(work, (NEW_YEAR, 139000))
    clock.set(NEW_YEAR)
    with database.work() as work:
        an_order(work, company.shop, (KETTLE, 1))
    with database.work() as work, pytest.raises(psycopg.errors.InsufficientPrivilege):
        work.run("DELETE FROM price WHERE amount_minor = 139000")
