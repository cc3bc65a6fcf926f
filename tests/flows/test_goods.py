"""The way of goods: ordered, paid, shipped, delivered, credited, matured, paid out, and given back."""

from __future__ import annotations

from datetime import timedelta

from tests.company import KETTLE, a_company, an_order, pay

from mainstem import earnings, ledger, payments, payouts, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.orders import Placed
from mainstem_fulfillment import shipments


def deliver(database: Database, placed: Placed) -> None:
    worker.drain(database)
    with database.work() as work:
        key = (placed.home_id, placed.order_id, 1)
        shipments.start_pick(work, key)
        for line in shipments.contents(work, key):
            shipments.pick(work, key, line.sku, quantity=line.quantity)
        shipments.pack(work, key, carrier="PostNord", tracking="SE1")
        shipments.hand_over(work, key)
        shipments.deliver(work, [key])
    worker.drain(database)


def test_a_delivered_sale_credits_the_affiliate_and_their_uplines(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        company = a_company(work)
        placed = an_order(work, company.shop, (KETTLE, 2))
        pay(work, placed)
    deliver(database, placed)
    with database.work() as work:
        # 2 x 1,250.00 with 25 % tax is 2,000.00 net; delivery is free above 500.
        assert ledger.balances(work, [company.alder, company.birch, company.cedar]) == {
            (company.cedar, "pending", "SEK"): 20000,
            (company.birch, "pending", "SEK"): 6000,
            (company.alder, "pending", "SEK"): 2000,
        }
        assert not [f for f in ledger.audit(work) if f.wrong]


def test_refund_after_payout_leaves_a_debt_that_the_next_sale_pays(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        company = a_company(work)
        work.run(
            """INSERT INTO pay_account VALUES (%(cedar)s, 'bank', 'SE-1', 'SEK', 'active', now())""",
            cedar=company.cedar,
        )
        first = an_order(work, company.shop, (KETTLE, 2))
        pay(work, first)
    deliver(database, first)
    clock.move(timedelta(days=31))
    with database.work() as work:
        earnings.release(work, clock.now().date())
        assert payouts.run(work, clock.now().date()) == 1
    worker.drain(database)
    with database.work() as work:
        [payout] = work.rows("SELECT home_id, id, amount_minor, state FROM payout")
        assert (payout.amount_minor, payout.state) == (20000, "requested")
        assert payouts.confirm_bank(work, [(payout.home_id, payout.id)]) == 1
        assert payouts.confirm_bank(work, [(payout.home_id, payout.id)]) == 0
        payments.request_refund(
            work,
            first.home_id,
            first.order_id,
            amount_minor=125000,
            reason="returned",
            lines=[(1, 125000)],
        )
    worker.drain(database)
    with database.work() as work:
        balances = ledger.balances(work, [company.cedar])
        assert balances[company.cedar, "payable", "SEK"] == -10000
        second = an_order(work, company.shop, (KETTLE, 4))
        pay(work, second)
    deliver(database, second)
    clock.move(timedelta(days=33))
    with database.work() as work:
        earnings.release(work, clock.now().date())
        assert payouts.run(work, clock.now().date()) == 1
        assert work.value("SELECT amount_minor FROM payout WHERE state = 'reserved'") == 30000
        assert not [f for f in ledger.audit(work) if f.wrong]
