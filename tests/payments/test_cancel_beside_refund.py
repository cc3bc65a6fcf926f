"""An order is canceled while a part of its money is already on its way back."""

from __future__ import annotations

from tests.company import KETTLE
from tests.harness import Harness

from mainstem import orders, payments


def test_a_cancellation_sends_back_what_no_refund_has_asked_for_yet(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    with harness.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=30000, reason="late"
        )
    with harness.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    harness.drain()
    harness.webhook_events_arrive()
    amounts = harness.rows("SELECT amount_minor, state FROM refund ORDER BY amount_minor")
    assert [tuple(row) for row in amounts] == [
        (30000, "succeeded"),
        (placed.total_minor - 30000, "succeeded"),
    ]
    order = harness.order(placed)
    assert (order.state, order.payment_status) == ("canceled", "refunded")
    harness.every_check_passes()
