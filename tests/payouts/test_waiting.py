"""Payouts that wait: for the affiliate's account, for her bank, or for another one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE
from tests.payouts.test_payouts import EARNED, at_the_gateway, payouts_of, ready, retry, run
from tests.till import Till

from mainstem import payouts, worker
from mainstem.kit.errors import InvalidTransition
from mainstem.payouts import PayoutOvertaken


def held_for_the_account(till: Till) -> str:
    """The account was restricted after the run had begun, and no letter has told us."""
    account = ready(till)
    run(till)
    till.pull("accounts/standing", account=account, standing="restricted")
    till.drain()
    assert payouts_of(till)[0].state == "on_hold"
    return account


def failed_at_the_bank(till: Till) -> str:
    account = ready(till)
    run(till)
    till.drain()
    till.pull("payouts/fail", payout=payouts_of(till)[0].payout_id)
    till.letters_arrive()
    assert payouts_of(till)[0].state == "failed"
    return account


def account_state(till: Till) -> Any:
    return till.rows("SELECT state FROM pay_account")[0].state


def test_a_payout_goes_on_by_itself_when_the_account_is_put_right(till: Till) -> None:
    account = held_for_the_account(till)
    assert account_state(till) == "restricted", "whoever is asked why can be told"
    till.pull("accounts/standing", account=account, standing="active")
    till.letters_arrive()
    assert payouts_of(till)[0].state == "requested"
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])
    till.read(till.kept)
    till.drain()
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])
    till.every_truth_holds()


def test_a_returned_payout_goes_on_when_she_names_another_bank(till: Till) -> None:
    account = failed_at_the_bank(till)
    assert account_state(till) == "restricted"
    till.pull("accounts/standing", account=account, standing="active")
    till.letters_arrive()
    assert payouts_of(till)[0].state == "requested"
    transfers, banked = at_the_gateway(till, account)
    assert (transfers, sorted(banked)) == ([EARNED], [("failed", EARNED), ("pending", EARNED)])
    till.every_truth_holds()


def test_an_account_that_is_put_right_without_a_letter_is_seen_the_next_day(till: Till) -> None:
    account = held_for_the_account(till)
    till.pull("accounts/standing", account=account, standing="active")
    till.clock.move(timedelta(hours=25))
    worker.tick(till.database)
    till.drain()
    assert payouts_of(till)[0].state == "requested"
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])


def test_an_account_that_is_still_not_right_is_not_tried(till: Till) -> None:
    account = held_for_the_account(till)
    till.pull("accounts/standing", account=account, standing="needs_document")
    till.letters_arrive()
    till.clock.move(timedelta(days=3))
    worker.tick(till.database)
    till.drain()
    assert payouts_of(till)[0].state == "on_hold"
    assert len(till.rows("SELECT 1 FROM operation WHERE kind = 'transfer'")) == 1
    assert at_the_gateway(till, account) == ([], [])


def test_a_failed_payout_beside_a_newer_one_waits_and_says_so(till: Till) -> None:
    account = failed_at_the_bank(till)
    till.pull("accounts/standing", account=account, standing="active")
    till.collect()
    with till.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    assert run(till) == 1
    [failed, newer] = payouts_of(till)
    with till.database.work() as work, pytest.raises(PayoutOvertaken):
        payouts.retry(work, failed.home_id, failed.id)
    with till.database.work() as work:
        assert payouts.resume(work, [failed.home_id]) == 0
    till.drain()
    newer = payouts_of(till)[1]
    till.pull("payouts/arrive", payout=newer.payout_id)
    till.letters_arrive()
    with till.database.work() as work:
        payouts.retry(work, failed.home_id, failed.id)
    till.drain()
    assert sorted(at_the_gateway(till, account)[1]) == [
        ("failed", EARNED), ("paid", EARNED), ("pending", EARNED),
    ]  # fmt: skip
    till.every_truth_holds()


def test_a_run_and_a_retry_at_once_leave_one_payout_under_way(till: Till) -> None:
    account = failed_at_the_bank(till)
    till.pull("accounts/standing", account=account, standing="active")
    till.collect()
    with till.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    [failed] = payouts_of(till)

    def try_again() -> int:
        try:
            with till.database.work() as work:
                payouts.retry(work, failed.home_id, failed.id)
        except (PayoutOvertaken, InvalidTransition):
            return 0
        return 1

    with ThreadPoolExecutor(6) as threads:
        begun = [threads.submit(try_again if n % 2 else (lambda: run(till))) for n in range(6)]
        assert sum(one.result() for one in begun) >= 1
    open_ones = [row for row in payouts_of(till) if row.state != "failed"]
    assert len(open_ones) == 1
    till.every_truth_holds()


def test_a_payout_that_stands_is_not_retried_by_a_letter_about_the_account(till: Till) -> None:
    account = ready(till)
    run(till)
    till.drain()
    till.a_letter_again("v2.core.account[requirements].updated", account)
    assert at_the_gateway(till, account) == ([EARNED], [("pending", EARNED)])
    with pytest.raises(Exception, match="cannot be retried"):
        retry(till)
