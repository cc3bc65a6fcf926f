"""Tax by country: what was sold and refunded in a period, to the cent what the books say."""

from __future__ import annotations

import contextlib
import random
from datetime import date, datetime, timedelta

import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order, an_order
from tests.tax.setting import BERLIN, OSLO, classify, settle_tax

from mainstem import invariants, ledger, orders, payments, tax, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, Refused
from mainstem.kit.work import Work
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


# ---------------------------------------------------------------- days that are kept


def keep(database: Database, *, times: int = 3) -> None:
    """A day is named, seen and added up in three transactions."""
    for _ in range(times):
        with database.work() as work:
            tax.keep_days(work)


def kept(work: Work) -> int:
    return int(work.value("SELECT count(*) FROM tax_day WHERE sums IS NOT NULL"))


def from_orders(work: Work, since: date, until: date) -> list[TaxRow]:
    """The report as the orders alone tell it."""
    work.run("DELETE FROM tax_day")
    found = tax.report(work, since, until)
    work.session.rollback()
    return found


def contradictions(work: Work) -> list[str]:
    return [found.example for found in invariants.check(work) if found.wrong]


def pay_at(work: Work, placed: Placed, at: datetime) -> None:
    """Pay an order at an instant of which we are told only now."""
    paid = (placed.home_id, placed.order_id, placed.total_minor, placed.currency, at, "late")
    orders.mark_paid(work, payments.record_external(work, [paid]))


def test_a_day_that_is_over_is_added_up_once_and_today_is_told_by_its_orders(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        first = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
    keep(database)
    with database.work() as work:
        assert kept(work) == 0, "today is not over"
    clock.move(timedelta(days=1))
    refund(database, first, 80000, (2, 80000))
    keep(database)
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1), address=BERLIN)
        assert kept(work) == 1
        both = tax.report(work, MARCH, APRIL)
        assert both == [
            TaxRow("DE", 1900, "destination", "SEK", 105042, 19958, 0, 0),
            TaxRow("SE", 1200, "domestic", "SEK", 71429, 8571, 71429, 8571),
            TaxRow("SE", 2500, "domestic", "SEK", 100000, 25000, 0, 0),
        ]
    with database.work() as work:
        assert from_orders(work, MARCH, APRIL) == both
        assert contradictions(work) == []


