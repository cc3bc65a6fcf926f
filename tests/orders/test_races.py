"""What happens to one order at one instant: paid and expired, and the counters at any time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.company import KETTLE, SKILLET, Company, a_company, pay
from tests.conftest import TEMPLATE
from tests.orders.wanting import place_alone, promised, stock_of, wanted
from tests.waits import PATIENCE

import mainstem_postgres as postgres
from mainstem import flow, ledger, orders
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.orders import InsufficientStock, Placed


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.mark.parametrize("late", [0.0, 0.002, 0.01])
def test_of_payment_and_expiry_at_one_instant_one_wins(
    database: Database, company: Company, clock: FixedClock, late: float
) -> None:
    placed = [place_alone(database, wanted(company.shop, (KETTLE, 1))) for _ in range(6)]
    assert all(isinstance(order, Placed) for order in placed)
    clock.move(timedelta(minutes=31))
    gate = Barrier(3)

    def pay_them(mine: list[Any]) -> None:
        gate.wait(PATIENCE)
        for order in mine:
            with database.work() as work:
                pay(work, order)

    def expire_them() -> None:
        gate.wait(PATIENCE)
        if late:
            gate_opens_later.wait(late)
        with database.work() as work:
            orders.expire_unpaid(work)

    import threading

    gate_opens_later = threading.Event()
    with ThreadPoolExecutor(3) as threads:
        doing = [
            threads.submit(pay_them, placed[:3]),
            threads.submit(pay_them, placed[3:]),
            threads.submit(expire_them),
        ]
        for one in doing:
            one.result(PATIENCE)
    with database.work() as work:
        rows = work.rows(
            """SELECT o.state, r.released_at IS NULL AS promised,
                      (SELECT count(*) FROM refund f WHERE f.order_id = o.id) AS refunds
                 FROM orders o JOIN reservation r ON r.order_id = o.id"""
        )
        assert len(rows) == 6
        for row in rows:
            assert tuple(row) in {("placed", True, 0), ("expired", False, 1)}
        counted, live = promised(work)[KETTLE]
        assert counted == live == sum(row.promised for row in rows)
        assert not [finding for finding in ledger.audit(work) if finding.wrong]


def test_an_expired_order_s_goods_are_sold_to_the_next(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        stock_of(work, KETTLE, 1)
    assert isinstance(place_alone(database, wanted(company.shop, (KETTLE, 1))), Placed)
    assert isinstance(place_alone(database, wanted(company.shop, (KETTLE, 1))), InsufficientStock)
    clock.move(timedelta(minutes=31))
    with database.work() as work:
        assert orders.expire_unpaid(work) == 1
    assert isinstance(place_alone(database, wanted(company.shop, (KETTLE, 1))), Placed)


class TheShelf(RuleBasedStateMachine):
    """Any orders, payments, cancellations and expiries, in any order."""

    server: postgres.Server

    @initialize()
    def open_a_company(self) -> None:
        self.name = f"shelf_{id(self):x}"
        postgres.create_database(self.server, self.name, template=TEMPLATE)
        self.clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.database = Database(
            self.server.admin_url(self.name), clock=self.clock, tools=flow.tools(), pool=1
        )
        with self.database.work() as work:
            self.company = a_company(work, stock=8)
        self.placed: list[Placed] = []

    @rule(
        batch=st.lists(
            st.lists(st.tuples(st.sampled_from([KETTLE, SKILLET]), st.integers(1, 6)), max_size=3),
            min_size=1,
            max_size=4,
        )
    )
    def order(self, batch: list[list[tuple[str, int]]]) -> None:
        with self.database.work() as work:
            answers = orders.place(work, [wanted(self.company.shop, *lines) for lines in batch])
        for lines, answer in zip(batch, answers, strict=True):
            assert isinstance(answer, Placed | InsufficientStock) or not lines
            if isinstance(answer, Placed):
                self.placed.append(answer)

    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        if self.placed:
            with self.database.work() as work:
                pay(work, data.draw(st.sampled_from(self.placed)))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.placed:
            order = data.draw(st.sampled_from(self.placed))
            try:
                with self.database.work() as work:
                    orders.cancel(work, order.home_id, order.order_id, reason="changed their mind")
            except Refused:
                pass

    @rule(minutes=st.integers(1, 40))
    def let_time_pass(self, minutes: int) -> None:
        self.clock.move(timedelta(minutes=minutes))
        with self.database.work() as work:
            orders.expire_unpaid(work)

    @invariant()
    def the_counters_are_the_live_reservations(self) -> None:
        if hasattr(self, "database"):
            with self.database.work() as work:
                assert all(counted == live for counted, live in promised(work).values())
                assert work.value("SELECT count(*) FROM stock_level WHERE reserved > on_hand") == 0

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            with psycopg.connect(self.server.admin_url(), autocommit=True) as admin:
                admin.execute(f"DROP DATABASE {self.name} WITH (FORCE)")


@pytest.fixture
def the_shelf(server: postgres.Server) -> Iterator[type[TheShelf]]:
    TheShelf.server = server
    yield TheShelf


def test_the_counters_are_the_live_reservations_whatever_happens(
    the_shelf: type[TheShelf],
) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(the_shelf, settings=settings(max_examples=12, stateful_step_count=15))
