"""Store credit: spent on an order as a reduction of its price, given back with the money, and never twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import (
    ADA,
    KETTLE,
    SKILLET,
    Company,
    a_company,
    a_paid_order,
    an_order,
    pay,
)
from tests.earnings.test_rules_of_a_plan import earned
from tests.earnings.test_settling import deliver, every_check_passes, refund
from tests.rewards.friends import ADA_KEY, a_friends_order, a_programme, code_of_ada, credit_of

from mainstem import ledger, orders, rewards, store_credit, worker
from mainstem.catalog import Offer
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import Placed, line_of, price


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        a_programme(work)
        a_paid_order(work, company.shop, (KETTLE, 1))
    worker.drain(database)
    return company


def granted(database: Database, minor: int, **more: Any) -> None:
    with database.work() as work:
        rewards.give_store_credit(
            work, ADA_KEY, Money(minor, "SEK"), reason="The lid was scratched.", **more
        )


def buys(database: Database, company: Company, *lines: tuple[str, int]) -> Placed:
    with database.work() as work:
        placed = an_order(work, company.shop, *lines, use_store_credit=True)
        pay(work, placed)
    worker.drain(database)
    return placed


def an_offer(minor: int) -> Offer:
    return Offer(1, 1, "A-1", "goods", "Article", 2500, 10_000, minor, sold=True)


def balance(work: Work, account: str) -> int:
    return ledger.balance(work, ledger.PARENT, account, "SEK").minor


def test_credit_makes_an_order_cheaper_and_its_tax_and_commission_with_it(
    database: Database, company: Company
) -> None:
    granted(database, 25_000)
    placed = buys(database, company, (KETTLE, 1))
    # 1,250.00 less 250.00: 1,000.00 is paid, 200.00 of it tax; 10 % of 800.00 is earned.
    assert (placed.totals.total_minor, placed.totals.tax_minor) == (100_000, 20_000)
    assert credit_of(database) == (0, 0, 0)
    with database.work() as work:
        deliver(work, placed, (1, 1))
        assert balance(work, "store_credit") == 0
        assert balance(work, "store_credit_cost") == 0, "it made the sale smaller instead"
    worker.drain(database)
    assert earned(database, placed) == {("all", "cedar"): 8_000}
    every_check_passes(database)


def test_the_golden_250_less_100_of_reward_holds_30_of_tax() -> None:
    """A price reduction: 250.00 with 100.00 of it has 30.00 VAT at 25 %, where a gift card leaves 50.00."""
    offer = an_offer(25_000)
    for less, tax in ((10_000, 3_000), (0, 5_000)):
        found = price([line_of(offer, 1, 25_000)], None, less_minor=less)
        assert (found.totals.total_minor, found.totals.tax_minor) == (25_000 - less, tax)


@given(
    units=st.lists(st.integers(1, 10**6), min_size=1, max_size=8),
    share=st.integers(0, 10_000),
)
def test_a_reduction_is_shared_over_the_lines_to_the_cent_and_makes_none_negative(
    units: list[int], share: int
) -> None:
    less = sum(units) * share // 10_000
    found = price([line_of(an_offer(one), 1, one) for one in units], None, less_minor=less)
    assert found.totals.total_minor == sum(units) - less
    for line, before in zip(found.lines, units, strict=True):
        assert 0 <= line.tax_minor <= line.total_minor <= before
        assert abs(line.total_minor * sum(units) - before * (sum(units) - less)) <= sum(units)


def test_delivery_is_free_by_what_was_bought_and_not_by_what_was_paid(
    database: Database, company: Company
) -> None:
    granted(database, 60_000)
    placed = buys(database, company, (SKILLET, 1))
    assert placed.totals.shipping_minor == 0, "800.00 of goods come free from 500.00 on"
    assert placed.totals.total_minor == 20_000


def test_an_order_is_never_paid_with_credit_alone(database: Database, company: Company) -> None:
    granted(database, 500_000)
    placed = buys(database, company, (KETTLE, 1))
    assert placed.totals.total_minor == 300
    assert credit_of(database) == (375_300, 0, 0)


def test_each_part_goes_back_the_way_it_came_to_the_cent(
    database: Database, company: Company
) -> None:
    granted(database, 10_000)
    placed = buys(database, company, (KETTLE, 1))
    assert placed.totals.total_minor == 115_000
    seen = []
    for minor in (38_333, 38_333, 38_334):
        with database.work() as work:
            refund(work, placed, minor, (1, minor))
        worker.drain(database)
        seen.append(credit_of(database)[0])
    assert seen == [3_333, 6_667, 10_000]
    every_check_passes(database)


def test_goodwill_for_the_whole_price_brings_no_credit_back(
    database: Database, company: Company
) -> None:
    granted(database, 10_000)
    placed = buys(database, company, (KETTLE, 2))
    with database.work() as work:
        deliver(work, placed, (1, 2))
    worker.drain(database)
    seen = []
    for minor in (40_000, 200_000):
        with database.work() as work:
            orders.refund(
                work, placed.home_id, placed.order_id, amount_minor=minor, reason="Late.",
                lines=[(1, minor)], goodwill=True,
            )  # fmt: skip
        worker.drain(database)
        seen.append(credit_of(database)[0])
    assert seen == [0, 0]
    every_check_passes(database)


def test_an_order_that_nobody_pays_gives_all_of_it_back(
    database: Database, company: Company, clock: FixedClock
) -> None:
    granted(database, 10_000)
    with database.work() as work:
        an_order(work, company.shop, (KETTLE, 1), use_store_credit=True)
    assert credit_of(database) == (0, 0, 0)
    clock.move(timedelta(hours=1))
    with database.work() as work:
        orders.expire_unpaid(work)
    worker.drain(database)
    assert credit_of(database) == (10_000, 0, 0)
    every_check_passes(database)


def test_two_orders_at_once_never_spend_the_same_credit(
    database: Database, company: Company
) -> None:
    granted(database, 10_000)
    at_once = threading.Barrier(4)

    def order(_: int) -> int:
        with database.work() as work:
            at_once.wait()
            return an_order(
                work, company.shop, (KETTLE, 1), use_store_credit=True
            ).totals.total_minor

    with ThreadPoolExecutor(4) as pool:
        totals = sorted(pool.map(order, range(4)))
    assert totals == [115_000, 125_000, 125_000, 125_000]
    assert credit_of(database) == (0, 0, 0)
    every_check_passes(database)


def test_two_orders_of_one_batch_share_what_there_is(database: Database, company: Company) -> None:
    granted(database, 10_000)
    first, second = (
        buys(database, company, (KETTLE, 1)).totals.total_minor for _ in range(2)
    )  # fmt: skip
    assert (first, second) == (115_000, 125_000)


def test_what_expires_first_is_spent_first_and_what_is_left_of_it_ends(
    database: Database, company: Company, clock: FixedClock
) -> None:
    granted(database, 5_000)
    granted(database, 5_000, expires_on=date(2099, 1, 1))
    soon = clock.now().date() + timedelta(days=10)
    granted(database, 7_000, expires_on=soon)
    with database.work() as work:
        parts = store_credit.usable(work, [store_credit.Purse(ADA_KEY, "SEK")])
        spent = parts.take(ADA_KEY, "SEK", 8_000)
    assert sorted(spent.values()) == [1_000, 7_000]
    clock.move(timedelta(days=11))
    assert credit_of(database) == (10_000, 0, 0), "what is over is worth nothing at once"
    with database.work() as work:
        assert (store_credit.expire(work), store_credit.expire(work)) == (1, 0)
        assert balance(work, "store_credit") == 10_000
    every_check_passes(database)


def test_what_comes_back_after_its_day_is_good_for_thirty_days_more(
    database: Database, company: Company, clock: FixedClock
) -> None:
    granted(database, 10_000, expires_on=clock.now().date() + timedelta(days=10))
    placed = buys(database, company, (KETTLE, 1))
    clock.move(timedelta(days=40))
    with database.work() as work:
        store_credit.expire(work)
        refund(work, placed, 115_000)
    worker.drain(database)
    assert credit_of(database) == (10_000, 0, 0)
    clock.move(timedelta(days=31))
    with database.work() as work:
        assert store_credit.expire(work) == 1
    every_check_passes(database)


@pytest.mark.parametrize(
    ("spent", "owed", "after_next"),
    [("company_bears", 0, 10_000), ("is_owed", 10_000, 0)],
)
def test_a_reward_that_was_spent_and_then_taken_back_is_borne_or_owed_as_the_plan_says(
    database: Database, company: Company, clock: FixedClock, spent: str, owed: int, after_next: int
) -> None:
    with database.work() as work:
        a_programme(work, name=f"It {spent}", programme={"spent": spent})
    sent = a_friends_order(database, company, code_of_ada(database))
    clock.move(timedelta(days=33))
    used = buys(database, company, (KETTLE, 1))
    assert used.totals.total_minor == 115_000
    with database.work() as work:
        refund(work, sent, 125_000)
    worker.drain(database)
    assert credit_of(database) == (0, 0, owed)
    granted(database, 10_000)
    assert credit_of(database)[0] == after_next
    every_check_passes(database)
    # Once the order that it was spent on goes back too, nothing is left of the reward either way.
    with database.work() as work:
        refund(work, used, 115_000)
    worker.drain(database)
    assert credit_of(database) == (10_000, 0, 0)
    every_check_passes(database)


def test_held_credit_is_not_spent(database: Database, company: Company) -> None:
    a_friends_order(database, company, code_of_ada(database))
    assert credit_of(database) == (0, 10_000, 0)
    assert buys(database, company, (KETTLE, 1)).totals.total_minor == 125_000


def test_what_was_given_out_of_kindness_is_taken_back_with_a_reason_as_far_as_it_is_left(
    database: Database, company: Company
) -> None:
    granted(database, 10_000)
    with database.work() as work:
        [credit] = store_credit.credits_of(work, ADA.email)
        assert credit.reason == "The lid was scratched."
        back = rewards.take_store_credit(work, credit.id, reason="Given twice.")
        assert back == Money(10_000, "SEK")
        with pytest.raises(rewards.NothingLeft):
            rewards.take_store_credit(work, credit.id, reason="Again.")
    assert credit_of(database) == (0, 0, 0)
    every_check_passes(database)
