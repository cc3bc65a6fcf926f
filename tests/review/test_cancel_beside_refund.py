"""An order is canceled while a part of its money is already on its way back."""

from __future__ import annotations

from tests.company import KETTLE
from tests.till import Till

from mainstem import orders, payments


def test_a_cancellation_sends_back_what_no_refund_has_asked_for_yet(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    with till.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=30000, reason="late"
        )
    with till.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    till.drain()
    till.letters_arrive()
    amounts = till.rows("SELECT amount_minor, state FROM refund ORDER BY amount_minor")
    assert [tuple(row) for row in amounts] == [
        (30000, "succeeded"),
        (placed.total_minor - 30000, "succeeded"),
    ]
    order = till.order(placed)
    assert (order.state, order.payment_status) == ("canceled", "refunded")
    till.every_truth_holds()
