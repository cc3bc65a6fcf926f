"""Payouts that are called off: what was sent comes back once, and is owed again once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE
from tests.payouts.test_payouts import EARNED, payouts_of, ready, run
from tests.payouts.test_waiting import failed_at_the_bank, held_for_the_account
from tests.till import Till

from mainstem import payouts, worker
from mainstem.kit.errors import InvalidTransition
from mainstem.payouts import PayoutOvertaken


def call_off(till: Till, payout: Any = None) -> None:
    payout = payout or payouts_of(till)[0]
    with till.database.work() as work:
        payouts.call_off(work, payout.home_id, payout.id, reason="She has closed her account")


def reversed_at_the_gateway(till: Till, account: str) -> list[int]:
    transfers = till.stripe.v1.transfers.list({"destination": account, "limit": 100})
    return [transfer.amount_reversed for transfer in transfers.data]


def owed_again(till: Till) -> None:
    cedar = till.company.cedar
    assert till.balances(cedar) == {(cedar, "payable"): EARNED}
    till.every_truth_holds()


def test_a_payout_that_never_left_is_payable_again(till: Till) -> None:
    account = held_for_the_account(till)
    call_off(till)
    till.drain()
    assert payouts_of(till)[0].state == "canceled"
    assert reversed_at_the_gateway(till, account) == []
    owed_again(till)
    [reason] = till.rows("SELECT reason FROM ledger_transfer WHERE key LIKE 'payout_canceled:%%'")
    assert reason.reason.endswith("called off: She has closed her account")


def test_a_returned_payout_is_fetched_back_once_and_paid_by_the_next_run(till: Till) -> None:
    account = failed_at_the_bank(till)
    call_off(till)
    till.drain()
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    assert payouts_of(till)[0].state == "canceled"
    assert reversed_at_the_gateway(till, account) == [EARNED]
    owed_again(till)
    till.pull("accounts/standing", account=account, standing="active")
    till.letters_arrive()
    assert payouts_of(till)[0].state == "canceled", "what is called off does not go on by itself"
    till.clock.move(timedelta(days=7))
    assert run(till) == 1
    till.drain()
    assert [row.state for row in payouts_of(till)] == ["canceled", "requested"]
    till.every_truth_holds()


@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_fetches_nothing_back_twice(till: Till, trouble: str) -> None:
    account = failed_at_the_bank(till)
    [transfer] = till.stripe.v1.transfers.list({"destination": account}).data
    path = f"/v1/transfers/{transfer.id}/reversals"
    till.pull("faults/order", kind=trouble, method="POST", path=path)
    call_off(till)
    till.drain()
    till.try_again()
    assert payouts_of(till)[0].state == "canceled"
    assert reversed_at_the_gateway(till, account) == [EARNED]
    assert till.rows("SELECT 1 FROM operation WHERE kind = 'reverse' AND state <> 'done'") == []
    owed_again(till)


def test_a_reversal_made_at_the_gateway_is_booked_once(till: Till) -> None:
    account = failed_at_the_bank(till)
    [transfer] = till.stripe.v1.transfers.list({"destination": account}).data
    till.stripe.v1.transfers.reversals.create(transfer.id, {"amount": 5000})
    till.letters_arrive()
    assert payouts_of(till)[0].state == "failed", "some of it is still there"
    till.stripe.v1.transfers.reversals.create(transfer.id, {})
    till.letters_arrive()
    till.read(till.kept)
    till.a_letter_again("transfer.reversed", transfer.id)
    assert payouts_of(till)[0].state == "canceled"
    owed_again(till)


def test_what_was_partly_taken_back_is_called_off_for_the_rest(till: Till) -> None:
    account = failed_at_the_bank(till)
    [transfer] = till.stripe.v1.transfers.list({"destination": account}).data
    till.stripe.v1.transfers.reversals.create(transfer.id, {"amount": 5000})
    call_off(till)
    till.drain()
    assert payouts_of(till)[0].state == "canceled"
    assert reversed_at_the_gateway(till, account) == [EARNED]
    till.letters_arrive()
    owed_again(till)


def test_money_that_she_has_taken_herself_is_not_given_back(till: Till) -> None:
    account = failed_at_the_bank(till)
    till.pull("accounts/standing", account=account, standing="active")
    till.stripe.v1.payouts.create(
        {"amount": EARNED, "currency": "sek"}, {"stripe_account": account}
    )
    call_off(till)
    till.drain()
    [payout] = payouts_of(till)
    assert (payout.state, "insufficient" in payout.error) == ("on_hold", True)
    cedar = till.company.cedar
    assert till.balances(cedar) == {}, "it is hers already"
    with till.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    till.clock.move(timedelta(days=3))
    worker.tick(till.database)
    till.drain()
    assert payouts_of(till)[0].state == "on_hold", "staff decide what follows"
    till.every_truth_holds()


def test_an_account_that_may_not_be_looked_at_leaves_it_on_hold_for_people(till: Till) -> None:
    """Whether her bank has been paid after all cannot be known, so nothing is fetched back."""
    account = failed_at_the_bank(till)
    with till.database.work() as work:
        work.run("UPDATE operation SET state = 'unknown' WHERE kind = 'payout'")
    till.pull("faults/order", kind="http_before", method="GET", path="/v1/payouts", status=402)
    call_off(till)
    till.drain()
    [payout] = payouts_of(till)
    assert (payout.state, bool(payout.error)) == ("on_hold", True)
    assert reversed_at_the_gateway(till, account) == [0]
    till.every_truth_holds()
    call_off(till)
    till.drain()
    assert payouts_of(till)[0].state == "canceled"
    owed_again(till)


def test_a_transfer_whose_answer_was_lost_is_found_and_fetched_back(till: Till) -> None:
    account = ready(till)
    run(till)
    till.pull("faults/order", kind="drop_after", method="POST", path="/v1/transfers")
    till.drain()
    with till.database.work() as work:
        work.run("UPDATE payout SET state = 'on_hold'")
    call_off(till)
    till.try_again()
    assert payouts_of(till)[0].state == "canceled"
    assert reversed_at_the_gateway(till, account) == [EARNED]
    till.letters_arrive()
    owed_again(till)


def test_only_what_waits_or_failed_is_called_off(till: Till) -> None:
    ready(till)
    run(till)
    till.drain()
    with pytest.raises(InvalidTransition):
        call_off(till)
    till.pull("payouts/fail", payout=payouts_of(till)[0].payout_id)
    till.letters_arrive()
    call_off(till)
    with pytest.raises(InvalidTransition):
        call_off(till)
    till.drain()
    with pytest.raises(InvalidTransition):
        call_off(till)
    owed_again(till)


def test_a_failed_payout_beside_a_newer_one_is_called_off_after_it(till: Till) -> None:
    failed_at_the_bank(till)
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    with till.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    assert run(till) == 1
    [failed, newer] = payouts_of(till)
    with pytest.raises(PayoutOvertaken):
        call_off(till, failed)
    till.drain()
    assert payouts_of(till)[1].state == "on_hold"
    for payout in (newer, failed):
        call_off(till, payout)
        till.drain()
    cedar = till.company.cedar
    assert till.balances(cedar) == {(cedar, "payable"): 2 * EARNED}
    till.every_truth_holds()


def test_a_transfer_that_arrives_beside_a_newer_payout_is_booked_and_waits(till: Till) -> None:
    account = held_for_the_account(till)
    call_off(till)
    till.drain()
    [canceled] = payouts_of(till)
    till.pull("accounts/standing", account=account, standing="active")
    till.letters_arrive()
    till.clock.move(timedelta(days=7))
    assert run(till) == 1
    till.stripe.v1.transfers.create({
        "amount": EARNED, "currency": "sek", "destination": account,
        "metadata": {"home_id": str(canceled.home_id), "payout_id": str(canceled.id)},
    })  # fmt: skip
    till.letters_arrive()
    till.try_again()
    assert till.rows("SELECT 1 FROM fact_waiting") == [], "its letter is read"
    late, newer = payouts_of(till)
    assert (late.state, late.called_off) == ("failed", "She has closed her account")
    assert newer.state == "requested"
    till.every_truth_holds()
    with pytest.raises(PayoutOvertaken):
        call_off(till, late)
    till.pull("payouts/arrive", payout=newer.payout_id)
    till.letters_arrive()
    call_off(till, late)
    till.drain()
    assert [row.state for row in payouts_of(till)] == ["canceled", "paid"]
    assert sorted(reversed_at_the_gateway(till, account)) == [0, EARNED]
    assert till.balances(till.company.cedar) == {}
    till.every_truth_holds()
