"""Payouts that are canceled: the transfer is reversed once, and the money owed again once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE
from tests.harness import Harness
from tests.payouts.test_payouts import EARNED, payouts_of, ready, run
from tests.payouts.test_waiting import failed_at_the_bank, held_for_the_account

from mainstem import payouts, worker
from mainstem.kit.errors import InvalidTransition
from mainstem.payouts import PayoutInProgress


def cancel(harness: Harness, payout: Any = None) -> None:
    payout = payout or payouts_of(harness)[0]
    with harness.database.work() as work:
        payouts.cancel(work, payout.home_id, payout.id, reason="They have closed their account")


def reversed_at_the_gateway(harness: Harness, account: str) -> list[int]:
    transfers = harness.stripe.v1.transfers.list({"destination": account, "limit": 100})
    return [transfer.amount_reversed for transfer in transfers.data]


def owed_again(harness: Harness) -> None:
    cedar = harness.company.cedar
    assert harness.balances(cedar) == {(cedar, "payable"): EARNED}
    harness.every_check_passes()


def test_a_payout_that_never_left_is_payable_again(harness: Harness) -> None:
    account = held_for_the_account(harness)
    cancel(harness)
    harness.drain()
    assert payouts_of(harness)[0].state == "canceled"
    assert reversed_at_the_gateway(harness, account) == []
    owed_again(harness)
    [reason] = harness.rows(
        "SELECT reason FROM ledger_transfer WHERE key LIKE 'payout_canceled:%%'"
    )
    assert reason.reason.endswith("canceled: They have closed their account")


def test_a_returned_payout_is_reversed_once_and_paid_by_the_next_run(harness: Harness) -> None:
    account = failed_at_the_bank(harness)
    cancel(harness)
    harness.drain()
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    assert payouts_of(harness)[0].state == "canceled"
    assert reversed_at_the_gateway(harness, account) == [EARNED]
    owed_again(harness)
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "canceled", "what is canceled does not go on by itself"
    harness.clock.move(timedelta(days=7))
    assert run(harness) == 1
    harness.drain()
    assert [row.state for row in payouts_of(harness)] == ["canceled", "requested"]
    harness.every_check_passes()


@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_reverses_nothing_twice(harness: Harness, trouble: str) -> None:
    account = failed_at_the_bank(harness)
    [transfer] = harness.stripe.v1.transfers.list({"destination": account}).data
    path = f"/v1/transfers/{transfer.id}/reversals"
    harness.trigger("faults/order", kind=trouble, method="POST", path=path)
    cancel(harness)
    harness.drain()
    harness.try_again()
    assert payouts_of(harness)[0].state == "canceled"
    assert reversed_at_the_gateway(harness, account) == [EARNED]
    assert harness.rows("SELECT 1 FROM operation WHERE kind = 'reverse' AND state <> 'done'") == []
    owed_again(harness)


def test_a_reversal_made_at_the_gateway_is_booked_once(harness: Harness) -> None:
    account = failed_at_the_bank(harness)
    [transfer] = harness.stripe.v1.transfers.list({"destination": account}).data
    harness.stripe.v1.transfers.reversals.create(transfer.id, {"amount": 5000})
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "failed", "some of it is still there"
    harness.stripe.v1.transfers.reversals.create(transfer.id, {})
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.another_webhook_event("transfer.reversed", transfer.id)
    assert payouts_of(harness)[0].state == "canceled"
    owed_again(harness)


def test_what_was_partly_reversed_is_canceled_for_the_rest(harness: Harness) -> None:
    account = failed_at_the_bank(harness)
    [transfer] = harness.stripe.v1.transfers.list({"destination": account}).data
    harness.stripe.v1.transfers.reversals.create(transfer.id, {"amount": 5000})
    cancel(harness)
    harness.drain()
    assert payouts_of(harness)[0].state == "canceled"
    assert reversed_at_the_gateway(harness, account) == [EARNED]
    harness.webhook_events_arrive()
    owed_again(harness)


def test_money_that_an_affiliate_has_taken_out_is_not_given_back(harness: Harness) -> None:
    account = failed_at_the_bank(harness)
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.stripe.v1.payouts.create(
        {"amount": EARNED, "currency": "sek"}, {"stripe_account": account}
    )
    cancel(harness)
    harness.drain()
    [payout] = payouts_of(harness)
    assert (payout.state, "insufficient" in payout.error) == ("on_hold", True)
    cedar = harness.company.cedar
    assert harness.balances(cedar) == {}, "it is the affiliate's already"
    with harness.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    harness.clock.move(timedelta(days=3))
    worker.tick(harness.database)
    harness.drain()
    assert payouts_of(harness)[0].state == "on_hold", "staff decide what follows"
    harness.every_check_passes()


def test_an_account_that_may_not_be_looked_at_leaves_it_on_hold_for_people(
    harness: Harness,
) -> None:
    """Whether the affiliate's bank has been paid after all cannot be known, so nothing is
    reversed."""
    account = failed_at_the_bank(harness)
    with harness.database.work() as work:
        work.run("UPDATE operation SET state = 'unknown' WHERE kind = 'payout'")
    harness.trigger(
        "faults/order", kind="http_before", method="GET", path="/v1/payouts", status=402
    )
    cancel(harness)
    harness.drain()
    [payout] = payouts_of(harness)
    assert (payout.state, bool(payout.error)) == ("on_hold", True)
    assert reversed_at_the_gateway(harness, account) == [0]
    harness.every_check_passes()
    cancel(harness)
    harness.drain()
    assert payouts_of(harness)[0].state == "canceled"
    owed_again(harness)


def test_a_transfer_whose_answer_was_lost_is_found_and_reversed(harness: Harness) -> None:
    account = ready(harness)
    run(harness)
    harness.trigger("faults/order", kind="drop_after", method="POST", path="/v1/transfers")
    harness.drain()
    with harness.database.work() as work:
        work.run("UPDATE payout SET state = 'on_hold'")
    cancel(harness)
    harness.try_again()
    assert payouts_of(harness)[0].state == "canceled"
    assert reversed_at_the_gateway(harness, account) == [EARNED]
    harness.webhook_events_arrive()
    owed_again(harness)


def test_only_what_waits_or_failed_is_canceled(harness: Harness) -> None:
    ready(harness)
    run(harness)
    harness.drain()
    with pytest.raises(InvalidTransition):
        cancel(harness)
    harness.trigger("payouts/fail", payout=payouts_of(harness)[0].payout_id)
    harness.webhook_events_arrive()
    cancel(harness)
    with pytest.raises(InvalidTransition):
        cancel(harness)
    harness.drain()
    with pytest.raises(InvalidTransition):
        cancel(harness)
    owed_again(harness)


def test_a_failed_payout_beside_a_newer_one_is_canceled_after_it(harness: Harness) -> None:
    failed_at_the_bank(harness)
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    with harness.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    assert run(harness) == 1
    [failed, newer] = payouts_of(harness)
    with pytest.raises(PayoutInProgress):
        cancel(harness, failed)
    harness.drain()
    assert payouts_of(harness)[1].state == "on_hold"
    for payout in (newer, failed):
        cancel(harness, payout)
        harness.drain()
    cedar = harness.company.cedar
    assert harness.balances(cedar) == {(cedar, "payable"): 2 * EARNED}
    harness.every_check_passes()


def test_a_transfer_that_arrives_beside_a_newer_payout_is_booked_and_waits(
    harness: Harness,
) -> None:
    account = held_for_the_account(harness)
    cancel(harness)
    harness.drain()
    [canceled] = payouts_of(harness)
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.webhook_events_arrive()
    harness.clock.move(timedelta(days=7))
    assert run(harness) == 1
    harness.stripe.v1.transfers.create({
        "amount": EARNED, "currency": "sek", "destination": account,
        "metadata": {"home_id": str(canceled.home_id), "payout_id": str(canceled.id)},
    })  # fmt: skip
    harness.webhook_events_arrive()
    harness.try_again()
    assert harness.rows("SELECT 1 FROM fact_waiting") == [], "its webhook event is read"
    late, newer = payouts_of(harness)
    assert (late.state, late.cancel_reason) == ("failed", "They have closed their account")
    assert newer.state == "requested"
    harness.every_check_passes()
    with pytest.raises(PayoutInProgress):
        cancel(harness, late)
    harness.trigger("payouts/arrive", payout=newer.payout_id)
    harness.webhook_events_arrive()
    cancel(harness, late)
    harness.drain()
    assert [row.state for row in payouts_of(harness)] == ["canceled", "paid"]
    assert sorted(reversed_at_the_gateway(harness, account)) == [0, EARNED]
    assert harness.balances(harness.company.cedar) == {}
    harness.every_check_passes()
