"""Reconciliation: what no webhook event has told is asked for, once, and in time."""

from __future__ import annotations

from datetime import timedelta

from tests.company import KETTLE
from tests.harness import Harness

from mainstem import payments, payouts, worker
from mainstem.orders import Placed

EARNED = 20000


def time_passes(harness: Harness, **by: float) -> None:
    """The clock ticks at the end of it, and what follows is done; no webhook event is read."""
    harness.clock.move(timedelta(**by))
    worker.tick(harness.database)
    harness.drain()


def reconciliations(harness: Harness, name: str) -> int:
    return len(harness.rows("SELECT 1 FROM fact WHERE name = %(name)s", name=name))


def a_payment_nobody_told_of(harness: Harness) -> Placed:
    placed = harness.an_order()
    harness.trigger("sessions/pay", session=harness.checkout(placed), card="success")
    return placed


def test_a_payment_without_its_webhook_event_is_found_before_the_goods_are_given_up(
    harness: Harness,
) -> None:
    placed = a_payment_nobody_told_of(harness)
    time_passes(harness, minutes=10)
    assert harness.order(placed).state == "pending"
    time_passes(harness, minutes=10)
    assert harness.order(placed).state == "placed"
    time_passes(harness, hours=2)
    assert harness.order(placed).state == "placed"
    assert reconciliations(harness, "reconcile.payment") == 1
    harness.webhook_events_arrive()
    assert harness.order(placed).paid_minor == placed.total_minor
    harness.every_check_passes()


def test_delayed_money_without_its_webhook_events_is_found(harness: Harness) -> None:
    placed = harness.an_order()
    session = harness.checkout(placed)
    harness.trigger("sessions/pay", session=session, card="delayed_success")
    time_passes(harness, minutes=20)
    assert harness.payment(placed).state == "processing"
    harness.trigger("sessions/bank_answers", session=session, arrived=True)
    time_passes(harness, hours=7)
    assert harness.order(placed).state == "placed"
    harness.every_check_passes()


def test_one_that_cannot_be_reconciled_stops_nobody(harness: Harness) -> None:
    stuck, other = a_payment_nobody_told_of(harness), a_payment_nobody_told_of(harness)
    path = f"/v1/checkout/sessions/{harness.payment(stuck).session_id}"
    harness.trigger("faults/order", kind="http_before", method="GET", path=path, times=1000)
    time_passes(harness, minutes=20)
    assert harness.order(stuck).state == "pending"
    assert harness.order(other).state == "placed"
    for _ in range(3):
        time_passes(harness, minutes=1)
    assert reconciliations(harness, "reconcile.payment") == 2, (
        "the one that waits is not recorded again"
    )
    harness.trigger("faults/clear")
    harness.try_again()
    assert harness.order(stuck).state == "placed"
    harness.every_check_passes()


def test_the_oldest_are_reconciled_first_and_so_many_at_a_time(harness: Harness) -> None:
    first = harness.an_order()
    harness.checkout(first)
    harness.clock.move(timedelta(minutes=1))
    second = harness.an_order()
    harness.checkout(second)
    harness.clock.move(timedelta(minutes=20))
    told = "SELECT subject FROM fact WHERE name = 'reconcile.payment' ORDER BY id"
    for found in ([first], [first, second], [first, second]):
        with harness.database.work() as work:
            payments.reconciliation.queue_reconciliations(
                work, "reconcile.payment", payments.reconciliation._PAYMENTS, most=1
            )
        assert [row.subject for row in harness.rows(told)] == [
            str(harness.payment(placed).id) for placed in found
        ]


def test_a_refund_without_its_webhook_event_is_found(harness: Harness) -> None:
    placed = harness.a_delivered_order(card="refund_pending")
    with harness.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=250000, reason="returned"
        )
    harness.drain()
    [refund] = harness.rows("SELECT provider_id, state FROM refund")
    assert refund.state == "submitted"
    harness.trigger("refunds/settle", refund=refund.provider_id)
    time_passes(harness, hours=2)
    assert harness.order(placed).payment_status == "refunded"
    time_passes(harness, hours=12)
    assert reconciliations(harness, "reconcile.refund") == 1
    harness.webhook_events_arrive()
    assert harness.order(placed).refunded_minor == 250000
    harness.every_check_passes()


def test_a_refund_s_webhook_event_by_its_older_name_is_understood(harness: Harness) -> None:
    placed = harness.a_delivered_order(card="refund_pending")
    with harness.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=250000, reason="returned"
        )
    harness.drain()
    [refund] = harness.rows("SELECT provider_id FROM refund")
    harness.trigger("refunds/settle", refund=refund.provider_id)
    harness.another_webhook_event("charge.refund.updated", refund.provider_id)
    assert harness.order(placed).payment_status == "refunded"
    harness.every_check_passes()


