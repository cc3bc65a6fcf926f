"""Paying affiliates: once, whatever the gateway does with its answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.company import KETTLE
from tests.till import Gateways, Till, a_till

from mainstem import payouts
from mainstem.kit.clock import FixedClock
from mainstem.kit.errors import InvalidTransition

EARNED = 20000  # Cedar's ten percent of two kettles, net of tax


def run(till: Till) -> int:
    with till.database.work() as work:
        return payouts.run(work, till.clock.now().date())


def retry(till: Till) -> None:
    [payout] = payouts_of(till)
    with till.database.work() as work:
        payouts.retry(work, payout.home_id, payout.id)
    till.drain()


def payouts_of(till: Till) -> list[Any]:
    return till.rows("SELECT * FROM payout ORDER BY reserved_at, home_id")


def at_the_gateway(till: Till, account: str) -> tuple[list[int], list[tuple[str, int]]]:
    """What the gateway really did for an account: transfers to it, and its payouts to the bank."""
    transfers = till.stripe.v1.transfers.list({"destination": account, "limit": 100})
    banked = till.stripe.v1.payouts.list({"limit": 100}, {"stripe_account": account})
    return [t.amount for t in transfers.data], [(str(p.status), p.amount) for p in banked.data]


def ready(till: Till) -> str:
    """Cedar has 200.00 to be paid out, and an account; the gateway has money."""
    account = till.affiliate_account(till.company.cedar)
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    assert till.balances(till.company.cedar) == {(till.company.cedar, "payable"): EARNED}
    return account


def test_a_payout_reaches_the_bank_and_the_books_once(till: Till) -> None:
    account = ready(till)
    assert (run(till), run(till)) == (1, 0)
    till.drain()
    till.letters_arrive()
    [payout] = payouts_of(till)
    assert (payout.state, payout.amount_minor) == ("requested", EARNED)
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])
    till.pull("payouts/arrive", payout=payout.payout_id)
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    assert payouts_of(till)[0].state == "paid"
    assert till.balances(till.company.cedar) == {}
    assert run(till) == 0
    till.every_truth_holds()


def test_two_runs_at_once_pay_once(till: Till) -> None:
    account = ready(till)
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: run(till), range(4))) == 1
    till.drain()
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])
    till.every_truth_holds()


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/payouts"])
@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_pays_nothing_twice(till: Till, path: str, trouble: str) -> None:
    account = ready(till)
    run(till)
    till.pull("faults/order", kind=trouble, method="POST", path=path)
    till.drain()
    assert payouts_of(till)[0].state in ("transferring", "transferred")
    till.try_again()
    assert payouts_of(till)[0].state == "requested"
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])
    till.every_truth_holds()


def test_an_answer_lost_for_longer_than_a_key_lives_is_found_by_looking(
    database_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    with closing(Gateways(tmp_path)) as alone:
        till = a_till(database_url, clock, alone)
        with closing(till.database):
            _is_found_by_looking(till)


def _is_found_by_looking(till: Till) -> None:
    account = ready(till)
    run(till)
    till.pull("faults/order", kind="drop_after", method="POST", path="/v1/transfers")
    till.drain()
    till.pull("clock/advance", seconds=25 * 3600)
    till.try_again()
    assert at_the_gateway(till, account)[0] == [EARNED]
    till.every_truth_holds()


def test_too_little_at_the_gateway_holds_the_payout_until_there_is_enough(till: Till) -> None:
    account = ready(till)
    available = {
        money.currency: money.amount for money in till.stripe.v1.balance.retrieve().available
    }
    aside = {"currency": "sek", "amount": available["sek"]}
    till.stripe.v1.payouts.create(aside)
    run(till)
    till.drain()
    [payout] = payouts_of(till)
    assert payout.state == "on_hold"
    assert "insufficient" in payout.error
    assert till.balances(till.company.cedar) == {(till.company.cedar, "payout_clearing"): EARNED}
    till.clock.move(timedelta(days=7))
    assert run(till) == 0, "what waits is not reserved again"
    till.money_at_the_gateway()
    retry(till)
    assert payouts_of(till)[0].state == "requested"
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])
    till.every_truth_holds()


def test_whoever_cannot_be_paid_is_left_out_of_the_run(till: Till) -> None:
    account = ready(till)
    till.pull("accounts/standing", account=account, standing="restricted")
    till.letters_arrive()
    assert run(till) == 0
    assert till.balances(till.company.cedar) == {(till.company.cedar, "payable"): EARNED}
    till.pull("accounts/standing", account=account, standing="active")
    till.letters_arrive()
    with till.database.work() as work:
        work.run(
            "UPDATE affiliate SET state = 'suspended' WHERE id = %(id)s", id=till.company.cedar
        )
    assert run(till) == 0
    with till.database.work() as work:
        work.run(
            "UPDATE affiliate SET state = 'terminated' WHERE id = %(id)s", id=till.company.cedar
        )
    assert run(till) == 1, "who has left is paid what she earned"


def test_a_payout_that_the_bank_returns_is_sent_again_once(till: Till) -> None:
    account = ready(till)
    run(till)
    till.drain()
    first = payouts_of(till)[0].payout_id
    till.pull("payouts/arrive", payout=first)
    till.letters_arrive()
    assert payouts_of(till)[0].state == "paid"
    till.pull("payouts/fail", payout=first)
    till.letters_arrive()
    assert payouts_of(till)[0].state == "failed"
    till.pull("accounts/standing", account=account, standing="active")  # she gave another bank
    retry(till)
    [payout] = payouts_of(till)
    assert payout.state == "requested"
    assert payout.payout_id != first
    # A late word about the one that failed changes nothing about the one that followed.
    till.a_letter_again("payout.updated", first, account)
    assert payouts_of(till)[0].state == "requested"
    assert payouts_of(till)[0].payout_id == payout.payout_id
    with pytest.raises(InvalidTransition):
        retry(till)
    till.pull("payouts/arrive", payout=payout.payout_id)
    till.letters_arrive()
    assert payouts_of(till)[0].state == "paid"
    transfers, banked = at_the_gateway(till, account)
    assert transfers == [EARNED]
    assert sorted(banked) == [("failed", EARNED), ("paid", EARNED)]
    till.every_truth_holds()


def test_a_second_try_whose_answer_is_lost_is_not_taken_for_the_first(till: Till) -> None:
    account = ready(till)
    run(till)
    till.drain()
    till.pull("payouts/fail", payout=payouts_of(till)[0].payout_id)
    till.letters_arrive()
    till.pull("accounts/standing", account=account, standing="active")
    till.pull("faults/order", kind="drop_before", method="POST", path="/v1/payouts")
    retry(till)
    till.try_again()
    assert payouts_of(till)[0].state == "requested"
    assert sorted(at_the_gateway(till, account)[1]) == [("failed", EARNED), ("pending", EARNED)]
    till.every_truth_holds()


def test_letters_before_our_own_answer_are_the_same_payout(till: Till) -> None:
    """The transfer's and the payout's letters may come before the call that made them returns."""
    account = ready(till)
    run(till)
    till.pull("faults/order", kind="drop_after", method="POST", path="/v1/payouts")
    till.drain()
    till.letters_arrive()
    [payout] = payouts_of(till)
    till.pull("payouts/arrive", payout=payout.payout_id)
    till.letters_arrive()
    till.try_again()
    assert payouts_of(till)[0].state == "paid"
    assert at_the_gateway(till, account) == ([EARNED], [("paid", EARNED)])
    till.every_truth_holds()


def test_no_payout_is_reserved_beside_an_earlier_one_that_is_under_way(till: Till) -> None:
    ready(till)
    assert run(till) == 1
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    with till.database.work() as work:
        work.run("UPDATE payout SET state = 'in_transit'")  # the bank is slow
    assert run(till) == 0, "another period, and the first one has not arrived"
    assert till.balances(till.company.cedar)[till.company.cedar, "payable"] == EARNED
    with till.database.work() as work:
        work.run("UPDATE payout SET state = 'paid', paid_at = reserved_at")
    assert run(till) == 1


def test_nothing_below_the_minimum_is_paid_and_the_minimum_itself_is(till: Till) -> None:
    till.affiliate_account(till.company.cedar)
    till.a_delivered_order((KETTLE, 1))
    till.holds_end()
    assert till.balances(till.company.cedar) == {(till.company.cedar, "payable"): EARNED // 2}
    assert run(till) == 0
    till.a_delivered_order((KETTLE, 1))
    till.holds_end()
    assert run(till) == 1
    [payout] = payouts_of(till)
    assert payout.amount_minor == EARNED, "exactly the minimum"


def test_a_debt_is_filled_before_anything_is_paid(till: Till) -> None:
    from mainstem import payments

    ready(till)
    first = till.rows("SELECT home_id, id FROM orders")[0]
    run(till)
    till.drain()
    with till.database.work() as work:
        payments.request_refund(
            work, first.home_id, first.id, amount_minor=250000, reason="returned"
        )
    till.drain()
    till.letters_arrive()
    assert till.balances(till.company.cedar)[till.company.cedar, "payable"] == -EARNED
    till.a_delivered_order((KETTLE, 3))
    till.holds_end()
    assert till.balances(till.company.cedar)[till.company.cedar, "payable"] == 10000
    assert run(till) == 0, "below the plan's minimum"
    till.every_truth_holds()


def test_another_accounts_payout_under_our_number_is_not_taken_for_it(till: Till) -> None:
    account = ready(till)
    assert run(till) == 1
    till.drain()
    till.letters_arrive()
    [ours] = payouts_of(till)
    own = till.stripe.v1.payouts.retrieve(ours.payout_id, {}, {"stripe_account": account})
    stranger = till.affiliate_account(till.company.birch)
    till.stripe.v1.transfers.create(
        {"amount": 1000, "currency": "sek", "destination": stranger}, {"idempotency_key": "gift"}
    )
    theirs = till.stripe.v1.payouts.create(
        {"amount": 1000, "currency": "sek", "metadata": own.metadata.to_dict()},
        {"stripe_account": stranger},
    )
    till.pull("payouts/arrive", payout=theirs.id)
    till.letters_arrive()
    [payout] = payouts_of(till)
    assert (payout.state, payout.payout_id) == ("requested", ours.payout_id)
    till.pull("payouts/arrive", payout=ours.payout_id)
    till.letters_arrive()
    assert payouts_of(till)[0].state == "paid"
