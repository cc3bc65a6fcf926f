"""Settling: each corner that shuffled facts have found, by name."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from uuid import UUID

import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order

from mainstem import commissions, invariants, ledger, orders, payments, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import LineWanted, Placed


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def deliver(work: Work, placed: Placed, *lines: tuple[int, int]) -> None:
    """So many of each line have left and arrived."""
    parts: list[tuple[int, UUID, int, int]] = [
        (placed.home_id, placed.order_id, no, many) for no, many in lines
    ]
    orders.record_shipment(work, parts)
    orders.record_delivery(work, parts)


def refund(work: Work, placed: Placed, minor: int, *lines: tuple[int, int]) -> None:
    payments.request_refund(
        work, placed.home_id, placed.order_id, amount_minor=minor, reason="returned", lines=lines
    )


def of_cedar(work: Work, company: Company) -> dict[str, int]:
    found = ledger.balances(work, [company.cedar])
    return {account: minor for (_, account, _), minor in found.items() if minor}


def every_truth_holds(database: Database) -> None:
    worker.drain(database)
    with database.work() as work:
        assert [finding for finding in invariants.check(work) if finding.wrong] == []


def test_a_delivery_after_its_full_refund_earns_nothing_and_is_told(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        refund(work, placed, 250000)
    worker.drain(database)
    with database.work() as work:
        deliver(work, placed, (1, 2))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {}
        kinds = work.rows("SELECT kind FROM commission WHERE level = 0 ORDER BY no")
        assert [row.kind for row in kinds] == ["credit", "reversal"]
    every_truth_holds(database)


def test_a_reversal_takes_no_more_from_a_hold_than_it_holds(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Half was delivered in March and is free, half in April and is held; all of it goes back."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    clock.move(timedelta(days=31))
    with database.work() as work:
        commissions.release(work, clock.now().date())
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"payable": 10000, "pending": 10000}
        refund(work, placed, 187500, (1, 187500))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"payable": 5000}
        refund(work, placed, 62500, (1, 62500))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {}
    every_truth_holds(database)


def test_two_refunds_of_one_order_taken_together_count_once_each(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 2))
        refund(work, placed, 50000, (1, 50000))
        refund(work, placed, 25000)
    worker.drain(database)
    with database.work() as work:
        order = work.row("SELECT refunded_minor, unallocated_minor FROM orders")
        assert tuple(order or ()) == (75000, 25000)
    every_truth_holds(database)


def test_money_for_what_was_never_delivered_takes_nothing_from_what_was(
    database: Database, company: Company
) -> None:
    """One of two kettles arrived, the other was lost and is refunded."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 1))
        refund(work, placed, 125000, (1, 125000))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"pending": 10000}
    every_truth_holds(database)


def test_a_full_refund_in_any_mixture_leaves_no_tax_and_no_sale(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run("UPDATE product SET tax_bp = 600 WHERE slug = 'skillet'")
        placed = a_paid_order(
            work, company.shop, lines=[LineWanted(KETTLE, 1, 10001), LineWanted(SKILLET, 1, 9999)]
        )
        refund(work, placed, 3333, (1, 3333))
        refund(work, placed, 7777)
        refund(work, placed, placed.total_minor - 3333 - 7777 - 4900, (2, 2000))
        refund(work, placed, 4900, (0, 4900))
    worker.drain(database)
    with database.work() as work:
        assert {minor for minor in ledger.balances(work, [0]).values() if minor} == set()
        assert work.value("SELECT payment_status FROM orders") == "refunded"
    every_truth_holds(database)


def test_an_order_of_billions_settles_to_the_unit(database: Database, company: Company) -> None:
    """Two such amounts multiplied leave 64 bits."""
    total = 3_000_000_019
    with database.work() as work:
        placed = a_paid_order(work, company.shop, lines=[LineWanted(KETTLE, 3, total)])
        deliver(work, placed, (1, 3))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {
            "pending": 240_000_002
        }  # 240,000,001.5: the largest remainder
        refund(work, placed, total, (1, total))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {}
    every_truth_holds(database)


def test_a_reversal_beside_the_release_never_leaves_pending_below_zero(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """A refund is being settled while the day's holds are released: neither may miss the other."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 2))
    worker.drain(database)
    clock.move(timedelta(days=31))
    with database.work() as work:
        refund(work, placed, 250000)
    done = threading.Event()

    def release() -> None:
        with database.work() as work:
            commissions.release(work, clock.now().date())
        done.set()

    key = (placed.home_id, placed.order_id)
    with database.work() as work:
        orders.record_refund(work, [key])
        commissions.settle(work, [key])
        releasing = threading.Thread(target=release)
        releasing.start()
        done.wait(0.5)
    releasing.join(20)
    with database.work() as work:
        assert of_cedar(work, company) == {}
        assert not [finding for finding in ledger.audit(work) if finding.wrong]
    every_truth_holds(database)


def test_releasing_a_day_again_releases_what_has_come_since(
    database: Database, company: Company, clock: FixedClock
) -> None:
    day = date(2026, 4, 2)
    with database.work() as work:
        deliver(work, a_paid_order(work, company.shop, (KETTLE, 2)), (1, 2))
    worker.drain(database)
    for expected in (3, 0, 0):
        with database.work() as work:
            assert commissions.release(work, day) == expected
    with database.work() as work:
        late = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, late, (1, 1))
    worker.drain(database)
    with database.work() as work:
        # Its hold is over already by the calendar that was released: it is payable at once.
        assert of_cedar(work, company) == {"payable": 30000}
    every_truth_holds(database)


def test_a_hold_is_not_released_a_day_early(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        deliver(work, a_paid_order(work, company.shop, (KETTLE, 2)), (1, 2))
    worker.drain(database)
    ends = clock.now().date() + timedelta(days=30)
    with database.work() as work:
        assert commissions.release(work, ends - timedelta(days=1)) == 0
        assert of_cedar(work, company) == {"pending": 20000}
        assert commissions.release(work, ends) == 3
        assert of_cedar(work, company) == {"payable": 20000}
