"""A canceled order and the picker who still has it in hand."""

from __future__ import annotations

import threading
import time

import pytest
from tests.company import KETTLE, a_company, an_order
from tests.waits import PATIENCE

from mainstem import flow, orders, payments, worker
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.events import Fact
from mainstem.kit.ids import new_id
from mainstem.orders.progress import lock
from mainstem_fulfillment import shipments


def test_canceling_and_picking_wait_for_each_other_one_way_round(database: Database) -> None:
    with database.work() as work:
        placed = an_order(work, a_company(work).shop, (KETTLE, 1))
        payments.record_external(
            work,
            [(placed.home_id, placed.order_id, placed.total_minor, "SEK", work.now(), "bank")],
        )
    worker.drain(database)
    key = (placed.home_id, placed.order_id)
    with database.work() as work:
        orders.cancel(work, *key, reason="regret")
    fact = Fact(new_id(), placed.home_id, "order.canceled", str(placed.order_id))
    failed: list[Exception] = []

    def cancel() -> None:
        try:
            with database.work() as work:
                flow.REACTIONS["order.canceled"]["fulfillment"](work, [fact])
        except Exception as error:
            failed.append(error)

    with database.work() as picker:
        lock(picker, [key])
        other = threading.Thread(target=cancel)
        other.start()
        deadline = time.monotonic() + PATIENCE
        while not _somebody_waits(database) and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(InvalidTransition):
            shipments.start_pick(picker, (*key, 1))
    other.join()
    assert failed == []
    with database.work() as work:
        states = work.rows("SELECT state FROM fulfilment")
    assert [row.state for row in states] == ["canceled"]


def _somebody_waits(database: Database) -> bool:
    with database.work() as work:
        return bool(
            work.value(
                """SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                    WHERE a.datname = current_database() AND NOT l.granted"""
            )
        )
