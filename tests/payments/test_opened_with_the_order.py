"""The checkout page opens its payment with the order, at one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from tests.company import KETTLE
from tests.orders.wanting import wanted
from tests.till import Till

from mainstem import payments
from mainstem.orders import Placed
from mainstem.payments import Checkout
from mainstem_affiliates.capture import Capture


def urls(home_id: int, order_id: UUID) -> tuple[str, str]:
    return f"http://127.0.0.1:9/{order_id}/return", f"http://127.0.0.1:9/{order_id}"


@pytest.fixture
def capture(till: Till) -> Iterator[Capture]:
    made = Capture(till.database)
    made.start()
    yield made
    made.stop()


def test_an_order_and_its_payment_are_durable_together(till: Till, capture: Capture) -> None:
    one = wanted(till.company.shop, (KETTLE, 2))
    placed, checkout = asyncio.run(capture.order_to_pay(one, urls))
    assert isinstance(placed, Placed)
    assert isinstance(checkout, Checkout)
    payment = till.payment(placed)
    assert (payment.id, payment.state, payment.amount_minor) == (
        checkout.payment_id, "started", placed.total_minor,
    )  # fmt: skip
    there = payments.show_checkout(till.database, checkout)
    assert till.checkout(placed) == till.payment(placed).session_id, "asking again: the same page"
    assert till.payment(placed).pay_url == there
    till.pull("sessions/pay", session=till.payment(placed).session_id, card="success")
    till.letters_arrive()
    assert till.order(placed).state == "placed"
    till.every_truth_holds()


def test_a_repeat_gets_its_order_and_the_page_that_was_opened_for_it(
    till: Till, capture: Capture
) -> None:
    one = wanted(till.company.shop, (KETTLE, 1))
    first, checkout = asyncio.run(capture.order_to_pay(one, urls))
    again, none = asyncio.run(capture.order_to_pay(one, urls))
    assert (again.order_id, again.replayed, none) == (first.order_id, True, None)
    assert checkout is not None
    payments.show_checkout(till.database, checkout)
    assert len(till.rows("SELECT 1 FROM payment")) == 1
    assert len(till.rows("SELECT 1 FROM operation")) == 1


def test_a_checkout_that_could_not_be_opened_is_opened_by_the_next_try(
    till: Till, capture: Capture
) -> None:
    placed, checkout = asyncio.run(
        capture.order_to_pay(wanted(till.company.shop, (KETTLE, 1)), urls)
    )
    assert checkout is not None
    till.pull("faults/order", kind="drop_after", method="POST", path="/v1/checkout/sessions")
    with pytest.raises(payments.GatewayUnavailable):
        payments.show_checkout(till.database, checkout)
    session = till.checkout(placed)
    till.pull("sessions/pay", session=session, card="success")
    till.letters_arrive()
    assert till.order(placed).paid_minor == placed.total_minor
    till.every_truth_holds()
