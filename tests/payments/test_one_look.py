"""The gateway tells of one payment in several webhook events: one request answers them, or none."""

from __future__ import annotations

import logging

import pytest
from tests.harness import Harness

LOOKED = "Request to Stripe api"


class Requests:
    """The requests that the SDK sends, by its own account."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._log = caplog

    def made(self) -> list[str]:
        return [
            record.getMessage()
            for record in self._log.records
            if record.name == "stripe" and LOOKED in record.getMessage()
        ]

    def forget(self) -> None:
        self._log.clear()


@pytest.fixture
def requests(caplog: pytest.LogCaptureFixture) -> Requests:
    caplog.set_level(logging.INFO, logger="stripe")
    return Requests(caplog)


def test_the_webhook_events_of_one_payment_are_answered_by_one_request(
    harness: Harness, requests: Requests
) -> None:
    placed = harness.an_order()
    harness.trigger("sessions/pay", session=harness.checkout(placed), card="success")
    events = harness.collect()
    requests.forget()
    harness.read(events)
    harness.drain()
    assert len(events) >= 4
    assert len(requests.made()) == 1, requests.made()
    payment = harness.payment(placed)
    assert (payment.state, payment.captured_minor) == ("captured", placed.total_minor)
    assert payment.fee_minor > 0
    assert harness.order(placed).state == "placed"
    harness.every_check_passes()


def test_the_webhook_events_of_a_payment_that_is_known_ask_for_nothing(
    harness: Harness, requests: Requests
) -> None:
    harness.a_paid_order()  # the client's return has looked
    events = harness.collect()
    requests.forget()
    harness.read(events)
    harness.drain()
    assert len(events) >= 4
    assert requests.made() == []
    assert harness.rows("SELECT name FROM fact_waiting") == []
    harness.every_check_passes()


def test_a_webhook_event_of_a_refund_is_looked_up_though_its_payment_is_known(
    harness: Harness, requests: Requests
) -> None:
    placed = harness.a_paid_order()
    harness.webhook_events_arrive()
    harness.stripe.v1.refunds.create(
        {"payment_intent": harness.payment(placed).intent_id, "amount": 1000}
    )
    events = harness.collect()
    requests.forget()
    harness.read(events)
    harness.drain()
    assert len(requests.made()) == 1, requests.made()
    harness.trigger(
        "refunds/settle", refund=harness.rows("SELECT provider_id FROM refund")[0].provider_id
    )
    harness.webhook_events_arrive()
    assert harness.order(placed).refunded_minor == 1000
    harness.every_check_passes()
