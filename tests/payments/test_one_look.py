"""The gateway tells of one payment in several letters: one look answers them all, or none is needed."""

from __future__ import annotations

import logging

import pytest
from tests.till import Till

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


def test_the_letters_of_one_payment_are_answered_by_one_look(
    till: Till, requests: Requests
) -> None:
    placed = till.an_order()
    till.pull("sessions/pay", session=till.checkout(placed), card="success")
    letters = till.collect()
    requests.forget()
    till.read(letters)
    till.drain()
    assert len(letters) >= 4
    assert len(requests.made()) == 1, requests.made()
    payment = till.payment(placed)
    assert (payment.state, payment.captured_minor) == ("captured", placed.total_minor)
    assert payment.fee_minor > 0
    assert till.order(placed).state == "placed"
    till.every_truth_holds()


def test_the_letters_of_a_payment_that_is_known_ask_for_nothing(
    till: Till, requests: Requests
) -> None:
    till.a_paid_order()  # the client's return has looked
    letters = till.collect()
    requests.forget()
    till.read(letters)
    till.drain()
    assert len(letters) >= 4
    assert requests.made() == []
    assert till.rows("SELECT name FROM fact_waiting") == []
    till.every_truth_holds()


def test_a_letter_of_a_refund_is_looked_up_though_its_payment_is_known(
    till: Till, requests: Requests
) -> None:
    placed = till.a_paid_order()
    till.letters_arrive()
    till.stripe.v1.refunds.create(
        {"payment_intent": till.payment(placed).intent_id, "amount": 1000}
    )
    letters = till.collect()
    requests.forget()
    till.read(letters)
    till.drain()
    assert len(requests.made()) == 1, requests.made()
    till.pull("refunds/settle", refund=till.rows("SELECT provider_id FROM refund")[0].provider_id)
    till.letters_arrive()
    assert till.order(placed).refunded_minor == 1000
    till.every_truth_holds()
