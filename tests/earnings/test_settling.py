"""Settling: each corner that shuffled facts have found, by name."""

from __future__ import annotations

import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest
from tests.company import (
    HOME,
    INSTALLATION,
    KETTLE,
    PLAN,
    REPAIR,
    SKILLET,
    Company,
    a_company,
    a_paid_order,
    an_article,
)
from tests.waits import PATIENCE, await_somebody_waits_for

from mainstem import earnings, invariants, ledger, orders, payments, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.ledger import PARENT
from mainstem.ledger.chart import Transfer, moved
from mainstem.orders import ClientDetails, LineWanted, Placed
from mainstem.orders.line_cancellation import cancel_lines
from mainstem.plan import book
from mainstem_fulfillment import inventory


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def deliver(work: Work, placed: Placed, *lines: tuple[int, int]) -> None:
    """So many of each line have left and arrived."""
    parts = [orders.LineQuantity(placed.home_id, placed.order_id, no, many) for no, many in lines]
    orders.record_shipment(work, parts)
    orders.record_delivery(work, parts)


def refund(work: Work, placed: Placed, minor: int, *lines: tuple[int, int]) -> None:
    payments.request_refund(
        work, placed.home_id, placed.order_id, amount_minor=minor, reason="returned", lines=lines
    )


def of_cedar(work: Work, company: Company) -> dict[str, int]:
    found = ledger.balances(work, [company.cedar])
    return {account: minor for (_, account, _), minor in found.items() if minor}


def every_check_passes(database: Database) -> None:
    worker.drain(database)
    with database.work() as work:
        assert [finding for finding in invariants.check(work) if finding.wrong] == []


def test_a_delivery_after_its_full_refund_earns_nothing_and_is_told(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        gone = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)]
        orders.record_shipment(work, gone)
        refund(work, placed, 250000)
    worker.drain(database)
    with database.work() as work:
        orders.record_delivery(work, gone)
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {}
        kinds = work.rows("SELECT kind FROM earning WHERE level = 0 ORDER BY no")
        assert [row.kind for row in kinds] == ["credit", "reversal"]
    every_check_passes(database)


def test_a_reversal_takes_no_more_from_a_hold_than_it_holds(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Half was performed in March and is free, half in April and is held; all of it goes back."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (REPAIR, 2))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    clock.move(timedelta(days=31))
    with database.work() as work:
        earnings.release(work, clock.now().date())
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"payable": 4800, "pending": 4800}
        refund(work, placed, 150000, (1, 150000))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"payable": 2400}
        refund(work, placed, 50000, (1, 50000))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {}
    every_check_passes(database)


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
    every_check_passes(database)


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
    every_check_passes(database)


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
    every_check_passes(database)


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
    every_check_passes(database)


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
            earnings.release(work, clock.now().date())
        done.set()

    key = (placed.home_id, placed.order_id)
    with database.work() as work:
        orders.record_refund(work, [key])
        earnings.settle(work, [key])
        releasing = threading.Thread(target=release)
        releasing.start()
        await_somebody_waits_for(work, unless=done)
    releasing.join(PATIENCE)
    with database.work() as work:
        assert of_cedar(work, company) == {}
        assert not [finding for finding in ledger.audit(work) if finding.wrong]
    every_check_passes(database)


