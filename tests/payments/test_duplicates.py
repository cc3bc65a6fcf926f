"""Duplicate payments: an order counts once, and what was paid again is refunded by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.harness import Harness

from mainstem import orders, payments, worker
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.events import Fact
from mainstem.kit.ids import new_id
from mainstem.orders import Placed
from mainstem.payments import GatewayUnavailable, OrderNotPayable

CEDAR = 20000


def two_pages(harness: Harness, placed: Placed | None = None) -> tuple[Placed, list[str]]:
    """An order with two open pages: the answer about the first one never came."""
    placed = placed or harness.an_order()
    before = pages_of(harness, placed)
    harness.trigger("faults/order", kind="sticky_http", method="POST", path="/v1/checkout/sessions")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            harness.checkout(placed)
    shown = harness.checkout(placed)
    ours = [id for id in pages_of(harness, placed) if id not in before]
    assert len(ours) == 2
    return placed, [shown, *(id for id in ours if id != shown)]


def pages_of(harness: Harness, placed: Placed) -> list[str]:
    found = harness.stripe.v1.checkout.sessions.list({"limit": 100})
    return [s.id for s in found.data if s.client_reference_id == str(placed.order_id)]


def pay(harness: Harness, sessions: list[str], card: str = "success") -> None:
    for session in sessions:
        harness.trigger("sessions/pay", session=session, card=card)


def duplicate(harness: Harness) -> Any:
    [row] = harness.rows("SELECT * FROM payment WHERE state IN ('duplicate', 'returned')")
    return row


def refunds_of_duplicate(harness: Harness) -> list[tuple[str, int]]:
    found = harness.stripe.v1.refunds.list(
        {"payment_intent": duplicate(harness).intent_id, "limit": 100}
    )
    return sorted((str(refund.status), refund.amount) for refund in found.data)


def counts_once(harness: Harness, placed: Placed) -> None:
    """The order knows of one payment and of no refund; the books explain every movement."""
    order = harness.order(placed)
    assert (order.paid_minor, order.refunded_minor) == (placed.total_minor, 0)
    assert (order.state, order.payment_status) == ("placed", "paid")
    fees = sum(row.fee_minor for row in harness.rows("SELECT fee_minor FROM payment"))
    assert harness.balances(0) == {
        (0, "gateway_cash"): fees - placed.total_minor,
        (0, "fees"): -fees,
        (0, "sales"): placed.total_minor - placed.totals.tax_minor,
        (0, "tax"): placed.totals.tax_minor,
    }
    harness.every_check_passes()


def test_two_pages_both_paid_count_once_and_the_duplicate_is_refunded(harness: Harness) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages)
    harness.webhook_events_arrive()
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    assert duplicate(harness).state == "returned"
    assert refunds_of_duplicate(harness) == [("succeeded", placed.total_minor)]
    counts_once(harness, placed)
    assert len(harness.rows("SELECT 1 FROM fact WHERE name = 'order.paid'")) == 1


def test_a_duplicate_payment_earns_nobody_anything_and_its_refund_takes_nothing(
    harness: Harness,
) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages[:1])
    harness.webhook_events_arrive()
    with harness.database.work() as work:
        orders.record_shipment(work, [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)])
        orders.record_delivery(work, [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)])
    harness.drain()
    pay(harness, pages[1:])
    harness.webhook_events_arrive()
    harness.webhook_events_arrive()
    assert refunds_of_duplicate(harness) == [("succeeded", placed.total_minor)]
    assert harness.balances(harness.company.cedar) == {(harness.company.cedar, "pending"): CEDAR}
    harness.every_check_passes()


def test_a_page_given_up_and_paid_after_all_is_the_duplicate_payment(harness: Harness) -> None:
    """The bank of the first attempt said no, the client paid by another; then the first came after
    all."""
    placed = harness.an_order()
    first = harness.checkout(placed)
    with harness.database.work() as work:
        work.run("UPDATE payment SET state = 'failed'")
    later = harness.checkout(placed)
    assert later != first
    pay(harness, [later])
    harness.webhook_events_arrive()
    pay(harness, [first])
    harness.webhook_events_arrive()
    harness.webhook_events_arrive()
    assert [row.state for row in harness.rows("SELECT state FROM payment ORDER BY attempt")] == [
        "returned", "captured",
    ]  # fmt: skip
    counts_once(harness, placed)


def test_a_third_payment_is_refunded_too(harness: Harness) -> None:
    """Two pages of a later attempt are paid, and so is the page of the first one."""
    placed = harness.an_order()
    first = harness.checkout(placed)
    with harness.database.work() as work:
        work.run("UPDATE payment SET state = 'failed'")
    _, later = two_pages(harness, placed)
    for page in (first, *later):
        pay(harness, [page])
        harness.webhook_events_arrive()
    harness.webhook_events_arrive()
    assert [row.state for row in harness.rows("SELECT state FROM payment ORDER BY attempt")] == [
        "captured", "returned", "returned",
    ]  # fmt: skip
    counts_once(harness, placed)


def test_no_page_is_opened_for_an_order_whose_money_has_come(harness: Harness) -> None:
    placed = harness.an_order()
    session = harness.checkout(placed)
    pay(harness, [session])
    payments.settle_session(harness.database, session)
    assert harness.order(placed).state == "pending", "its reaction has not run"
    with pytest.raises(OrderNotPayable):
        harness.checkout(placed)


@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_sends_nothing_back_twice(harness: Harness, trouble: str) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages)
    harness.trigger("faults/order", kind=trouble, method="POST", path="/v1/refunds")
    harness.webhook_events_arrive()
    harness.try_again()
    harness.webhook_events_arrive()
    assert refunds_of_duplicate(harness) == [("succeeded", placed.total_minor)]
    assert harness.rows("SELECT 1 FROM operation WHERE kind = 'refund' AND state <> 'done'") == []
    counts_once(harness, placed)


def test_a_duplicate_refund_that_the_gateway_refuses_waits_for_finance(harness: Harness) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages)
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
    )
    harness.webhook_events_arrive()
    assert (duplicate(harness).state, refunds_of_duplicate(harness)) == ("duplicate", [])
    harness.clock.move(timedelta(hours=3))
    worker.tick(harness.database)
    harness.drain()
    assert refunds_of_duplicate(harness) == [], "it is not asked for again by itself"
    assert harness.balances(0)[0, "suspense"] == placed.total_minor
    harness.every_check_passes()
    ask_again(harness)
    assert refunds_of_duplicate(harness) == [("succeeded", placed.total_minor)]
    with pytest.raises(InvalidTransition):
        ask_again(harness)
    counts_once(harness, placed)


def ask_again(harness: Harness) -> None:
    row = duplicate(harness)
    with harness.database.work() as work:
        payments.request_duplicate_refund(work, row.home_id, row.id)
    harness.drain()


def test_a_duplicate_refund_that_fails_later_is_owed_again_and_requested_again(
    harness: Harness,
) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages, card="refund_pending")
    harness.webhook_events_arrive()
    [refund] = harness.stripe.v1.refunds.list({"payment_intent": duplicate(harness).intent_id}).data
    harness.trigger("refunds/settle", refund=refund.id)
    harness.webhook_events_arrive()
    assert duplicate(harness).state == "returned"
    harness.trigger("refunds/fail", refund=refund.id)
    harness.webhook_events_arrive()
    assert duplicate(harness).state == "duplicate"
    assert harness.balances(0)[0, "suspense"] == placed.total_minor
    assert len(harness.rows("SELECT 1 FROM fact WHERE name = 'payment.return_failed'")) == 1
    ask_again(harness)
    [again] = [
        one
        for one in harness.stripe.v1.refunds.list(
            {"payment_intent": duplicate(harness).intent_id}
        ).data
        if one.id != refund.id
    ]
    harness.trigger("refunds/settle", refund=again.id)
    harness.clock.move(timedelta(hours=2))
    worker.tick(harness.database)  # its webhook event is lost
    harness.drain()
    assert duplicate(harness).state == "returned"
    counts_once(harness, placed)


def test_a_duplicate_payment_refunded_at_the_gateway_is_booked_once(harness: Harness) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages[:1])
    harness.webhook_events_arrive()
    paid = harness.trigger("sessions/pay", session=pages[1], card="success")
    harness.stripe.v1.refunds.create({"payment_intent": paid["payment_intent"]["id"]})
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    assert refunds_of_duplicate(harness) == [("succeeded", placed.total_minor)]
    assert duplicate(harness).state == "returned"
    counts_once(harness, placed)


def test_what_the_gateway_has_refunded_of_a_duplicate_payment_is_not_sent_again(
    harness: Harness,
) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages[:1])
    harness.webhook_events_arrive()
    paid = harness.trigger("sessions/pay", session=pages[1], card="success")
    part = {"payment_intent": paid["payment_intent"]["id"], "amount": 1000}
    harness.stripe.v1.refunds.create(part)
    harness.webhook_events_arrive()
    harness.drain()
    assert refunds_of_duplicate(harness) == [
        ("succeeded", 1000),
        ("succeeded", placed.total_minor - 1000),
    ]
    assert duplicate(harness).state == "returned"
    counts_once(harness, placed)


def test_the_payment_that_counts_is_never_refunded_as_a_duplicate(harness: Harness) -> None:
    placed = harness.a_paid_order()
    [payment] = harness.rows("SELECT home_id, id FROM payment")
    for name, reaction in (
        ("payment.duplicated", payments.refund_duplicate),
        ("retry.duplicate", payments.retry_duplicate_refund),
    ):
        reaction(harness.database, Fact(new_id(), payment.home_id, name, str(payment.id)))
    intent = harness.payment(placed).intent_id
    assert harness.stripe.v1.refunds.list({"payment_intent": intent}).data == []
    assert harness.order(placed).payment_status == "paid"


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_of_a_duplicate_payment_is_no_dispute_of_the_order(
    harness: Harness, outcome: str
) -> None:
    placed, pages = two_pages(harness)
    pay(harness, pages)
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
    )
    harness.webhook_events_arrive()
    dispute = harness.trigger("disputes/open", charge=duplicate(harness).charge_id)
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    assert duplicate(harness).state == "returned"
    assert (0, "suspense") not in harness.balances(0)
    assert (harness.order(placed).disputed_minor, harness.order(placed).payment_status) == (
        0,
        "paid",
    )
    harness.every_check_passes()
    harness.trigger("disputes/close", dispute=dispute["id"], outcome=outcome)
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    owed = placed.total_minor if outcome == "won" else 0
    assert harness.balances(0).get((0, "suspense"), 0) == owed
    assert duplicate(harness).state == ("duplicate" if owed else "returned")
    harness.every_check_passes()
