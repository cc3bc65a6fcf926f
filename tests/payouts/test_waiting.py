"""Payouts that wait: for the affiliate's account, for their bank, or for another one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE
from tests.harness import Harness
from tests.payouts.test_payouts import EARNED, at_the_gateway, payouts_of, ready, retry, run

from mainstem import payouts, worker
from mainstem.kit.errors import InvalidTransition
from mainstem.payouts import PayoutInProgress


def held_for_the_account(harness: Harness) -> str:
    """The account was restricted after the run had begun, and no webhook event has told us."""
    account = ready(harness)
    run(harness)
    harness.trigger("accounts/standing", account=account, standing="restricted")
    harness.drain()
    assert payouts_of(harness)[0].state == "on_hold"
    return account


def failed_at_the_bank(harness: Harness) -> str:
    account = ready(harness)
    run(harness)
    harness.drain()
    harness.trigger("payouts/fail", payout=payouts_of(harness)[0].payout_id)
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "failed"
    return account


def account_state(harness: Harness) -> Any:
    return harness.rows("SELECT state FROM pay_account")[0].state


def test_a_payout_goes_on_by_itself_when_the_account_is_put_right(harness: Harness) -> None:
    account = held_for_the_account(harness)
    assert account_state(harness) == "restricted", "whoever is asked why can be told"
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "requested"
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])
    harness.read(harness.kept)
    harness.drain()
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])
    harness.every_check_passes()


def test_a_returned_payout_goes_on_when_the_affiliate_names_another_bank(harness: Harness) -> None:
    account = failed_at_the_bank(harness)
    assert account_state(harness) == "restricted"
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.webhook_events_arrive()
    assert payouts_of(harness)[0].state == "requested"
    transfers, banked = at_the_gateway(harness, account)
    assert (transfers, sorted(banked)) == ([EARNED], [("failed", EARNED), ("pending", EARNED)])
    harness.every_check_passes()


def test_an_account_that_is_put_right_without_a_webhook_event_is_seen_the_next_day(
    harness: Harness,
) -> None:
    account = held_for_the_account(harness)
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.clock.move(timedelta(hours=25))
    worker.tick(harness.database)
    harness.drain()
    assert payouts_of(harness)[0].state == "requested"
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])


def test_an_account_that_is_still_not_right_is_not_tried(harness: Harness) -> None:
    account = held_for_the_account(harness)
    harness.trigger("accounts/standing", account=account, standing="needs_document")
    harness.webhook_events_arrive()
    harness.clock.move(timedelta(days=3))
    worker.tick(harness.database)
    harness.drain()
    assert payouts_of(harness)[0].state == "on_hold"
    assert len(harness.rows("SELECT 1 FROM operation WHERE kind = 'transfer'")) == 1
    assert at_the_gateway(harness, account) == ([], [])


def test_a_failed_payout_beside_a_newer_one_waits_and_says_so(harness: Harness) -> None:
    account = failed_at_the_bank(harness)
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.collect()
    with harness.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    assert run(harness) == 1
    [failed, newer] = payouts_of(harness)
    with harness.database.work() as work, pytest.raises(PayoutInProgress):
        payouts.retry(work, failed.home_id, failed.id)
    with harness.database.work() as work:
        assert payouts.resume(work, [failed.home_id]) == 0
    harness.drain()
    newer = payouts_of(harness)[1]
    harness.trigger("payouts/arrive", payout=newer.payout_id)
    harness.webhook_events_arrive()
    with harness.database.work() as work:
        payouts.retry(work, failed.home_id, failed.id)
    harness.drain()
    assert sorted(at_the_gateway(harness, account)[1]) == [
        ("failed", EARNED), ("paid", EARNED), ("pending", EARNED),
    ]  # fmt: skip
    harness.every_check_passes()


def test_a_run_and_a_retry_at_once_leave_one_payout_under_way(harness: Harness) -> None:
    account = failed_at_the_bank(harness)
    harness.trigger("accounts/standing", account=account, standing="active")
    harness.collect()
    with harness.database.work() as work:
        work.run("UPDATE pay_account SET state = 'active'")
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    [failed] = payouts_of(harness)

    def try_again() -> int:
        try:
            with harness.database.work() as work:
                payouts.retry(work, failed.home_id, failed.id)
        except (PayoutInProgress, InvalidTransition):
            return 0
        return 1

    with ThreadPoolExecutor(6) as threads:
        begun = [threads.submit(try_again if n % 2 else (lambda: run(harness))) for n in range(6)]
        assert sum(one.result() for one in begun) >= 1
    open_ones = [row for row in payouts_of(harness) if row.state != "failed"]
    assert len(open_ones) == 1
    harness.every_check_passes()


def test_a_payout_that_stands_is_not_retried_by_a_webhook_event_about_the_account(
    harness: Harness,
) -> None:
    account = ready(harness)
    run(harness)
    harness.drain()
    harness.another_webhook_event("v2.core.account[requirements].updated", account)
    assert at_the_gateway(harness, account) == ([EARNED], [("pending", EARNED)])
    with pytest.raises(Exception, match="cannot be retried"):
        retry(harness)