def test_a_kept_day_is_read_and_not_added_up_anew(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
    clock.move(timedelta(days=1))
    keep(database)
    with database.work() as work:
        row = work.row("SELECT begins, ends FROM tax_day WHERE sums IS NOT NULL")
        assert row is not None
        assert (row.begins.astimezone(work.tools.zone).hour, row.ends - row.begins) == (
            0,
            timedelta(days=1),
        )
        work.run("""UPDATE tax_day SET sums = jsonb_set(sums, '{0,net_minor}', '7')""")
        [found] = tax.report(work, MARCH, APRIL)
        assert found.net_minor == 7
        assert len(contradictions(work)) == 1, "and the check finds what is not so"
        work.session.rollback()


def test_a_payment_that_is_told_of_days_later_opens_its_day_again(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
        late = an_order(work, company.shop, (KETTLE, 2))
        paid_at = work.now()
    clock.move(timedelta(days=3))
    keep(database)
    with database.work() as work:
        assert kept(work) == 3
        pay_at(work, late, paid_at)
        assert kept(work) == 2
        [row] = tax.report(work, MARCH, APRIL)
        assert row.net_minor == 300000
    keep(database)
    with database.work() as work:
        assert kept(work) == 3
        assert tax.report(work, MARCH, APRIL) == [row]
        assert contradictions(work) == []


def test_a_refund_that_the_bank_gives_back_opens_its_day_again(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
    refund(database, placed, 80000, (2, 80000))
    clock.move(timedelta(days=1))
    keep(database)
    with database.work() as work:
        assert tax.report(work, MARCH, APRIL)[0].refunded_tax_minor == 8571
        assert kept(work) == 1
        work.run("UPDATE refund SET state = 'failed'")
        assert kept(work) == 0
        assert tax.report(work, MARCH, APRIL)[0].refunded_tax_minor == 0


def test_refunds_of_one_line_on_several_days_are_its_tax_together(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Each rounds by what went before it: 8,571 in thirds of 2,857 however the days fall."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (SKILLET, 1))
    taxes = []
    for minor in (26667, 26667, 26666):
        clock.move(timedelta(days=1))
        refund(database, placed, minor, (1, minor))
        with database.work() as work:
            day = work.now().date()
            [row] = tax.report(work, day, day + timedelta(days=1))
            taxes.append(row.refunded_tax_minor)
    clock.move(timedelta(days=1))
    keep(database)
    with database.work() as work:
        [row] = tax.report(work, MARCH, APRIL)
        assert (row.refunded_net_minor, row.refunded_tax_minor) == (71429, 8571)
        assert sum(taxes) == 8571
        assert kept(work) == 4
        assert contradictions(work) == []


def test_whoever_pays_while_a_day_is_added_up_is_in_it(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Their transaction began before the day was named, and ends after it was seen."""
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
        late = an_order(work, company.shop, (KETTLE, 1))
        paid_at = work.now()
    clock.move(timedelta(days=1))
    with database.work() as slow:
        pay_at(slow, late, paid_at)
        keep(database, times=4)
        with database.work() as work:
            assert kept(work) == 0, "somebody still runs who has not seen the day"
    keep(database)
    with database.work() as work:
        assert kept(work) == 1
        [row] = tax.report(work, MARCH, APRIL)
        assert row.net_minor == 200000
        assert contradictions(work) == []


def test_another_rate_of_delivery_opens_all_days_again(
    database: Database, clock: FixedClock
) -> None:
    """A company that has set no tax says there what its delivery carries."""
    with database.work() as work:
        company = a_company(work)
        work.run("UPDATE shipping_rate SET free_from_minor = 1000000000")
        work.run("UPDATE catalogue_version SET version = version + 1")
        a_paid_order(work, company.shop, (KETTLE, 1))
    clock.move(timedelta(days=1))
    keep(database)
    with database.work() as work:
        assert kept(work) == 1
        work.run("UPDATE shipping_rate SET tax_bp = tax_bp")
        assert kept(work) == 1
        work.run("UPDATE shipping_rate SET tax_bp = 1200")
        assert kept(work) == 0
        assert [row.bp for row in tax.report(work, MARCH, APRIL)] == [1200, 2500]
        work.session.rollback()


def test_the_hour_adds_up_the_days_that_are_over(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
    clock.move(timedelta(days=1))
    for _ in range(4):
        worker.tick(database)
        worker.drain(database)
        clock.move(timedelta(hours=1))
    with database.work() as work:
        assert kept(work) == 1


@pytest.mark.parametrize("rounding", ["line", "sum_by_net", "sum_by_net_keep_gross"])
def test_whatever_happens_the_days_add_up_to_what_the_orders_say(
    database: Database, company: Company, clock: FixedClock, rounding: str
) -> None:
    chance = random.Random(f"tax {rounding}")
    with database.work() as work:
        settle_tax(work, rounding=rounding)
        work.run("UPDATE shipping_rate SET free_from_minor = 1000000000")
        work.run("UPDATE catalogue_version SET version = version + 1")
        worker.drain(database)
    sold: list[Placed] = []
    for _ in range(40):
        step = chance.choice(["sell", "sell", "abroad", "refund", "rest", "keep", "fail", "cancel"])
        if step in ("sell", "abroad"):
            with database.work() as work:
                lines = [(KETTLE, chance.randint(1, 3)), (SKILLET, chance.randint(1, 3))]
                to = {"address": chance.choice([BERLIN, OSLO])} if step == "abroad" else {}
                sold.append(a_paid_order(work, company.shop, *lines, **to))
        elif step in ("refund", "rest") and sold:
            give_back(database, chance.choice(sold), chance, named=step == "refund")
        elif step == "cancel" and sold:
            one = chance.choice(sold)
            with contextlib.suppress(Refused), database.work() as work:
                orders.cancel(work, one.home_id, one.order_id, reason="changed_mind")
            worker.drain(database)
        elif step == "fail":
            with database.work() as work:
                work.run(
                    """UPDATE refund SET state = 'failed', booked = false WHERE id = (
                         SELECT id FROM refund WHERE state = 'succeeded' ORDER BY id LIMIT 1)"""
                )
        else:
            clock.move(timedelta(hours=chance.randint(1, 60)))
            keep(database, times=chance.randint(1, 3))
        since = MARCH + timedelta(days=chance.randint(0, 10))
        until = since + timedelta(days=chance.randint(1, 60))
        with database.work() as work:
            told = tax.report(work, since, until)
            assert told == from_orders(work, since, until)
    clock.move(timedelta(days=2))
    keep(database)
    with database.work() as work:
        assert kept(work) > 3
        assert not work.rows(tax.DAYS_DIFFER)
        whole = tax.report(work, MARCH, date(2026, 7, 1))
        assert sum(row.net_minor + row.tax_minor for row in whole) == work.value(
            "SELECT sum(total_minor) FROM orders WHERE paid_at IS NOT NULL"
        )
        assert sum(row.refunded_net_minor + row.refunded_tax_minor for row in whole) == work.value(
            "SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE state = 'succeeded'"
        )


def give_back(database: Database, one: Placed, chance: random.Random, *, named: bool) -> None:
    with database.work() as work:
        left = payments.left_to_refund(work, one.home_id, one.order_id)
    line, rest = chance.choice(sorted(left.lines.items()))
    most = rest if named else sum(one.minor for one in left.payments)
    if most <= 0:
        return
    minor = chance.randint(1, most)
    refund(database, one, minor, *([(line, minor)] if named else []))
