"""What all sales to one client pay a level at most: from the delivery to the books."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.audited import everything_holds
from tests.company import BO, KETTLE, SKILLET, Company, a_company, a_paid_order
from tests.earnings.test_line_caps import bank_takes
from tests.earnings.test_margin import ENGLISH, told
from tests.earnings.test_rules_of_a_plan import a_rule, earned, publish, sell
from tests.earnings.test_settling import deliver, refund
from tests.lab.test_history import ZONE

from mainstem import earnings, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.lab import Facts, NotKnown, export
from mainstem.orders import Placed
from mainstem.plan import book, of_client


@pytest.fixture
def company(database: Database) -> Iterator[Company]:
    """Kettles are 1,000.00 without tax and skillets 640.00."""
    with database.work() as work:
        made = a_company(work)
    yield made
    # The audit brings a client's other orders in.
    everything_holds(database, one_by_one=True)


def planned(database: Database, *rates: int, most: int = 150_00) -> None:
    with database.work() as work:
        publish(work, a_rule("all", *rates, at_most_client_minor={"SEK": most}))


def goes_back(database: Database, placed: Placed, minor: int, *lines: tuple[int, int]) -> None:
    with database.work() as work:
        refund(work, placed, minor, *lines)
    worker.drain(database)


def of(database: Database, *orders: Placed) -> list[int]:
    """What Cedar has of each of these orders."""
    return [earned(database, placed).get(("all", "cedar"), 0) for placed in orders]


SALES = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 1000)).map(lambda one: (max(one), min(one))),
    max_size=6,
)


@given(SALES, st.integers(1, 1500))
def test_all_sales_to_a_client_leave_what_they_would_or_the_most(
    sales: list[tuple[int, int]], most: int
) -> None:
    each = of_client((most, stands) for _, stands in sales)
    stand = [one.left_of(stands) for one, (_, stands) in zip(each, sales, strict=True)]
    assert sum(stand) == min(most, sum(stands for _, stands in sales))
    for one, (credited, stands) in zip(each, sales, strict=True):
        assert 0 <= one.left_of(stands) <= one.left_of(credited) <= credited


def test_later_orders_of_a_client_pay_what_the_older_ones_leave_and_other_clients_pay_anew(
    database: Database, company: Company
) -> None:
    planned(database, 1000, 300)
    first = sell(database, company, (KETTLE, 1))
    second = sell(database, company, (SKILLET, 1))
    third = sell(database, company, (KETTLE, 1))
    assert of(database, first, second, third) == [100_00, 50_00, 0]
    assert earned(database, third) == {("all", "birch"): 30_00}
    assert of(database, sell(database, company, (KETTLE, 2), client=BO)) == [150_00]


def test_what_goes_back_of_an_older_order_leaves_its_place_to_later_ones(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    first = sell(database, company, (KETTLE, 1))
    second = sell(database, company, (SKILLET, 1))
    third = sell(database, company, (KETTLE, 1))
    goes_back(database, first, 62_500, (1, 62_500))
    assert of(database, first, second, third) == [50_00, 64_00, 36_00]
    goes_back(database, first, 62_500, (1, 62_500))
    assert of(database, first, second, third) == [0, 64_00, 86_00]
    goes_back(database, second, 80_000, (1, 80_000))
    assert of(database, first, second, third) == [0, 0, 100_00]
    with database.work() as work:
        keys = [(one.home_id, one.order_id) for one in (first, second, third)]
        assert earnings.settle(work, keys * 2) == 0


def test_an_older_order_that_comes_late_takes_its_place_back(
    database: Database, company: Company, clock: FixedClock
) -> None:
    planned(database, 1000)
    with database.work() as work:
        late = a_paid_order(work, company.shop, (KETTLE, 1))
    clock.move(timedelta(hours=1))
    second = sell(database, company, (KETTLE, 1))
    assert of(database, late, second) == [0, 100_00]
    with database.work() as work:
        deliver(work, late, (1, 1))
    worker.drain(database)
    assert of(database, late, second) == [100_00, 50_00]


def test_an_older_order_that_leaves_a_newer_one_nothing_says_why_what_stood_is_taken_back(
    database: Database, company: Company, clock: FixedClock
) -> None:
    planned(database, 1000, most=100_00)
    with database.work() as work:
        late = a_paid_order(work, company.shop, (KETTLE, 1))
    clock.move(timedelta(hours=1))
    second = sell(database, company, (KETTLE, 1))
    goes_back(database, second, 62_500, (1, 62_500))
    with database.work() as work:
        deliver(work, late, (1, 1))
    worker.drain(database)
    assert of(database, late, second) == [100_00, 0]
    *_, restored, taken = told(database, second)
    assert "older ones leave SEK 100.00: of your SEK 0.00, that takes SEK 0.00" in restored
    assert (
        "10 % of that is the share of this level. No level gets more than SEK 100.00 of all sales to one"
        " client; older ones leave SEK 100.00 standing. Made whole together with the other shares, that is"
        " SEK 0.00. SEK 100.00 of it stood here before." in taken
    )
    goes_back(database, late, 125_000, (1, 125_000))
    assert of(database, late, second) == [0, 50_00]


def test_a_dispute_leaves_its_place_and_takes_it_back_when_it_is_won(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    first, second = sell(database, company, (KETTLE, 1)), sell(database, company, (KETTLE, 1))
    for taken, stands in ((125_000, [0, 100_00]), (0, [100_00, 50_00])):
        with database.work() as work:
            bank_takes(work, first, taken)
        worker.drain(database)
        assert of(database, first, second) == stands


def test_orders_of_a_client_that_arrive_beside_each_other_come_to_the_same(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    with database.work() as work:
        placed = [a_paid_order(work, company.shop, (KETTLE, 1)) for _ in range(4)]
        for one in placed:
            deliver(work, one, (1, 1))

    def settle(one: Placed) -> int:
        with database.work() as work:
            return earnings.settle(work, [(one.home_id, one.order_id)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(settle, placed))
    worker.drain(database)
    assert sorted(of(database, *placed), reverse=True) == [100_00, 50_00, 0, 0]


def test_it_is_told_what_older_sales_leave_and_what_would_have_been_paid_without(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    sell(database, company, (KETTLE, 1))
    second = sell(database, company, (KETTLE, 1))
    said = " ".join(told(database, second))
    assert (
        "No level gets more than SEK 150.00 of all sales to one client; older ones leave SEK 100.00"
        in said
    )
    third = sell(database, company, (KETTLE, 1))
    with database.work() as work:
        why = earnings.why_order_unpaid(work, company.cedar, third.number)
    assert why.reason.code == "client_used_up"
    goes_back(database, second, 125_000, (1, 125_000))
    said = " ".join(told(database, second))
    assert "of your SEK 50.00, SEK 50.00 goes back in all" in said
    with database.work() as work:
        more = earnings.why_not_more(work, second.home_id, second.order_id, company.cedar, ENGLISH)
    assert more[0].endswith("without it your share would have been SEK\xa050.00 higher.")


def test_a_backtest_says_that_it_works_each_sale_out_by_itself(
    database: Database, company: Company, tmp_path: Path
) -> None:
    planned(database, 1000)
    sell(database, company, (KETTLE, 1))
    export(database, tmp_path / "facts", zone=ZONE)
    with database.work() as work:
        plan = book.in_force(work, work.now()).sale
    with pytest.raises(NotKnown, match="all limits what all sales to one client pay"):
        Facts.at(tmp_path / "facts").refuse_unknown(plan)
