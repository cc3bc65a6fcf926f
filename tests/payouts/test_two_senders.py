"""Two senders of one payout: a second click, or a lease that ran out while the gateway was slow."""

from __future__ import annotations

from uuid import UUID

from tests.company import KETTLE
from tests.harness import Harness

from mainstem import payouts
from mainstem.payouts.send import _pay_out, _take, _transfer

EARNED = 20000


def _a_reserved_payout(harness: Harness) -> tuple[str, int, UUID]:
    account = harness.affiliate_account(harness.company.cedar)
    harness.a_delivered_order((KETTLE, 2))
    harness.holds_end()
    with harness.database.work() as work:
        assert payouts.run(work, harness.clock.now().date()) == 1
    [row] = harness.rows("SELECT home_id, id FROM payout")
    return account, row.home_id, row.id


def _at_the_gateway(harness: Harness, account: str) -> tuple[list[int], list[int]]:
    transfers = harness.stripe.v1.transfers.list({"destination": account, "limit": 100})
    banked = harness.stripe.v1.payouts.list({"limit": 100}, {"stripe_account": account})
    return [t.amount for t in transfers.data], [p.amount for p in banked.data]


def test_a_sender_whose_transfer_another_has_made_sends_nothing_more(harness: Harness) -> None:
    account, home, id = _a_reserved_payout(harness)
    slow = _take(harness.database, home, id)
    harness.drain()
    assert _at_the_gateway(harness, account) == ([EARNED], [EARNED])
    _transfer(harness.database, slow)
    _pay_out(harness.database, slow)
    assert _at_the_gateway(harness, account) == ([EARNED], [EARNED])
    assert [row.state for row in harness.rows("SELECT state FROM payout")] == ["requested"]
    harness.every_check_passes()


def test_a_sender_whose_bank_payout_another_has_made_sends_nothing_more(harness: Harness) -> None:
    account, home, id = _a_reserved_payout(harness)
    slow = _take(harness.database, home, id)
    _transfer(harness.database, slow)
    harness.drain()
    # What an earlier, returned payout left on their account could be paid out by mistake.
    harness.stripe.v1.transfers.create(
        {"amount": EARNED, "currency": "sek", "destination": account}
    )
    _pay_out(harness.database, slow)
    assert _at_the_gateway(harness, account)[1] == [EARNED]
    assert [row.state for row in harness.rows("SELECT state FROM payout")] == ["requested"]
    harness.every_check_passes()