def test_an_order_that_is_settled_beside_itself_is_credited_once(
    database: Database, company: Company
) -> None:
    """Of two that settle one order the later one waits, and finds nothing left to do."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 2))
        work.run("DELETE FROM fact_waiting")  # what follows is said below, by hand
    key = (placed.home_id, placed.order_id)

    def settle() -> int:
        with database.work() as work:
            return earnings.settle(work, [key])

    with ThreadPoolExecutor(1) as threads:
        with database.work() as work:
            assert earnings.settle(work, [key]) == 3
            beside = threads.submit(settle)
            await_somebody_waits_for(work)
        assert beside.result(PATIENCE) == 0
    with database.work() as work:
        assert of_cedar(work, company) == {"pending": 20000}
    every_check_passes(database)


def test_releasing_a_day_again_releases_what_has_come_since(
    database: Database, company: Company, clock: FixedClock
) -> None:
    day = date(2026, 4, 2)
    with database.work() as work:
        deliver(work, a_paid_order(work, company.shop, (KETTLE, 2)), (1, 2))
    worker.drain(database)
    for expected in (3, 0, 0):
        with database.work() as work:
            assert earnings.release(work, day) == expected
    with database.work() as work:
        late = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, late, (1, 1))
    worker.drain(database)
    with database.work() as work:
        # Its hold is over already by the calendar that was released: it is payable at once.
        assert of_cedar(work, company) == {"payable": 30000}
    every_check_passes(database)


def test_what_is_put_into_a_hold_that_was_released_is_released_by_the_next_look(
    database: Database, company: Company
) -> None:
    """A correction by hand, say: the second posting of a day has a key of its own."""
    day = date(2026, 4, 2)
    with database.work() as work:
        deliver(work, a_paid_order(work, company.shop, (KETTLE, 2)), (1, 2))
    worker.drain(database)
    for expected, payable in ((3, 20000), (1, 20500), (1, 21000)):
        with database.work() as work:
            assert earnings.release(work, day) == expected
            assert of_cedar(work, company) == {"payable": payable}
        with database.work() as work:
            correction = Transfer(
                company.cedar, f"correction:{payable}", "Correction", "SEK", day,
                moved(company.cedar, "pending", 500, day)
                + moved(PARENT, "commission_expense", -500),
            )  # fmt: skip
            ledger.post(work, [correction])


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    at = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Stockholm"))
    return at.astimezone(UTC)


def payable_day(work: Work, company: Company) -> date:
    """The one day on which all that Cedar has pending becomes payable."""
    [(_, _, day, _)] = ledger.held_until(work, date.max, owner_id=company.cedar)
    return day


def test_a_hold_is_not_released_a_day_early(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        deliver(work, a_paid_order(work, company.shop, (KETTLE, 2)), (1, 2))
    worker.drain(database)
    last = clock.now().date() + timedelta(days=30)  # a Wednesday: the hold's last day
    with database.work() as work:
        assert earnings.release(work, last) == 0
        assert of_cedar(work, company) == {"pending": 20000}
        assert earnings.release(work, last + timedelta(days=1)) == 3
        assert of_cedar(work, company) == {"payable": 20000}


# What is received, by whom, under a hold of how many days; when it is payable.
@pytest.mark.parametrize(
    ("received", "country", "hold_days", "payable"),
    [
        (local(2026, 12, 10, 15), "SE", 14, date(2026, 12, 29)),
        (local(2026, 12, 13, 22, 47), "SE", 14, date(2026, 12, 29)),
        # Over in Finland an hour before our midnight, on the Canaries an hour after it.
        (local(2026, 11, 2, 12), "FI", 14, date(2026, 11, 17)),
        (local(2026, 11, 2, 12), "SE", 14, date(2026, 11, 17)),
        (local(2026, 11, 2, 12), "ES", 14, date(2026, 11, 18)),
        # Half past midnight of the next day in Finland.
        (local(2026, 11, 3, 23, 30), "SE", 14, date(2026, 11, 18)),
        (local(2026, 11, 3, 23, 30), "FI", 14, date(2026, 11, 19)),
        # The longer one wins: thirty days of the plan, counted alike.
        (local(2026, 12, 10, 15), "SE", 30, date(2027, 1, 12)),
        (local(2026, 12, 3, 15), "SE", 30, date(2027, 1, 5)),
    ],
)
def test_nothing_is_payable_while_the_client_may_still_withdraw(
    database: Database,
    company: Company,
    clock: FixedClock,
    received: datetime,
    country: str,
    hold_days: int,
    payable: date,
) -> None:
    clock.set(received)
    with database.work() as work:
        rules = copy.deepcopy(PLAN)
        rules["name"] = "Another hold"
        rules["rules"]["goods"]["hold_days"] = hold_days  # type: ignore[index]
        book.publish(work, rules, effective_from=work.now(), confirmed=True)
        code = {"SE": "114 55", "FI": "00100", "ES": "35001"}[country]
        address = msgspec.structs.replace(HOME, country=country, postal_code=code)
        client = ClientDetails(name="Ada Lind", email="ada@example.com")
        placed = a_paid_order(work, company.shop, (KETTLE, 2), address=address, client=client)
        deliver(work, placed, (1, 2))
    worker.drain(database)
    with database.work() as work:
        assert payable_day(work, company) == payable
        assert earnings.release(work, payable - timedelta(days=1)) == 0
        assert earnings.release(work, payable) == 3
    every_check_passes(database)


def test_a_day_is_released_when_it_begins_where_the_company_lives(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(local(2026, 12, 10, 15))
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (REPAIR, 1))
        deliver(work, placed, (1, 1))
    worker.tick(database)
    worker.drain(database)
    clock.set(local(2026, 12, 28, 23, 59))
    worker.tick(database)
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"pending": 4800}
    clock.set(local(2026, 12, 29, 0, 0))
    worker.tick(database)
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"payable": 4800}


def test_the_first_parcel_is_held_until_the_last_has_come_and_may_not_go_back(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """The client's right begins with the last parcel, a day before the first one's hold is over."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    clock.move(timedelta(days=60))
    with database.work() as work:
        assert payable_day(work, company) == ledger.HELD_OPEN
        assert earnings.release(work, clock.now().date()) == 0
        deliver(work, placed, (2, 1))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"pending": 16400}
        # Received on Friday 1 May 2026; thirty days later is a Sunday.
        assert payable_day(work, company) == date(2026, 6, 2)
        refund(work, placed, 125000, (1, 125000))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"pending": 6400}
        assert earnings.release(work, date(2026, 6, 2)) == 3
        assert of_cedar(work, company) == {"payable": 6400}
    every_check_passes(database)


