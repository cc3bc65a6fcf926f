"""An order that is paid twice: it counts once, and the second payment goes back by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.till import Till

from mainstem import orders, payments, worker
from mainstem.kit.errors import InvalidTransition
from mainstem.orders import Placed
from mainstem.payments import GatewayUnavailable, OrderNotPayable

CEDAR = 20000


def two_pages(till: Till, placed: Placed | None = None) -> tuple[Placed, list[str]]:
    """An order with two open pages: the answer about the first one never came."""
    placed = placed or till.an_order()
    before = pages_of(till, placed)
    till.pull("faults/order", kind="sticky_http", method="POST", path="/v1/checkout/sessions")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            till.checkout(placed)
    shown = till.checkout(placed)
    ours = [id for id in pages_of(till, placed) if id not in before]
    assert len(ours) == 2
    return placed, [shown, *(id for id in ours if id != shown)]


def pages_of(till: Till, placed: Placed) -> list[str]:
    found = till.stripe.v1.checkout.sessions.list({"limit": 100})
    return [s.id for s in found.data if s.client_reference_id == str(placed.order_id)]


def pay(till: Till, sessions: list[str], card: str = "success") -> None:
    for session in sessions:
        till.pull("sessions/pay", session=session, card=card)


def second(till: Till) -> Any:
    [row] = till.rows("SELECT * FROM payment WHERE state IN ('duplicate', 'returned')")
    return row


def returns(till: Till) -> list[tuple[str, int]]:
    found = till.stripe.v1.refunds.list({"payment_intent": second(till).intent_id, "limit": 100})
    return sorted((str(refund.status), refund.amount) for refund in found.data)


def counts_once(till: Till, placed: Placed) -> None:
    """The order knows of one payment and of no refund; the books explain every movement."""
    order = till.order(placed)
    assert (order.paid_minor, order.refunded_minor) == (placed.total_minor, 0)
    assert (order.state, order.payment_status) == ("placed", "paid")
    fees = sum(row.fee_minor for row in till.rows("SELECT fee_minor FROM payment"))
    assert till.balances(0) == {
        (0, "gateway_cash"): fees - placed.total_minor,
        (0, "fees"): -fees,
        (0, "sales"): placed.total_minor - placed.totals.tax_minor,
        (0, "tax"): placed.totals.tax_minor,
    }
    till.every_truth_holds()


def test_two_pages_both_paid_count_once_and_the_second_goes_back(till: Till) -> None:
    placed, pages = two_pages(till)
    pay(till, pages)
    till.letters_arrive()
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    assert second(till).state == "returned"
    assert returns(till) == [("succeeded", placed.total_minor)]
    counts_once(till, placed)
    assert len(till.rows("SELECT 1 FROM fact WHERE name = 'order.paid'")) == 1


def test_the_second_payment_earns_nobody_anything_and_its_return_takes_nothing(till: Till) -> None:
    placed, pages = two_pages(till)
    pay(till, pages[:1])
    till.letters_arrive()
    with till.database.work() as work:
        orders.record_shipment(work, [(placed.home_id, placed.order_id, 1, 2)])
        orders.record_delivery(work, [(placed.home_id, placed.order_id, 1, 2)])
    till.drain()
    pay(till, pages[1:])
    till.letters_arrive()
    till.letters_arrive()
    assert returns(till) == [("succeeded", placed.total_minor)]
    assert till.balances(till.company.cedar) == {(till.company.cedar, "pending"): CEDAR}
    till.every_truth_holds()


def test_a_page_given_up_and_paid_after_all_is_the_second_payment(till: Till) -> None:
    """The bank of the first attempt said no, she paid by another; then the first came after all."""
    placed = till.an_order()
    first = till.checkout(placed)
    with till.database.work() as work:
        work.run("UPDATE payment SET state = 'failed'")
    later = till.checkout(placed)
    assert later != first
    pay(till, [later])
    till.letters_arrive()
    pay(till, [first])
    till.letters_arrive()
    till.letters_arrive()
    assert [row.state for row in till.rows("SELECT state FROM payment ORDER BY attempt")] == [
        "returned", "captured",
    ]  # fmt: skip
    counts_once(till, placed)


def test_a_third_payment_goes_back_too(till: Till) -> None:
    """Two pages of a later attempt are paid, and so is the page of the first one."""
    placed = till.an_order()
    first = till.checkout(placed)
    with till.database.work() as work:
        work.run("UPDATE payment SET state = 'failed'")
    _, later = two_pages(till, placed)
    for page in (first, *later):
        pay(till, [page])
        till.letters_arrive()
    till.letters_arrive()
    assert [row.state for row in till.rows("SELECT state FROM payment ORDER BY attempt")] == [
        "captured", "returned", "returned",
    ]  # fmt: skip
    counts_once(till, placed)


def test_no_page_is_opened_for_an_order_whose_money_has_come(till: Till) -> None:
    placed = till.an_order()
    session = till.checkout(placed)
    pay(till, [session])
    payments.settle_session(till.database, session)
    assert till.order(placed).state == "pending", "its reaction has not run"
    with pytest.raises(OrderNotPayable):
        till.checkout(placed)


@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_sends_nothing_back_twice(till: Till, trouble: str) -> None:
    placed, pages = two_pages(till)
    pay(till, pages)
    till.pull("faults/order", kind=trouble, method="POST", path="/v1/refunds")
    till.letters_arrive()
    till.try_again()
    till.letters_arrive()
    assert returns(till) == [("succeeded", placed.total_minor)]
    assert till.rows("SELECT 1 FROM operation WHERE kind = 'refund' AND state <> 'done'") == []
    counts_once(till, placed)


def test_a_return_that_the_gateway_refuses_waits_for_finance(till: Till) -> None:
    placed, pages = two_pages(till)
    pay(till, pages)
    till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    till.letters_arrive()
    assert (second(till).state, returns(till)) == ("duplicate", [])
    till.clock.move(timedelta(hours=3))
    worker.tick(till.database)
    till.drain()
    assert returns(till) == [], "it is not asked for again by itself"
    assert till.balances(0)[0, "suspense"] == placed.total_minor
    till.every_truth_holds()
    ask_again(till)
    assert returns(till) == [("succeeded", placed.total_minor)]
    with pytest.raises(InvalidTransition):
        ask_again(till)
    counts_once(till, placed)


def ask_again(till: Till) -> None:
    row = second(till)
    with till.database.work() as work:
        payments.ask_return(work, row.home_id, row.id)
    till.drain()


def test_a_return_that_fails_later_is_owed_again_and_asked_for_again(till: Till) -> None:
    placed, pages = two_pages(till)
    pay(till, pages, card="refund_pending")
    till.letters_arrive()
    [refund] = till.stripe.v1.refunds.list({"payment_intent": second(till).intent_id}).data
    till.pull("refunds/settle", refund=refund.id)
    till.letters_arrive()
    assert second(till).state == "returned"
    till.pull("refunds/fail", refund=refund.id)
    till.letters_arrive()
    assert second(till).state == "duplicate"
    assert till.balances(0)[0, "suspense"] == placed.total_minor
    assert len(till.rows("SELECT 1 FROM fact WHERE name = 'payment.return_failed'")) == 1
    ask_again(till)
    [again] = [
        one
        for one in till.stripe.v1.refunds.list({"payment_intent": second(till).intent_id}).data
        if one.id != refund.id
    ]
    till.pull("refunds/settle", refund=again.id)
    till.clock.move(timedelta(hours=2))
    worker.tick(till.database)  # its letter is lost
    till.drain()
    assert second(till).state == "returned"
    counts_once(till, placed)


def test_a_second_payment_sent_back_at_the_gateway_is_booked_once(till: Till) -> None:
    placed, pages = two_pages(till)
    pay(till, pages[:1])
    till.letters_arrive()
    paid = till.pull("sessions/pay", session=pages[1], card="success")
    till.stripe.v1.refunds.create({"payment_intent": paid["payment_intent"]["id"]})
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    assert returns(till) == [("succeeded", placed.total_minor)]
    assert second(till).state == "returned"
    counts_once(till, placed)


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_second_payment_that_her_bank_fetches_back_is_no_dispute_of_the_order(
    till: Till, outcome: str
) -> None:
    placed, pages = two_pages(till)
    pay(till, pages)
    till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    till.letters_arrive()
    dispute = till.pull("disputes/open", charge=second(till).charge_id)
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    assert second(till).state == "returned"
    assert (0, "suspense") not in till.balances(0)
    assert (till.order(placed).disputed_minor, till.order(placed).payment_status) == (0, "paid")
    till.every_truth_holds()
    till.pull("disputes/close", dispute=dispute["id"], outcome=outcome)
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    owed = placed.total_minor if outcome == "won" else 0
    assert till.balances(0).get((0, "suspense"), 0) == owed
    assert second(till).state == ("duplicate" if owed else "returned")
    till.every_truth_holds()
