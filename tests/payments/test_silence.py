"""Letters that never come: what the gateway knows is found by looking, once, and in time."""

from __future__ import annotations

from datetime import timedelta

from tests.company import KETTLE
from tests.till import Till

from mainstem import payments, payouts, worker
from mainstem.orders import Placed

EARNED = 20000


def time_passes(till: Till, **by: float) -> None:
    """The clock ticks at the end of it, and what follows is done; no letter is read."""
    till.clock.move(timedelta(**by))
    worker.tick(till.database)
    till.drain()


def looks(till: Till, name: str) -> int:
    return len(till.rows("SELECT 1 FROM fact WHERE name = %(name)s", name=name))


def a_payment_nobody_told_of(till: Till) -> Placed:
    placed = till.an_order()
    till.pull("sessions/pay", session=till.checkout(placed), card="success")
    return placed


def test_a_payment_without_its_letter_is_found_before_the_goods_are_given_up(till: Till) -> None:
    placed = a_payment_nobody_told_of(till)
    time_passes(till, minutes=10)
    assert till.order(placed).state == "pending"
    time_passes(till, minutes=10)
    assert till.order(placed).state == "placed"
    time_passes(till, hours=2)
    assert till.order(placed).state == "placed"
    assert looks(till, "reconcile.payment") == 1
    till.letters_arrive()
    assert till.order(placed).paid_minor == placed.total_minor
    till.every_truth_holds()


def test_delayed_money_without_its_letters_is_found(till: Till) -> None:
    placed = till.an_order()
    session = till.checkout(placed)
    till.pull("sessions/pay", session=session, card="delayed_success")
    time_passes(till, minutes=20)
    assert till.payment(placed).state == "processing"
    till.pull("sessions/bank_answers", session=session, arrived=True)
    time_passes(till, hours=7)
    assert till.order(placed).state == "placed"
    till.every_truth_holds()


def test_one_that_cannot_be_looked_at_stops_nobody(till: Till) -> None:
    stuck, other = a_payment_nobody_told_of(till), a_payment_nobody_told_of(till)
    path = f"/v1/checkout/sessions/{till.payment(stuck).session_id}"
    till.pull("faults/order", kind="http_before", method="GET", path=path, times=1000)
    time_passes(till, minutes=20)
    assert till.order(stuck).state == "pending"
    assert till.order(other).state == "placed"
    for _ in range(3):
        time_passes(till, minutes=1)
    assert looks(till, "reconcile.payment") == 2, "the one that waits is not recorded again"
    till.pull("faults/clear")
    till.try_again()
    assert till.order(stuck).state == "placed"
    till.every_truth_holds()


def test_the_oldest_are_looked_at_first_and_so_many_at_a_time(till: Till) -> None:
    first = till.an_order()
    till.checkout(first)
    till.clock.move(timedelta(minutes=1))
    second = till.an_order()
    till.checkout(second)
    till.clock.move(timedelta(minutes=20))
    told = "SELECT subject FROM fact WHERE name = 'reconcile.payment' ORDER BY id"
    for found in ([first], [first, second], [first, second]):
        with till.database.work() as work:
            payments.overdue.chase(work, "reconcile.payment", payments.overdue._PAYMENTS, most=1)
        assert [row.subject for row in till.rows(told)] == [
            str(till.payment(placed).id) for placed in found
        ]


def test_a_refund_without_its_letter_is_found(till: Till) -> None:
    placed = till.a_delivered_order(card="refund_pending")
    with till.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=250000, reason="returned"
        )
    till.drain()
    [refund] = till.rows("SELECT provider_id, state FROM refund")
    assert refund.state == "submitted"
    till.pull("refunds/settle", refund=refund.provider_id)
    time_passes(till, hours=2)
    assert till.order(placed).payment_status == "refunded"
    time_passes(till, hours=12)
    assert looks(till, "reconcile.refund") == 1
    till.letters_arrive()
    assert till.order(placed).refunded_minor == 250000
    till.every_truth_holds()


def test_a_refund_s_letter_by_its_older_name_is_understood(till: Till) -> None:
    placed = till.a_delivered_order(card="refund_pending")
    with till.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=250000, reason="returned"
        )
    till.drain()
    [refund] = till.rows("SELECT provider_id FROM refund")
    till.pull("refunds/settle", refund=refund.provider_id)
    till.a_letter_again("charge.refund.updated", refund.provider_id)
    assert till.order(placed).payment_status == "refunded"
    till.every_truth_holds()