def test_goods_that_were_lost_and_paid_back_are_not_waited_for(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        assert payable_day(work, company) == ledger.HELD_OPEN
        refund(work, placed, 125000, (1, 125000))
    worker.drain(database)
    with database.work() as work:
        assert of_cedar(work, company) == {"pending": 10000}
        assert payable_day(work, company) == date(2026, 4, 2)
    every_check_passes(database)


def test_a_sign_off_does_not_prolong_the_hold_of_the_goods_beside_it(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """A service's right counts from the contract, its hold from when it was performed."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (REPAIR, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    clock.move(timedelta(days=20))
    with database.work() as work:
        deliver(work, placed, (2, 1))
    worker.drain(database)
    with database.work() as work:
        held = ledger.held_until(work, date.max, owner_id=company.cedar)
        assert sorted((day, minor) for _, _, day, minor in held) == [
            (date(2026, 4, 2), 10000),
            # Performed on Sunday 22 March; fourteen days later is Easter Sunday.
            (date(2026, 4, 8), 4800),
        ]
    every_check_passes(database)


def test_each_service_of_an_order_is_held_from_its_own_sign_off(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (REPAIR, 1), (INSTALLATION, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        first = payable_day(work, company)
    clock.move(timedelta(days=7))
    with database.work() as work:
        deliver(work, placed, (2, 1))
    worker.drain(database)
    with database.work() as work:
        days = [day for _, _, day, _ in ledger.held_until(work, date.max, owner_id=company.cedar)]
        assert len(days) == 2, "the second sign-off does not put off what the first has earned"
        assert first in days
    every_check_passes(database)


def test_settling_again_moves_no_hold(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        deliver(work, placed, (1, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    clock.move(timedelta(days=10))
    with database.work() as work:
        assert earnings.settle(work, [(placed.home_id, placed.order_id)]) == 0


def test_an_order_is_closed_when_its_hold_is_over_and_not_before(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(local(2026, 12, 10, 15))
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (REPAIR, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    for at, closed in ((local(2026, 12, 28, 23, 59), 0), (local(2026, 12, 29, 0, 0), 1)):
        clock.set(at)
        with database.work() as work:
            assert orders.close_finished(work) == closed
    with database.work() as work:
        assert work.value("SELECT state FROM orders") == "closed"


def test_an_order_of_which_only_a_trifle_arrived_is_no_wrong_of_the_books(
    database: Database, company: Company
) -> None:
    """What would have earned was canceled, and a part of an öre earns nobody anything."""
    with database.work() as work:
        washer = an_article(work, "Washer", "WASHER-1", sek=1)
        inventory.receive(work, company.stockholm, [(washer, 1)], reference="washers")
        placed = a_paid_order(work, company.shop, (KETTLE, 1), ("WASHER-1", 1))
        orders.lock(work, [(placed.home_id, placed.order_id)])
        cancel_lines(work, [orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)])
        deliver(work, placed, (2, 1))
    every_check_passes(database)
    with database.work() as work:
        assert of_cedar(work, company) == {}


def test_the_refund_of_one_line_takes_back_its_own_rate_and_never_a_blend(
    database: Database, company: Company
) -> None:
    """Goods at 10 % and a service at 15 %: one line's money goes back, and one line's rate."""
    plan: dict[str, Any] = copy.deepcopy(PLAN)
    plan["name"] = "Ten and fifteen"
    plan["rules"]["goods"] |= {"levels_bp": [1000], "cap_bp": 1000}
    plan["rules"]["service"] |= {"levels_bp": [1500], "cap_bp": 1500}
    with database.work() as work:
        book.publish(work, plan, effective_from=work.now())
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (INSTALLATION, 1))
        deliver(work, placed, (1, 1), (2, 1))
    worker.drain(database)
    with database.work() as work:
        lines = work.rows(
            """SELECT rule, hold_days, total_minor, commissionable_minor AS base FROM order_line
                WHERE order_id = %(id)s ORDER BY line_no""",
            id=placed.order_id,
        )
        assert [(line.rule, line.hold_days) for line in lines] == [("goods", 30), ("service", 14)]
        refund(work, placed, lines[0].total_minor, (1, lines[0].total_minor))
    worker.drain(database)
    with database.work() as work:
        stands = work.rows(
            """SELECT rule, sum(amount_minor) FILTER (WHERE kind = 'credit')::int AS credited,
                      coalesce(sum(amount_minor) FILTER (WHERE kind = 'reversal'), 0)::int AS back
                 FROM earning GROUP BY rule ORDER BY rule"""
        )
    ten, fifteen = lines[0].base * 10 // 100, lines[1].base * 15 // 100
    assert [tuple(row) for row in stands] == [("goods", ten, -ten), ("service", fifteen, 0)]
    every_check_passes(database)


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("source", "'gift'"),
        ("source, period_from", "'order', '2026-03-01'"),
        ("source, period_from", "'period', NULL"),
        ("source, plan_version, period_from", "'period', NULL, '2026-03-01'"),
        ("source, source_id", "'order', gen_random_uuid()"),
        ("source, home_id", "'adjustment', 1"),
    ],
)
def test_an_earning_says_what_it_is_for(
    database: Database, company: Company, database_url: str, columns: str, values: str
) -> None:
    """An order that is there, a period with its day, or an adjustment of the affiliate's own."""
    with database.work() as work:
        deliver(work, a_paid_order(work, company.shop, (KETTLE, 1)), (1, 1))
    worker.drain(database)
    given = columns.split(", ")
    kept = [
        name
        for name in ("home_id", "source_id", "source", "period_from", "plan_version")
        if name not in given
    ]
    others = (
        "rule, level, beneficiary_id, kind, currency, amount_minor, base_minor, returned_minor,"
        " rate_bp, held_until, explanation, credited_at"
    )
    statement = f"""INSERT INTO earning (no, {columns}, {", ".join(kept)}, {others})
                    SELECT 99, {values}, {", ".join(kept)}, {others} FROM earning WHERE level = 1"""
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.IntegrityError):
        connection.execute(statement)


def test_a_bonus_of_a_period_and_an_adjustment_are_earnings_too(
    database: Database, company: Company, database_url: str
) -> None:
    with database.work() as work:
        deliver(work, a_paid_order(work, company.shop, (KETTLE, 1)), (1, 1))
    worker.drain(database)
    others = (
        "level, no, beneficiary_id, kind, currency, amount_minor, base_minor, returned_minor,"
        " rate_bp, held_until, explanation, credited_at"
    )
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO period (starts_on, ends_on, every, counted_at, zone, plan_version, plan_hash,
                                   state, figured_at)
               VALUES ('2026-03-01', '2026-04-01', 'month', 'delivery', 'Europe/Stockholm', 1, 'x', 'open',
                       now())"""
        )
        for source, version, period in (("period", 1, "2026-03-01"), ("adjustment", None, None)):
            connection.execute(
                f"""INSERT INTO earning (home_id, source, source_id, rule, plan_version, period_from, {others})
                    SELECT beneficiary_id, %s, gen_random_uuid(), 'bonus', %s, %s, {others}
                      FROM earning WHERE level = 1 AND source = 'order'""",
                (source, version, period),
            )
        kept = connection.execute(
            "SELECT source, order_id IS NULL FROM earning WHERE level = 1 ORDER BY source"
        ).fetchall()
        connection.rollback()
    assert kept == [("adjustment", True), ("order", False), ("period", True)]
