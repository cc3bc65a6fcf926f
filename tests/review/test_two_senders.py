"""Two senders of one payout: a second click, or a lease that ran out while the gateway was slow."""

from __future__ import annotations

from tests.company import KETTLE
from tests.till import Till

from mainstem import payouts
from mainstem.payouts.send import _pay_out, _take, _transfer

EARNED = 20000


def _a_reserved_payout(till: Till) -> tuple[str, int, object]:
    account = till.affiliate_account(till.company.cedar)
    till.a_delivered_order((KETTLE, 2))
    till.holds_end()
    with till.database.work() as work:
        assert payouts.run(work, till.clock.now().date()) == 1
    [row] = till.rows("SELECT home_id, id FROM payout")
    return account, row.home_id, row.id


def _at_the_gateway(till: Till, account: str) -> tuple[list[int], list[int]]:
    transfers = till.stripe.v1.transfers.list({"destination": account, "limit": 100})
    banked = till.stripe.v1.payouts.list({"limit": 100}, {"stripe_account": account})
    return [t.amount for t in transfers.data], [p.amount for p in banked.data]


def test_a_sender_overtaken_before_its_transfer_sends_nothing_more(till: Till) -> None:
    account, home, id = _a_reserved_payout(till)
    slow = _take(till.database, home, id)
    till.drain()
    assert _at_the_gateway(till, account) == ([EARNED], [EARNED])
    _transfer(till.database, slow)
    _pay_out(till.database, slow)
    assert _at_the_gateway(till, account) == ([EARNED], [EARNED])
    assert [row.state for row in till.rows("SELECT state FROM payout")] == ["requested"]
    till.every_truth_holds()


def test_a_sender_overtaken_before_the_bank_payout_sends_nothing_more(till: Till) -> None:
    account, home, id = _a_reserved_payout(till)
    slow = _take(till.database, home, id)
    _transfer(till.database, slow)
    till.drain()
    # What an earlier, returned payout left on her account could be paid out by mistake.
    till.stripe.v1.transfers.create({"amount": EARNED, "currency": "sek", "destination": account})
    _pay_out(till.database, slow)
    assert _at_the_gateway(till, account)[1] == [EARNED]
    assert [row.state for row in till.rows("SELECT state FROM payout")] == ["requested"]
    till.every_truth_holds()
