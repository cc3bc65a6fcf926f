"""Tax by country: what was sold and refunded in a period, to the cent what the books say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order
from tests.tax.setting import BERLIN, OSLO, classify, settle_tax

from mainstem import ledger, payments, tax, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.orders import Placed
from mainstem.tax import TaxRow

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        made = a_company(work)
        settle_tax(work)
        classify(work, KETTLE, "standard")
        classify(work, SKILLET, "food")
        return made


def refund(database: Database, placed: Placed, minor: int, *lines: tuple[int, int]) -> None:
    with database.work() as work:
        payments.request_refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=minor,
            reason="goodwill",
            lines=lines,
        )
    worker.drain(database)


def test_each_country_and_rate_has_a_row(database: Database, company: Company) -> None:
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
        a_paid_order(work, company.shop, (KETTLE, 1), address=BERLIN)
        a_paid_order(work, company.shop, (KETTLE, 1), address=OSLO)
        assert tax.report(work, MARCH, APRIL) == [
            TaxRow("DE", 1900, "destination", "SEK", 105042, 19958, 0, 0),
            TaxRow("NO", 0, "export", "SEK", 100000, 0, 0, 0),
            TaxRow("SE", 1200, "domestic", "SEK", 71429, 8571, 0, 0),
            TaxRow("SE", 2500, "domestic", "SEK", 100000, 25000, 0, 0),
        ]


def test_a_refund_counts_on_its_own_day_at_its_lines_own_rate(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
    clock.move(timedelta(days=31))
    refund(database, placed, 80000, (2, 80000))
    with database.work() as work:
        [food, _] = tax.report(work, MARCH, APRIL)
        assert (food.refunded_net_minor, food.refunded_tax_minor) == (0, 0)
        [food] = tax.report(work, APRIL, date(2026, 5, 1))
        assert food == TaxRow("SE", 1200, "domestic", "SEK", 0, 0, 71429, 8571)
        assert (food.net_left_minor, food.tax_left_minor) == (-71429, -8571)


@pytest.mark.parametrize("rounding", ["line", "sum_by_net", "sum_by_net_keep_gross"])
@pytest.mark.parametrize("delivery_tax", ["shared_by_value", "rate"])
def test_a_whole_refund_leaves_nothing_in_report_or_books(
    database: Database, company: Company, rounding: str, delivery_tax: str
) -> None:
    """Piece by piece, delivery included, and the rest without a name."""
    with database.work() as work:
        settle_tax(work, rounding=rounding, delivery_tax=delivery_tax)
        work.run("UPDATE shipping_rate SET free_from_minor = 1000000000")
        work.run("UPDATE catalogue_version SET version = version + 1")
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
        sold = tax.report(work, MARCH, APRIL)
        assert sum(row.net_minor + row.tax_minor for row in sold) == placed.total_minor
        assert sum(row.tax_minor for row in sold) == placed.totals.tax_minor
        assert placed.totals.shipping_minor > 0
        books = {key[1]: minor for key, minor in ledger.balances(work, [0]).items()}
        assert books["tax"] == placed.totals.tax_minor
    refund(database, placed, 33333, (1, 33333))
    refund(database, placed, placed.totals.shipping_minor, (0, placed.totals.shipping_minor))
    refund(database, placed, placed.totals.items_minor - 33333)
    with database.work() as work:
        left = tax.report(work, MARCH, APRIL)
        back = sum(row.refunded_net_minor + row.refunded_tax_minor for row in left)
        assert back == placed.total_minor


def test_what_was_sold_before_the_company_set_its_tax_is_there_without_a_country(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work)
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        [row] = tax.report(work, MARCH, APRIL)
        assert row == TaxRow("", 2500, "domestic", "SEK", 100000, 25000, 0, 0)
        assert row.net_minor + row.tax_minor == placed.total_minor


def test_a_day_is_the_companys(database: Database, company: Company, clock: FixedClock) -> None:
    clock.set(clock.now().replace(month=3, day=31, hour=22, minute=30))  # April in Stockholm
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
        assert tax.report(work, MARCH, APRIL) == []
        assert len(tax.report(work, APRIL, date(2026, 5, 1))) == 1


@pytest.mark.parametrize(
    ("since", "until"), [(APRIL, MARCH), (MARCH, MARCH), (MARCH, date(2027, 3, 3))]
)
def test_a_period_is_at_least_a_day_and_at_most_a_year(
    database: Database, since: date, until: date
) -> None:
    with database.work() as work, pytest.raises(InvalidInput):
        tax.report(work, since, until)
