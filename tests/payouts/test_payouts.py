"""Paying affiliates: once, whatever the gateway does with its answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.company import KETTLE
from tests.harness import Gateways, Harness, a_harness
from tests.waits import PATIENCE, await_somebody_waits_for

from mainstem import payouts
from mainstem.kit.clock import FixedClock
from mainstem.kit.errors import InvalidTransition
from mainstem.payments import PayoutState
from mainstem.payouts.send import record_payout, record_transfer

EARNED = 20000  # Cedar's ten percent of two kettles, net of tax


def run(harness: Harness) -> int:
    with harness.database.work() as work:
        return payouts.run(work, harness.clock.now().date())


def retry(harness: Harness) -> None:
    [payout] = payouts_of(harness)
    with harness.database.work() as work:
        payouts.retry(work, payout.home_id, payout.id)
    harness.drain()


def payouts_of(harness: Harness) -> list[Any]:
    return harness.rows("SELECT * FROM payout ORDER BY reserved_at, home_id")


def at_the_gateway(harness: Harness, account: str) -> tuple[list[int], list[tuple[str, int]]]:
    """What the gateway really did for an account: transfers to it, and its payouts to the bank."""
    transfers = harness.stripe.v1.transfers.list({"destination": account, "limit": 100})
    banked = harness.stripe.v1.payouts.list({"limit": 100}, {"stripe_account": account})
    return [t.amount for t in transfers.data], [(str(p.status), p.amount) for p in banked.data]


def ready(harness: Harness) -> str:
    """Cedar has 200.00 to be paid out, and an account; the gateway has money."""
    account = harness.affiliate_account(harness.company.cedar)
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    assert harness.balances(harness.company.cedar) == {(harness.company.cedar, "payable"): EARNED}
    return account


def test_a_payout_reaches_the_bank_and_the_books_once(harness: Harness) -> None:
    account = ready(harness)
    assert (run(harness), run(harness)) == (1, 0)
    harness.drain()
    harness.webhook_events_arrive()
    [payout] = payouts_of(harness)
    assert (payout.state, payout.amount_minor) == ("requested", EARNED)
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])
    harness.trigger("payouts/arrive", payout=payout.payout_id)
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    assert payouts_of(harness)[0].state == "paid"
    assert harness.balances(harness.company.cedar) == {}
    assert run(harness) == 0
    harness.every_check_passes()


def test_two_runs_at_once_pay_once(harness: Harness) -> None:
    account = ready(harness)
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: run(harness), range(4))) == 1
    harness.drain()
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])
    harness.every_check_passes()


def test_a_run_waits_for_a_retry_and_reserves_nothing_beside_it(harness: Harness) -> None:
    ready(harness)
    run(harness)
    [failed] = payouts_of(harness)
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    with harness.database.work() as work:
        work.run("UPDATE payout SET state = 'failed'")
    over = threading.Event()

    def next_run() -> int:
        try:
            return run(harness)
        finally:
            over.set()

    with ThreadPoolExecutor(1) as thread:
        with harness.database.work() as work:
            payouts.retry(work, failed.home_id, failed.id)
            reserved = thread.submit(next_run)
            await_somebody_waits_for(work, unless=over)
        assert reserved.result(PATIENCE) == 0
    assert [row.id for row in payouts_of(harness)] == [failed.id]


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/payouts"])
@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_pays_nothing_twice(
    harness: Harness, path: str, trouble: str
) -> None:
    account = ready(harness)
    run(harness)
    harness.trigger("faults/order", kind=trouble, method="POST", path=path)
    harness.drain()
    assert payouts_of(harness)[0].state in ("transferring", "transferred")
    harness.try_again()
    assert payouts_of(harness)[0].state == "requested"
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])
    harness.every_check_passes()


def test_an_answer_lost_for_longer_than_a_key_lives_is_found_by_looking(
    database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    with closing(Gateways(tmp_path)) as alone:
        harness = a_harness(database_url, clock, alone)
        with closing(harness.database):
            _is_found_by_looking(harness)


def _is_found_by_looking(harness: Harness) -> None:
    account = ready(harness)
    run(harness)
    harness.trigger("faults/order", kind="drop_after", method="POST", path="/v1/transfers")
    harness.drain()
    harness.trigger("clock/advance", seconds=25 * 3600)
    harness.try_again()
    assert at_the_gateway(harness, account)[0] == [EARNED]
    harness.every_check_passes()


def test_too_little_at_the_gateway_holds_the_payout_until_there_is_enough(harness: Harness) -> None:
    account = ready(harness)
    available = {
        money.currency: money.amount for money in harness.stripe.v1.balance.retrieve().available
    }
    aside = {"currency": "sek", "amount": available["sek"]}
    harness.stripe.v1.payouts.create(aside)
    run(harness)
    harness.drain()
    [payout] = payouts_of(harness)
    assert payout.state == "on_hold"
    assert "insufficient" in payout.error
    assert harness.balances(harness.company.cedar) == {
        (harness.company.cedar, "payout_clearing"): EARNED
    }
    harness.clock.move(timedelta(days=7))
    assert run(harness) == 0, "what waits is not reserved again"
    harness.money_at_the_gateway()
    retry(harness)
    assert payouts_of(harness)[0].state == "requested"
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])
    harness.every_check_passes()


def test_whoever_cannot_be_paid_is_excluded_from_the_run(harness: Harness) -> None:
    account = ready(harness)
    harness.trigger("accounts/standing", account=account, standing="restricted")
    harness.webhook_events_arrive()
    assert run(harness) == 0
    assert harness.balances(harness.company.cedar) == {(harness.company.cedar, "payable"): EARNED}
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.webhook_events_arrive()
    with harness.database.work() as work:
        work.run(
            "UPDATE affiliate SET state = 'suspended' WHERE id = %(id)s", id=harness.company.cedar
        )
    assert run(harness) == 0
    with harness.database.work() as work:
        work.run(
            "UPDATE affiliate SET state = 'terminated' WHERE id = %(id)s", id=harness.company.cedar
        )
    assert run(harness) == 1, "who has left is paid what they earned"


def test_a_payout_that_the_bank_returns_is_sent_again_once(harness: Harness) -> None:
    account = ready(harness)
    run(harness)
    harness.drain()
    first = payouts_of(harness)[0].payout_id
    harness.trigger("payouts/arrive", payout=first)
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "paid"
    harness.trigger("payouts/fail", payout=first)
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "failed"
    harness.trigger(
        "accounts/standing", account=account, standing="active"
    )  # they gave another bank
    retry(harness)
    [payout] = payouts_of(harness)
    assert payout.state == "requested"
    assert payout.payout_id != first
    # A late word about the one that failed changes nothing about the one that followed.
    harness.another_webhook_event("payout.updated", first, account)
    assert payouts_of(harness)[0].state == "requested"
    assert payouts_of(harness)[0].payout_id == payout.payout_id
    with pytest.raises(InvalidTransition):
        retry(harness)
    harness.trigger("payouts/arrive", payout=payout.payout_id)
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "paid"
    transfers, banked = at_the_gateway(harness, account)
    assert transfers == [EARNED]
    assert sorted(banked) == [("failed", EARNED), ("paid", EARNED)]
    harness.every_check_passes()


def test_a_second_try_whose_answer_is_lost_is_not_taken_for_the_first(harness: Harness) -> None:
    account = ready(harness)
    run(harness)
    harness.drain()
    harness.trigger("payouts/fail", payout=payouts_of(harness)[0].payout_id)
    harness.webhook_events_arrive()
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.trigger("faults/order", kind="drop_before", method="POST", path="/v1/payouts")
    retry(harness)
    harness.try_again()
    assert payouts_of(harness)[0].state == "requested"
    assert sorted(at_the_gateway(harness, account)[1]) == [("failed", EARNED), ("pending", EARNED)]
    harness.every_check_passes()


def test_webhook_events_before_our_own_answer_are_the_same_payout(harness: Harness) -> None:
    """The transfer's and the payout's events may come before the call that made them returns."""
    account = ready(harness)
    run(harness)
    harness.trigger("faults/order", kind="drop_after", method="POST", path="/v1/payouts")
    harness.drain()
    harness.webhook_events_arrive()
    [payout] = payouts_of(harness)
    harness.trigger("payouts/arrive", payout=payout.payout_id)
    harness.webhook_events_arrive()
    harness.try_again()
    assert payouts_of(harness)[0].state == "paid"
    assert at_the_gateway(harness, account) == ([EARNED], [("paid", EARNED)])
    harness.every_check_passes()


def test_an_older_word_about_a_payout_that_has_arrived_changes_nothing(harness: Harness) -> None:
    ready(harness)
    run(harness)
    harness.drain()
    [payout] = payouts_of(harness)
    harness.trigger("payouts/arrive", payout=payout.payout_id)
    harness.webhook_events_arrive()
    older = PayoutState(payout.payout_id, "in_transit", EARNED, "SEK", "", {})
    with harness.database.work() as work:
        record_payout(work, payout.home_id, payout.id, older)
    [payout] = payouts_of(harness)
    assert (payout.state, payout.paid_at is not None) == ("paid", True)


def test_a_second_word_of_a_transfer_does_not_wake_a_payout_on_hold(harness: Harness) -> None:
    """The money is in the affiliate's balance, and its way to their bank waits for people."""
    ready(harness)
    run(harness)
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/payouts", status=402
    )
    harness.drain()
    [payout] = payouts_of(harness)
    assert (payout.state, payout.transfer_id is not None) == ("on_hold", True)
    with harness.database.work() as work:
        record_transfer(work, payout.home_id, payout.id, payout.transfer_id)
    assert payouts_of(harness)[0].state == "on_hold"
    harness.every_check_passes()


