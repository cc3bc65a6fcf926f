"""What goes back for an order that is canceled stands on its lines, whatever went back before."""

from __future__ import annotations

from typing import Any

import pytest
from tests.company import KETTLE, SKILLET, a_company, a_paid_order

from mainstem import invariants, orders, payments, worker
from mainstem.kit.db import Database


def canceled_after(database: Database, minor: int, *lines: tuple[int, int]) -> tuple[int, Any]:
    """An order of two kettles (2,500.00) and a skillet (800.00), of which something went back and
    which was then canceled: what is refunded without a line, and of each line."""
    with database.work() as work:
        company = a_company(work)
        placed = a_paid_order(work, company.shop, (KETTLE, 2), (SKILLET, 1))
        if minor:
            payments.request_refund(
                work, placed.home_id, placed.order_id, amount_minor=minor, reason="late",
                lines=lines, goods_go=True,
            )  # fmt: skip
    worker.drain(database)
    with database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    worker.drain(database)
    with database.work() as work:
        assert not [finding for finding in invariants.check(work) if finding.wrong]
        order = work.row("SELECT * FROM orders")
        assert order is not None
        assert (order.payment_status, order.refunded_minor) == ("refunded", order.total_minor)
        found = work.rows("SELECT line_no, refunded_minor FROM order_line ORDER BY line_no")
        taxes = work.value(
            """SELECT sum(signed_minor)::bigint FROM ledger_entry
                WHERE account IN ('tax', 'sales', 'bank_cash')"""
        )
        assert taxes == 0
        return order.unallocated_minor, {row.line_no: row.refunded_minor for row in found}


@pytest.mark.parametrize(
    ("minor", "lines"), [(0, ()), (50000, ((1, 50000),)), (90001, ((1, 50000), (2, 40001)))]
)
def test_the_rest_of_a_canceled_order_stands_on_its_lines(
    database: Database, minor: int, lines: tuple[tuple[int, int], ...]
) -> None:
    assert canceled_after(database, minor, *lines) == (0, {1: 250000, 2: 80000})


def test_only_what_named_no_line_before_stands_without_one(database: Database) -> None:
    unnamed, of_lines = canceled_after(database, 33001)
    assert unnamed == 33001
    # It counted against all alike, and so each line is short of its part of it.
    with database.work() as work:
        total = work.value("SELECT total_minor FROM orders")
    assert {no: round(1 - back / {1: 250000, 2: 80000}[no], 4) for no, back in of_lines.items()} == {
        1: round(33001 / total, 4), 2: round(33001 / total, 4),
    }  # fmt: skip