def test_a_refund_that_never_reached_the_gateway_is_carried_out(till: Till) -> None:
    placed = till.a_delivered_order()
    with till.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=250000, reason="returned"
        )
        work.run("UPDATE fact_waiting SET state = 'dead' WHERE name = 'refund.requested'")
    time_passes(till, hours=2)
    assert till.order(placed).payment_status == "refunded"
    with till.database.work() as work:
        work.run("UPDATE fact_waiting SET state = 'waiting'")
    till.try_again()
    found = till.stripe.v1.refunds.list({"payment_intent": till.payment(placed).intent_id})
    assert [refund.amount for refund in found.data] == [250000]
    till.every_truth_holds()


def a_dispute_that_all_letters_told_of(till: Till) -> tuple[Placed, str]:
    placed = till.a_paid_order()
    opened = till.pull("disputes/open", charge=till.payment(placed).charge_id)
    till.letters_arrive()
    return placed, str(opened["id"])


def test_a_dispute_whose_end_nobody_told_of_is_found(till: Till) -> None:
    placed, dispute = a_dispute_that_all_letters_told_of(till)
    till.pull("disputes/close", dispute=dispute, outcome="won")
    time_passes(till, hours=1)
    [row] = till.rows("SELECT state FROM fulfilment")
    assert row.state == "released", "its goods may go"
    assert (till.order(placed).disputed_minor, looks(till, "reconcile.dispute")) == (0, 1)
    time_passes(till, hours=25)
    assert looks(till, "reconcile.dispute") == 1, "what is over is not asked for"
    till.letters_arrive()
    till.every_truth_holds()


def test_an_open_dispute_is_looked_at_once_a_day(till: Till) -> None:
    a_dispute_that_all_letters_told_of(till)
    told = looks(till, "payment.disputed")
    for _ in range(3):
        time_passes(till, hours=13)
    assert looks(till, "reconcile.dispute") == 2
    assert looks(till, "payment.disputed") == told, "nothing has changed"


def test_a_payout_without_its_letters_is_found(till: Till) -> None:
    account = till.affiliate_account(till.company.cedar)
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    with till.database.work() as work:
        assert payouts.run(work, till.clock.now().date()) == 1
    till.drain()
    [payout] = till.rows("SELECT payout_id FROM payout")
    till.pull("payouts/arrive", payout=payout.payout_id)
    time_passes(till, hours=2)
    assert looks(till, "reconcile.payout") == 0, "a bank takes its time"
    time_passes(till, hours=24)
    [paid] = till.rows("SELECT state FROM payout")
    assert paid.state == "paid"
    transfers = till.stripe.v1.transfers.list({"destination": account})
    assert [transfer.amount for transfer in transfers.data] == [EARNED]
    till.every_truth_holds()


def test_a_payout_that_stopped_on_its_way_goes_on_once(till: Till) -> None:
    account = till.affiliate_account(till.company.cedar)
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    with till.database.work() as work:
        assert payouts.run(work, till.clock.now().date()) == 1
    till.pull("faults/order", kind="drop_after", method="POST", path="/v1/transfers")
    till.drain()
    with till.database.work() as work:
        work.run("UPDATE fact_waiting SET state = 'dead' WHERE name = 'payout.reserved'")
    time_passes(till, hours=2)
    [payout] = till.rows("SELECT state FROM payout")
    assert payout.state == "requested"
    transfers = till.stripe.v1.transfers.list({"destination": account})
    assert [transfer.amount for transfer in transfers.data] == [EARNED]
    with till.database.work() as work:
        work.run("DELETE FROM fact_waiting")
    till.every_truth_holds()


def test_the_first_sweep_of_an_hour_begins_it_and_the_others_do_not(till: Till) -> None:
    for _ in range(4):
        time_passes(till, minutes=20)
    hours = till.rows("SELECT subject FROM fact WHERE name = 'clock.hourly' ORDER BY subject")
    assert [row.subject for row in hours] == [
        "2026-03-02T09:00:00+00:00", "2026-03-02T10:00:00+00:00",
    ]  # fmt: skip


def test_an_account_that_is_gone_is_closed(till: Till) -> None:
    till.affiliate_account(till.company.cedar)
    with till.database.work() as work:
        work.run("UPDATE pay_account SET account = 'acct_1Gone', state = 'onboarding'")
    time_passes(till, hours=2)
    assert [row.state for row in till.rows("SELECT state FROM pay_account")] == ["closed"]
    assert looks(till, "reconcile.account") == 1