def test_no_payout_is_reserved_beside_an_earlier_one_that_is_under_way(harness: Harness) -> None:
    ready(harness)
    assert run(harness) == 1
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    with harness.database.work() as work:
        work.run("UPDATE payout SET state = 'in_transit'")  # the bank is slow
    assert run(harness) == 0, "another period, and the first one has not arrived"
    assert harness.balances(harness.company.cedar)[harness.company.cedar, "payable"] == EARNED
    with harness.database.work() as work:
        work.run("UPDATE payout SET state = 'paid', paid_at = reserved_at")
    assert run(harness) == 1


def test_nothing_below_the_minimum_is_paid_and_the_minimum_itself_is(harness: Harness) -> None:
    harness.affiliate_account(harness.company.cedar)
    harness.a_delivered_order((KETTLE, 1))
    harness.holds_end()
    assert harness.balances(harness.company.cedar) == {
        (harness.company.cedar, "payable"): EARNED // 2
    }
    assert run(harness) == 0
    harness.a_delivered_order((KETTLE, 1))
    harness.holds_end()
    assert run(harness) == 1
    [payout] = payouts_of(harness)
    assert payout.amount_minor == EARNED, "exactly the minimum"


def test_a_debt_is_filled_before_anything_is_paid(harness: Harness) -> None:
    from mainstem import payments

    ready(harness)
    first = harness.rows("SELECT home_id, id FROM orders")[0]
    run(harness)
    harness.drain()
    with harness.database.work() as work:
        payments.request_refund(
            work, first.home_id, first.id, amount_minor=250000, reason="returned"
        )
    harness.drain()
    harness.webhook_events_arrive()
    assert harness.balances(harness.company.cedar)[harness.company.cedar, "payable"] == -EARNED
    harness.a_delivered_order((KETTLE, 3))
    harness.holds_end()
    assert harness.balances(harness.company.cedar)[harness.company.cedar, "payable"] == 10000
    assert run(harness) == 0, "below the plan's minimum"
    harness.every_check_passes()


def test_another_accounts_payout_under_our_number_is_not_taken_for_it(harness: Harness) -> None:
    account = ready(harness)
    assert run(harness) == 1
    harness.drain()
    harness.webhook_events_arrive()
    [ours] = payouts_of(harness)
    own = harness.stripe.v1.payouts.retrieve(ours.payout_id, {}, {"stripe_account": account})
    stranger = harness.affiliate_account(harness.company.birch)
    harness.stripe.v1.transfers.create(
        {"amount": 1000, "currency": "sek", "destination": stranger}, {"idempotency_key": "gift"}
    )
    theirs = harness.stripe.v1.payouts.create(
        {"amount": 1000, "currency": "sek", "metadata": own.metadata.to_dict()},
        {"stripe_account": stranger},
    )
    harness.trigger("payouts/arrive", payout=theirs.id)
    harness.webhook_events_arrive()
    [payout] = payouts_of(harness)
    assert (payout.state, payout.payout_id) == ("requested", ours.payout_id)
    harness.trigger("payouts/arrive", payout=ours.payout_id)
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "paid"
