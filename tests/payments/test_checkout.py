"""Taking money: one page an order, letters in any order, and money that comes late or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from tests.till import Till

from mainstem import orders, payments
from mainstem.kit.db import Database
from mainstem.payments import GatewayUnavailable, OrderNotPayable


def expire(database: Database) -> int:
    with database.work() as work:
        return orders.expire_unpaid(work)


def test_asking_twice_gives_the_same_page(till: Till) -> None:
    placed = till.an_order()
    first, second = till.checkout(placed), till.checkout(placed)
    assert first == second
    assert len(till.rows("SELECT 1 FROM payment")) == 1
    assert len(till.rows("SELECT 1 FROM operation")) == 1


def test_four_clicks_at_once_open_one_page(till: Till) -> None:
    placed = till.an_order()

    def click(_: int) -> str | None:
        try:
            return till.checkout(placed)
        except GatewayUnavailable:  # the same key is still being answered; the client clicks again
            return None

    with ThreadPoolExecutor(4) as threads:
        pages = {page for page in threads.map(click, range(4)) if page}
    assert pages == {till.checkout(placed)}
    assert len(till.rows("SELECT 1 FROM payment")) == 1


@pytest.mark.parametrize("trouble", ["drop_before", "drop_after", "http_before", "http_after"])
def test_a_page_is_opened_once_however_the_answer_is_lost(till: Till, trouble: str) -> None:
    placed = till.an_order()
    till.pull("faults/order", kind=trouble, method="POST", path="/v1/checkout/sessions")
    with pytest.raises(GatewayUnavailable):
        till.checkout(placed)
    session = till.checkout(placed)
    found = till.stripe.v1.checkout.sessions.list({"limit": 100})
    ours = [s.id for s in found.data if s.client_reference_id == str(placed.order_id)]
    assert ours == [session]


def test_a_key_that_answers_trouble_for_ever_does_not_keep_the_client_from_paying(
    till: Till,
) -> None:
    placed = till.an_order()
    till.pull("faults/order", kind="sticky_http", method="POST", path="/v1/checkout/sessions")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            till.checkout(placed)
    session = till.checkout(placed)
    till.pull("sessions/pay", session=session, card="success")
    payments.settle_session(till.database, session)
    till.drain()
    assert till.order(placed).payment_status == "paid"
    till.every_truth_holds()


def test_a_paid_order_is_booked_with_its_fee_once_whatever_comes_twice(till: Till) -> None:
    placed = till.a_paid_order()
    session = till.payment(placed).session_id
    for _ in range(3):
        payments.settle_session(till.database, session)
        till.letters_arrive()
    till.read(till.kept)
    till.drain()
    payment = till.payment(placed)
    assert till.order(placed).state == "placed"
    assert till.balances(0) == {
        (0, "gateway_cash"): payment.fee_minor - placed.total_minor,
        (0, "fees"): -payment.fee_minor,
        (0, "sales"): placed.total_minor - placed.totals.tax_minor,
        (0, "tax"): placed.totals.tax_minor,
    }
    assert payment.fee_minor > 0
    with pytest.raises(OrderNotPayable):
        till.checkout(placed)
    till.every_truth_holds()


@pytest.mark.parametrize("seed", range(4))
def test_letters_doubled_shuffled_and_lost_end_the_same(till: Till, seed: int) -> None:
    """A payment, a refund made at the gateway without a word of ours, and a dispute."""
    dice = Random(seed)
    placed = till.an_order()
    session = till.checkout(placed)
    paid = till.pull("sessions/pay", session=session, card="success")
    intent = paid["payment_intent"]["id"]
    till.stripe.v1.refunds.create({"payment_intent": intent, "amount": 50000})
    charge = paid["payment_intent"]["latest_charge"]
    till.pull("disputes/open", charge=charge, amount=60000)
    letters = till.collect()
    about = {json.loads(raw)["type"] for raw, _ in letters}
    assert {"checkout.session.completed", "refund.created", "charge.dispute.created"} <= about
    # What says the same thing in other words may be lost; one of each kind of thing must come.
    lost = {"payment_intent.succeeded", "charge.succeeded", "charge.refunded", "charge.updated",
            "refund.updated", "payment_intent.created", "charge.dispute.funds_withdrawn"}  # fmt: skip
    some = [
        letter
        for letter in letters * 2
        if json.loads(letter[0])["type"] not in lost or dice.random() < 0.3
    ]
    dice.shuffle(some)
    for letter in some:
        till.read([letter])
        till.drain()
    till.try_again()
    order = till.order(placed)
    assert (order.paid_minor, order.refunded_minor, order.disputed_minor) == (250000, 50000, 60000)
    assert order.payment_status == "disputed"
    till.every_truth_holds()


def test_money_that_comes_too_late_goes_back_whole(till: Till) -> None:
    placed = till.an_order()
    session = till.checkout(placed)
    till.clock.move(timedelta(hours=2))
    assert expire(till.database) == 1
    till.drain()
    till.pull("sessions/pay", session=session, card="success")
    till.letters_arrive()
    till.letters_arrive()
    order = till.order(placed)
    assert (order.state, order.payment_status) == ("expired", "refunded")
    assert order.refunded_minor == placed.total_minor
    assert (0, "sales") not in till.balances(0)
    assert (0, "tax") not in till.balances(0)
    till.every_truth_holds()


def test_delayed_money_keeps_the_goods_until_the_bank_answers(till: Till) -> None:
    placed = till.an_order()
    session = till.checkout(placed)
    till.pull("sessions/pay", session=session, card="delayed_success")
    till.letters_arrive()
    till.clock.move(timedelta(hours=2))
    assert expire(till.database) == 0
    assert till.payment(placed).state == "processing"
    with pytest.raises(OrderNotPayable):
        till.checkout(placed)
    till.pull("sessions/bank_answers", session=session, arrived=True)
    till.letters_arrive()
    assert till.order(placed).state == "placed"
    till.every_truth_holds()


def test_delayed_money_that_never_comes_frees_the_goods(till: Till) -> None:
    placed = till.an_order()
    session = till.checkout(placed)
    till.pull("sessions/pay", session=session, card="delayed_failure")
    till.letters_arrive()
    till.pull("sessions/bank_answers", session=session, arrived=False)
    till.letters_arrive()
    assert till.payment(placed).state == "failed"
    assert till.checkout(placed) != session  # while there is time, she may try another way
    till.clock.move(timedelta(hours=2))
    assert expire(till.database) == 1
    till.drain()
    assert till.rows("SELECT 1 FROM stock_level WHERE reserved > 0") == []
    till.every_truth_holds()


def test_a_declined_card_may_be_followed_by_another(till: Till) -> None:
    placed = till.an_order()
    session = till.checkout(placed)
    till.pull("sessions/pay", session=session, card="declined")
    till.letters_arrive()
    assert till.order(placed).state == "pending"
    till.pull("sessions/pay", session=till.checkout(placed), card="success")
    till.letters_arrive()
    assert till.order(placed).state == "placed"
    till.every_truth_holds()


def test_a_page_that_expired_gives_way_to_a_new_one(till: Till) -> None:
    placed = till.an_order()
    first = till.checkout(placed)
    till.pull("sessions/expire", session=first)
    till.letters_arrive()
    assert till.payment(placed).state == "expired"
    second = till.checkout(placed)
    assert second != first
    till.pull("sessions/pay", session=second, card="success")
    till.letters_arrive()
    assert till.order(placed).paid_minor == placed.total_minor
    till.every_truth_holds()
