"""The checkout page opens its payment with the order, at one commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest
from tests.company import KETTLE
from tests.harness import Harness
from tests.orders.wanting import wanted

from mainstem import payments
from mainstem.orders import Placed
from mainstem.payments import Checkout
from mainstem_affiliates.intake import Intake


def urls(home_id: int, order_id: UUID) -> tuple[str, str]:
    return f"http://127.0.0.1:9/{order_id}/return", f"http://127.0.0.1:9/{order_id}"


@pytest.fixture
def intake(harness: Harness) -> Iterator[Intake]:
    made = Intake(harness.database)
    made.start()
    yield made
    made.stop()


def test_an_order_and_its_payment_are_durable_together(harness: Harness, intake: Intake) -> None:
    one = wanted(harness.company.shop, (KETTLE, 2))
    placed, checkout = asyncio.run(intake.order_to_pay(one, urls))
    assert isinstance(placed, Placed)
    assert isinstance(checkout, Checkout)
    payment = harness.payment(placed)
    assert (payment.id, payment.state, payment.amount_minor) == (
        checkout.payment_id, "started", placed.total_minor,
    )  # fmt: skip
    there = payments.show_checkout(harness.database, checkout)
    assert harness.checkout(placed) == harness.payment(placed).session_id, (
        "asking again: the same page"
    )
    assert harness.payment(placed).pay_url == there
    harness.trigger("sessions/pay", session=harness.payment(placed).session_id, card="success")
    harness.webhook_events_arrive()
    assert harness.order(placed).state == "placed"
    harness.every_check_passes()


def test_a_repeat_gets_its_order_and_the_page_that_was_opened_for_it(
    harness: Harness, intake: Intake
) -> None:
    one = wanted(harness.company.shop, (KETTLE, 1))
    first, checkout = asyncio.run(intake.order_to_pay(one, urls))
    again, none = asyncio.run(intake.order_to_pay(one, urls))
    assert (again.order_id, again.replayed, none) == (first.order_id, True, None)
    assert checkout is not None
    payments.show_checkout(harness.database, checkout)
    assert len(harness.rows("SELECT 1 FROM payment")) == 1
    assert len(harness.rows("SELECT 1 FROM operation")) == 1


def test_a_checkout_that_could_not_be_opened_is_opened_by_the_next_try(
    harness: Harness, intake: Intake
) -> None:
    placed, checkout = asyncio.run(
        intake.order_to_pay(wanted(harness.company.shop, (KETTLE, 1)), urls)
    )
    assert checkout is not None
    harness.trigger("faults/order", kind="drop_after", method="POST", path="/v1/checkout/sessions")
    with pytest.raises(payments.GatewayUnavailable):
        payments.show_checkout(harness.database, checkout)
    session = harness.checkout(placed)
    pages = harness.stripe.v1.checkout.sessions.list({"limit": 100}).data
    ours = [page.id for page in pages if page.client_reference_id == str(placed.order_id)]
    assert ours == [session], "the same request, so the same page"
    harness.trigger("sessions/pay", session=session, card="success")
    harness.webhook_events_arrive()
    assert harness.order(placed).paid_minor == placed.total_minor
    harness.every_check_passes()
