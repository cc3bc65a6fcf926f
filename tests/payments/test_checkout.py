"""Taking money: one page an order, webhook events in any order, and money that comes late or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from tests.harness import Harness

from mainstem import orders, payments
from mainstem.kit.db import Database
from mainstem.payments import GatewayUnavailable, OrderNotPayable


def expire(database: Database) -> int:
    with database.work() as work:
        return orders.expire_unpaid(work)


def test_asking_twice_gives_the_same_page(harness: Harness) -> None:
    placed = harness.an_order()
    first, second = harness.checkout(placed), harness.checkout(placed)
    assert first == second
    assert len(harness.rows("SELECT 1 FROM payment")) == 1
    assert len(harness.rows("SELECT 1 FROM operation")) == 1


def test_four_clicks_at_once_open_one_page(harness: Harness) -> None:
    placed = harness.an_order()

    def click(_: int) -> str | None:
        try:
            return harness.checkout(placed)
        except GatewayUnavailable:  # the same key is still being answered; the client clicks again
            return None

    with ThreadPoolExecutor(4) as threads:
        pages = {page for page in threads.map(click, range(4)) if page}
    assert pages == {harness.checkout(placed)}
    assert len(harness.rows("SELECT 1 FROM payment")) == 1


@pytest.mark.parametrize("trouble", ["drop_before", "drop_after", "http_before", "http_after"])
def test_a_page_is_opened_once_however_the_answer_is_lost(harness: Harness, trouble: str) -> None:
    placed = harness.an_order()
    harness.trigger("faults/order", kind=trouble, method="POST", path="/v1/checkout/sessions")
    with pytest.raises(GatewayUnavailable):
        harness.checkout(placed)
    session = harness.checkout(placed)
    found = harness.stripe.v1.checkout.sessions.list({"limit": 100})
    ours = [s.id for s in found.data if s.client_reference_id == str(placed.order_id)]
    assert ours == [session]


def test_a_key_that_answers_trouble_for_ever_does_not_keep_the_client_from_paying(
    harness: Harness,
) -> None:
    placed = harness.an_order()
    harness.trigger("faults/order", kind="sticky_http", method="POST", path="/v1/checkout/sessions")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            harness.checkout(placed)
    session = harness.checkout(placed)
    harness.trigger("sessions/pay", session=session, card="success")
    payments.settle_session(harness.database, session)
    harness.drain()
    assert harness.order(placed).payment_status == "paid"
    harness.every_check_passes()


def test_a_paid_order_is_booked_with_its_fee_once_whatever_comes_twice(harness: Harness) -> None:
    placed = harness.a_paid_order()
    session = harness.payment(placed).session_id
    for _ in range(3):
        payments.settle_session(harness.database, session)
        harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    payment = harness.payment(placed)
    assert harness.order(placed).state == "placed"
    assert harness.balances(0) == {
        (0, "gateway_cash"): payment.fee_minor - placed.total_minor,
        (0, "fees"): -payment.fee_minor,
        (0, "sales"): placed.total_minor - placed.totals.tax_minor,
        (0, "tax"): placed.totals.tax_minor,
    }
    assert payment.fee_minor > 0
    with pytest.raises(OrderNotPayable):
        harness.checkout(placed)
    harness.every_check_passes()


@pytest.mark.parametrize("seed", range(4))
def test_webhook_events_repeated_shuffled_and_lost_end_the_same(
    harness: Harness, seed: int
) -> None:
    """A payment, a refund made at the gateway without a word of ours, and a dispute."""
    dice = Random(seed)
    placed = harness.an_order()
    session = harness.checkout(placed)
    paid = harness.trigger("sessions/pay", session=session, card="success")
    intent = paid["payment_intent"]["id"]
    harness.stripe.v1.refunds.create({"payment_intent": intent, "amount": 50000})
    charge = paid["payment_intent"]["latest_charge"]
    harness.trigger("disputes/open", charge=charge, amount=60000)
    events = harness.collect()
    about = {json.loads(raw)["type"] for raw, _ in events}
    assert {"checkout.session.completed", "refund.created", "charge.dispute.created"} <= about
    # What says the same thing in other words may be lost; one of each kind of thing must come.
    lost = {"payment_intent.succeeded", "charge.succeeded", "charge.refunded", "charge.updated",
            "refund.updated", "payment_intent.created", "charge.dispute.funds_withdrawn"}  # fmt: skip
    some = [
        event
        for event in events * 2
        if json.loads(event[0])["type"] not in lost or dice.random() < 0.3
    ]
    dice.shuffle(some)
    for event in some:
        harness.read([event])
        harness.drain()
    harness.try_again()
    order = harness.order(placed)
    assert (order.paid_minor, order.refunded_minor, order.disputed_minor) == (250000, 50000, 60000)
    assert order.payment_status == "disputed"
    harness.every_check_passes()


def test_money_that_comes_too_late_goes_back_whole(harness: Harness) -> None:
    placed = harness.an_order()
    session = harness.checkout(placed)
    harness.clock.move(timedelta(hours=2))
    assert expire(harness.database) == 1
    harness.drain()
    harness.trigger("sessions/pay", session=session, card="success")
    harness.webhook_events_arrive()
    harness.webhook_events_arrive()
    order = harness.order(placed)
    assert (order.state, order.payment_status) == ("expired", "refunded")
    assert order.refunded_minor == placed.total_minor
    assert (0, "sales") not in harness.balances(0)
    assert (0, "tax") not in harness.balances(0)
    harness.every_check_passes()


def test_delayed_money_keeps_the_goods_until_the_bank_answers(harness: Harness) -> None:
    placed = harness.an_order()
    session = harness.checkout(placed)
    harness.trigger("sessions/pay", session=session, card="delayed_success")
    harness.webhook_events_arrive()
    harness.clock.move(timedelta(hours=2))
    assert expire(harness.database) == 0
    assert harness.payment(placed).state == "processing"
    with pytest.raises(OrderNotPayable):
        harness.checkout(placed)
    harness.trigger("sessions/bank_answers", session=session, arrived=True)
    harness.webhook_events_arrive()
    assert harness.order(placed).state == "placed"
    harness.every_check_passes()


def test_delayed_money_that_never_comes_frees_the_goods(harness: Harness) -> None:
    placed = harness.an_order()
    session = harness.checkout(placed)
    harness.trigger("sessions/pay", session=session, card="delayed_failure")
    harness.webhook_events_arrive()
    harness.trigger("sessions/bank_answers", session=session, arrived=False)
    harness.webhook_events_arrive()
    assert harness.payment(placed).state == "failed"
    assert len(harness.rows("SELECT 1 FROM fact WHERE name = 'payment.failed'")) == 1
    assert (
        harness.checkout(placed) != session
    )  # while there is time, the client may try another way
    harness.clock.move(timedelta(hours=2))
    assert expire(harness.database) == 1
    harness.drain()
    assert harness.rows("SELECT 1 FROM stock_level WHERE reserved > 0") == []
    harness.every_check_passes()


def test_a_declined_card_may_be_followed_by_another(harness: Harness) -> None:
    placed = harness.an_order()
    session = harness.checkout(placed)
    harness.trigger("sessions/pay", session=session, card="declined")
    harness.webhook_events_arrive()
    assert harness.order(placed).state == "pending"
    harness.trigger("sessions/pay", session=harness.checkout(placed), card="success")
    harness.webhook_events_arrive()
    assert harness.order(placed).state == "placed"
    harness.every_check_passes()


def test_a_page_that_expired_gives_way_to_a_new_one(harness: Harness) -> None:
    placed = harness.an_order()
    first = harness.checkout(placed)
    harness.trigger("sessions/expire", session=first)
    harness.webhook_events_arrive()
    assert harness.payment(placed).state == "expired"
    second = harness.checkout(placed)
    assert second != first
    harness.trigger("sessions/pay", session=second, card="success")
    harness.webhook_events_arrive()
    assert harness.order(placed).paid_minor == placed.total_minor
    harness.every_check_passes()
