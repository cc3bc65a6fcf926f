"""The threshold of sales to other countries: whose tax counts, also when two would pass it at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.company import HOME, KETTLE, Company, a_company, an_order
from tests.orders.wanting import wanted
from tests.tax.setting import BERLIN, GERMAN_NUMBER, classify, settle_tax

from mainstem import orders, tax
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.orders import Placed

ONE_NET = 100_00
"""What a kettle counts, in euro cents without tax: 1,250 kronor with a quarter in it, at ten a euro."""


@pytest.fixture
def company(database: Database) -> Company:
    """Nothing is sold abroad yet, and the threshold decides."""
    with database.work() as work:
        made = a_company(work, stock=1000)
        settle_tax(work, oss="threshold", sells_to_businesses=True)
        classify(work, KETTLE, "standard")
        return made


def counted(work: Work, year: int = 2026) -> int:
    return int(
        work.value("SELECT counted_minor FROM cross_border_sales WHERE year = %(y)s", y=year) or 0
    )


def reason(work: Work, placed: Placed) -> str:
    return str(
        work.value("SELECT tax_reason FROM order_line WHERE order_id = %(id)s", id=placed.order_id)
    )


def sell(work: Work, company: Company, pieces: int, **changes: Any) -> Placed:
    return an_order(work, company.shop, (KETTLE, pieces), **({"address": BERLIN} | changes))


def test_the_sale_that_passes_the_threshold_is_already_at_destination(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        below = sell(work, company, 99)
        assert (reason(work, below), counted(work)) == ("home_below_threshold", 99 * ONE_NET)
        exactly = sell(work, company, 1)
        assert (reason(work, exactly), counted(work)) == ("home_below_threshold", 1_000_000)
        crossing = sell(work, company, 1)
        assert reason(work, crossing) == "over_threshold"
        # At 19 % there is more without tax in the same price.
        assert counted(work) == 1_000_000 + 105_04
        assert reason(work, sell(work, company, 1)) == "over_threshold"


def test_the_next_year_begins_over_it_and_the_one_after_anew(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        sell(work, company, 101)
    clock.set(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))  # 2027 in Stockholm
    with database.work() as work:
        assert reason(work, sell(work, company, 1)) == "over_threshold"
        assert counted(work, 2027) == 105_04
    clock.set(datetime(2028, 1, 2, tzinfo=UTC))
    with database.work() as work:
        assert reason(work, sell(work, company, 1)) == "home_below_threshold"


def test_only_consumers_in_other_countries_count(database: Database, company: Company) -> None:
    with database.work() as work:
        tax.record_check_by_hand(work, GERMAN_NUMBER, is_valid=True)
        sell(work, company, 1, address=HOME)
        sell(work, company, 1, vat_number=GERMAN_NUMBER)
        sell(work, company, 1, channel="import", placed_at=work.now() - timedelta(days=1))
        assert counted(work) == 0


def test_an_order_that_is_never_paid_counts_no_more(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        sell(work, company, 2)
        freed = sell(work, company, 3)
        canceled = sell(work, company, 4)
        assert counted(work) == 9 * ONE_NET
        orders.free(work, freed.home_id, freed.order_id)
        orders.cancel(work, canceled.home_id, canceled.order_id, reason="regret")
        assert counted(work) == 2 * ONE_NET
    clock.move(timedelta(hours=1))
    with database.work() as work:
        assert orders.expire_unpaid(work) == 1
        assert counted(work) == 0


def test_an_order_that_is_refused_counts_nothing(database: Database, company: Company) -> None:
    with database.work() as work:
        with pytest.raises(Refused):
            sell(work, company, 3000)
        assert counted(work) == 0


def test_a_currency_without_a_euro_rate_is_refused_only_abroad(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work, oss="threshold", euro_rates=[])
        sell(work, company, 1, address=HOME)
        with pytest.raises(Refused) as no:
            sell(work, company, 1)
        assert [one.code for one in no.value.problems] == ["no_euro_rate"]


def test_a_batch_passes_it_in_the_order_of_its_arrival(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        asked = [wanted(company.shop, (KETTLE, 60), address=BERLIN) for _ in range(3)]
        placed = orders.place(work, asked)
        assert all(isinstance(one, Placed) for one in placed)
        assert [reason(work, one) for one in placed if isinstance(one, Placed)] == [
            "home_below_threshold",
            "over_threshold",
            "over_threshold",
        ]


def test_of_two_that_would_pass_it_at_once_the_second_knows_of_the_first(
    database: Database, company: Company
) -> None:
    """Eight at once of twenty kettles each: five fit below, whoever comes first."""
    begin, found = threading.Barrier(8), []

    def one() -> None:
        begin.wait()
        with database.work() as work:
            [placed] = orders.place(work, [wanted(company.shop, (KETTLE, 20), address=BERLIN)])
            assert isinstance(placed, Placed)
            found.append(reason(work, placed))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["home_below_threshold"] * 5 + ["over_threshold"] * 3
    with database.work() as work:
        kept = work.value("SELECT sum(threshold_minor)::bigint FROM orders")
        assert counted(work) == kept == 5 * 20 * ONE_NET + 3 * 2_100_84


def test_nobody_waits_where_the_threshold_decides_nothing(
    database: Database, company: Company
) -> None:
    """A sale at home is placed while another holds the year."""
    with database.work() as work:
        tax.take_counted(work, {2026})
        done = threading.Event()

        def at_home() -> None:
            with database.work() as other:
                sell(other, company, 1, address=HOME)
            done.set()

        thread = threading.Thread(target=at_home)
        thread.start()
        assert done.wait(20)
        thread.join()