def test_a_refund_that_never_reached_the_gateway_is_carried_out(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    with harness.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=250000, reason="returned"
        )
        work.run("UPDATE fact_waiting SET state = 'dead' WHERE name = 'refund.requested'")
    time_passes(harness, hours=2)
    assert harness.order(placed).payment_status == "refunded"
    with harness.database.work() as work:
        work.run("UPDATE fact_waiting SET state = 'waiting'")
    harness.try_again()
    found = harness.stripe.v1.refunds.list({"payment_intent": harness.payment(placed).intent_id})
    assert [refund.amount for refund in found.data] == [250000]
    harness.every_check_passes()


def a_dispute_that_all_webhook_events_told_of(harness: Harness) -> tuple[Placed, str]:
    placed = harness.a_paid_order()
    opened = harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.webhook_events_arrive()
    return placed, str(opened["id"])


def test_a_dispute_whose_end_nobody_told_of_is_found(harness: Harness) -> None:
    placed, dispute = a_dispute_that_all_webhook_events_told_of(harness)
    harness.trigger("disputes/close", dispute=dispute, outcome="won")
    time_passes(harness, hours=1)
    [row] = harness.rows("SELECT state FROM fulfilment")
    assert row.state == "released", "its goods may go"
    assert (
        harness.order(placed).disputed_minor,
        reconciliations(harness, "reconcile.dispute"),
    ) == (0, 1)
    time_passes(harness, hours=25)
    assert reconciliations(harness, "reconcile.dispute") == 1, "what is over is not asked for"
    harness.webhook_events_arrive()
    harness.every_check_passes()


def test_a_dispute_is_kept_with_the_day_until_which_the_bank_takes_an_answer(
    harness: Harness,
) -> None:
    placed, _ = a_dispute_that_all_webhook_events_told_of(harness)
    with harness.database.work() as work:
        row = work.one(
            "SELECT opened_at, respond_by FROM dispute WHERE order_id = %(id)s", id=placed.order_id
        )
    assert row.respond_by == row.opened_at + timedelta(days=20)


def test_an_open_dispute_is_reconciled_once_a_day(harness: Harness) -> None:
    a_dispute_that_all_webhook_events_told_of(harness)
    told = reconciliations(harness, "payment.disputed")
    for _ in range(3):
        time_passes(harness, hours=13)
    assert reconciliations(harness, "reconcile.dispute") == 2
    assert reconciliations(harness, "payment.disputed") == told, "nothing has changed"


def test_a_payout_without_its_webhook_events_is_found(harness: Harness) -> None:
    account = harness.affiliate_account(harness.company.cedar)
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    with harness.database.work() as work:
        assert payouts.run(work, harness.clock.now().date()) == 1
    harness.drain()
    [payout] = harness.rows("SELECT payout_id FROM payout")
    harness.trigger("payouts/arrive", payout=payout.payout_id)
    time_passes(harness, hours=2)
    assert reconciliations(harness, "reconcile.payout") == 0, "a bank takes its time"
    time_passes(harness, hours=24)
    [paid] = harness.rows("SELECT state FROM payout")
    assert paid.state == "paid"
    transfers = harness.stripe.v1.transfers.list({"destination": account})
    assert [transfer.amount for transfer in transfers.data] == [EARNED]
    harness.every_check_passes()


def test_a_payout_that_stopped_on_its_way_goes_on_once(harness: Harness) -> None:
    account = harness.affiliate_account(harness.company.cedar)
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    with harness.database.work() as work:
        assert payouts.run(work, harness.clock.now().date()) == 1
    harness.trigger("faults/order", kind="drop_after", method="POST", path="/v1/transfers")
    harness.drain()
    with harness.database.work() as work:
        work.run("UPDATE fact_waiting SET state = 'dead' WHERE name = 'payout.reserved'")
    time_passes(harness, hours=2)
    [payout] = harness.rows("SELECT state FROM payout")
    assert payout.state == "requested"
    transfers = harness.stripe.v1.transfers.list({"destination": account})
    assert [transfer.amount for transfer in transfers.data] == [EARNED]
    with harness.database.work() as work:
        work.run("DELETE FROM fact_waiting")
    harness.every_check_passes()


def test_the_first_sweep_of_an_hour_begins_it_and_the_others_do_not(harness: Harness) -> None:
    for _ in range(4):
        time_passes(harness, minutes=20)
    hours = harness.rows("SELECT subject FROM fact WHERE name = 'clock.hourly' ORDER BY subject")
    assert [row.subject for row in hours] == [
        "2026-03-02T09:00:00+00:00", "2026-03-02T10:00:00+00:00",
    ]  # fmt: skip


def test_an_account_that_is_gone_is_closed(harness: Harness) -> None:
    harness.affiliate_account(harness.company.cedar)
    with harness.database.work() as work:
        work.run("UPDATE pay_account SET account = 'acct_1Gone', state = 'onboarding'")
    time_passes(harness, hours=2)
    assert [row.state for row in harness.rows("SELECT state FROM pay_account")] == ["closed"]
    assert reconciliations(harness, "reconcile.account") == 1
