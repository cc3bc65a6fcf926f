"""Where an affiliate's money is: whatever happens, the places add up to what was earned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from operator import attrgetter
from random import Random
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.company import KETTLE, SKILLET, Shop, a_paid_order, a_shop, an_affiliate
from tests.harness import Harness

from mainstem import earnings, orders, payments, payouts
from mainstem.console import queries
from mainstem.kit.errors import Refused
from mainstem.money import Money
from mainstem.network_files.opening import Opening, bring_in
from mainstem.orders import ClientDetails
from mainstem.payouts import AffiliateMoney
from mainstem_affiliates.portal import reads

_names = count(1)

# What the ledger alone knows: what sales have earned each affiliate, and what payouts took.
EARNED = """
SELECT e.currency, sum(e.signed_minor)::bigint AS minor FROM ledger_entry e
 WHERE e.owner_id = %(id)s AND EXISTS (
       SELECT 1 FROM ledger_entry x WHERE x.home_id = e.home_id AND x.transfer_id = e.transfer_id
          AND x.owner_id = 0 AND x.account = 'commission_expense')
 GROUP BY 1"""
TAKEN = """
SELECT e.currency, -sum(e.signed_minor)::bigint AS minor
  FROM ledger_entry e JOIN ledger_transfer t ON t.home_id = e.home_id AND t.id = e.transfer_id
 WHERE e.owner_id = %(id)s AND e.account = 'payable'
   AND (t.key LIKE 'payout:%%' OR t.key LIKE 'payout_canceled:%%' OR t.key LIKE 'reverse:%%'
        OR t.key LIKE 'transfer:%%')
 GROUP BY 1"""


@dataclass
class History:
    """Two affiliates, a seller and their sponsor, to whom anything may happen."""

    harness: Harness
    seller: int
    sponsor: int
    shop: Shop
    accounts: dict[int, str]

    def work(self, dice: Random) -> None:
        self.harness.drain()

    def sale(self, dice: Random) -> None:
        with self.harness.database.work() as work:
            goods, client = dice.choice([KETTLE, SKILLET]), f"client-{self.seller}@example.com"
            guest = ClientDetails(name="Guest", email=client)
            placed = a_paid_order(work, self.shop, (goods, 3), client=guest)
            gone = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 3)]
            orders.record_shipment(work, gone)
            orders.record_delivery(work, gone)
        self.harness.drain()

    def refund(self, dice: Random) -> None:
        rows = self.harness.rows(
            """SELECT home_id, id, paid_minor - refunded_minor AS left_minor FROM orders
                WHERE home_id = %(id)s AND paid_minor > refunded_minor ORDER BY id""",
            id=self.seller,
        )
        if rows:
            row = dice.choice(rows)
            with self.harness.database.work() as work:
                payments.request_refund(
                    work, row.home_id, row.id, reason="returned",
                    amount_minor=dice.randint(1, row.left_minor),
                )  # fmt: skip
            self.harness.drain()

    def month(self, dice: Random) -> None:
        self.harness.clock.move(timedelta(days=31))
        with self.harness.database.work() as work:
            earnings.release(work, self.harness.clock.now().date())

    def run(self, dice: Random) -> None:
        self.harness.clock.move(timedelta(days=1))
        with self.harness.database.work() as work:
            payouts.run(work, self.harness.clock.now().date())

    def account_restricted(self, dice: Random) -> None:
        account = self.accounts[dice.choice([self.seller, self.sponsor])]
        self.harness.trigger("accounts/standing", account=account, standing="restricted")

    def account_well(self, dice: Random) -> None:
        for account in self.accounts.values():
            self.harness.trigger("accounts/standing", account=account, standing="active")
            payments.account_changed(self.harness.database, account)

    def bank_pays(self, dice: Random) -> None:
        self._at_the_bank(dice, "payouts/arrive", ("requested", "in_transit"))

    def bank_returns(self, dice: Random) -> None:
        self._at_the_bank(dice, "payouts/fail", ("requested", "in_transit", "paid"))

    def _at_the_bank(self, dice: Random, control: str, states: tuple[str, ...]) -> None:
        if row := self._one(dice, *states):
            self.harness.trigger(control, payout=row.payout_id)
            self.harness.another_webhook_event("payout.updated", row.payout_id, row.account)

    def part_is_reversed(self, dice: Random) -> None:
        """At the gateway's own pages, where the account still has it."""
        if row := self._one(dice, "failed", "on_hold"):
            if row.transfer_id is None:
                return
            found = self.harness.gateway.transfer(row.transfer_id)
            if found.left_minor:
                part = dice.randint(1, found.left_minor)
                self.harness.stripe.v1.transfers.reversals.create(row.transfer_id, {"amount": part})
                self.harness.another_webhook_event("transfer.reversed", row.transfer_id)

    def retry(self, dice: Random) -> None:
        if row := self._one(dice, "failed", "on_hold"):
            with self.harness.database.work() as work:
                try:
                    payouts.retry(work, row.home_id, row.id)
                except Refused:
                    return
            self.harness.drain()

    def cancel(self, dice: Random) -> None:
        if row := self._one(dice, "failed", "on_hold"):
            with self.harness.database.work() as work:
                try:
                    payouts.cancel(work, row.home_id, row.id, reason="as it is")
                except Refused:
                    return
            self.harness.drain()

    def brought_in(self, dice: Random) -> None:
        """From another programme; a second time the first one stands."""
        affiliate = dice.choice([self.seller, self.sponsor])
        opening = Opening(Money(dice.randint(1, 50_000), "SEK"), "Unpaid elsewhere")
        with self.harness.database.work() as work:
            slug = work.value("SELECT slug FROM affiliate WHERE id = %(id)s", id=affiliate)
            bring_in(work, {slug: [opening]})

    def _one(self, dice: Random, *states: str) -> Any | None:
        rows = self.harness.rows(
            """SELECT * FROM payout WHERE home_id = ANY(%(homes)s::bigint[])
                  AND state = ANY(%(states)s::text[]) ORDER BY id""",
            homes=[self.seller, self.sponsor],
            states=list(states),
        )
        return dice.choice(rows) if rows else None


THINGS = [
    "sale", "sale", "refund", "month", "run", "run", "work", "account_restricted", "account_well",
    "bank_pays", "bank_returns", "part_is_reversed", "retry", "cancel", "brought_in",
]  # fmt: skip


def begin(harness: Harness) -> History:
    with harness.database.work() as work:
        no = next(_names)
        sponsor = an_affiliate(work, f"sponsor-{no}")
        seller = an_affiliate(work, f"seller-{no}", sponsor_id=sponsor)
        shop = a_shop(work, seller)
    accounts = {id: harness.affiliate_account(id) for id in (seller, sponsor)}
    return History(harness, seller, sponsor, shop, accounts)


def every_place_adds_up(history: History) -> None:
    """The front page's figures against the ledger; and the company's are those of everybody."""
    with history.harness.database.work() as work:
        for affiliate in (history.seller, history.sponsor):
            earned = {row.currency: row.minor for row in work.rows(EARNED, id=affiliate)}
            taken = {row.currency: row.minor for row in work.rows(TAKEN, id=affiliate)}
            for currency, money in payouts.money_of(work, affiliate).items():
                assert money.earned.minor == earned.get(currency, 0)
                in_payouts = money.under_way + money.on_hold + money.failed + money.paid
                assert in_payouts.minor == taken.get(currency, 0)
                assert not (money.debt and money.payable)
                assert min(part(money).minor for part in PLACES) >= 0
        everybody: dict[str, AffiliateMoney] = {}
        for row in work.rows("SELECT id FROM affiliate"):
            for currency, money in payouts.money_of(work, row.id).items():
                so_far = everybody.get(currency, payouts.no_money(currency))
                everybody[currency] = AffiliateMoney(
                    *(part(so_far) + part(money) for part in PLACES)
                )
        assert payouts.money_of_all(work) == everybody
        counts = queries.funnel(work)
        states = {
            row.state: row.n
            for row in work.rows("SELECT state, count(*) AS n FROM payout GROUP BY 1")
        }
        waiting = queries.what_waits(work, ("payouts_held", "payouts_failed"))
        waits = {one.kind: one.count for one in waiting}
        assert waits.get("payouts_held", 0) == states.pop("on_hold", 0)
        assert waits.get("payouts_failed", 0) == states.pop("failed", 0)
        done = states.pop("paid", 0) + states.pop("canceled", 0)
        assert counts.payouts_under_way == sum(states.values()), (states, done)
    for affiliate in (history.seller, history.sponsor):
        with history.harness.database.work(home=affiliate) as work:
            [first, *_] = reads.balances(work, reads.me(work))
            assert first.money == payouts.money_of(work, affiliate).get(
                "SEK", payouts.no_money("SEK")
            )


PLACES: list[Callable[[AffiliateMoney], Money]] = [
    attrgetter(name)
    for name in (
        "pending",
        "payable",
        "debt",
        "under_way",
        "on_hold",
        "failed",
        "paid",
        "changed",
        "brought",
    )
]


def test_whatever_happens_every_place_of_an_affiliates_money_adds_up_to_what_was_earned(
    harness: Harness,
) -> None:
    with harness.database.work() as work:
        work.run("UPDATE stock_level SET on_hand = 1000000")

    @settings(
        max_examples=8,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        things=st.lists(st.sampled_from(THINGS), min_size=4, max_size=14),
        dice=st.randoms(use_true_random=False),
    )
    def adds_up(things: list[str], dice: Random) -> None:
        history = begin(harness)
        for thing in ["sale", "month", "run", "work", *things]:
            getattr(history, thing)(dice)
            every_place_adds_up(history)
        with harness.database.work() as work:
            for place, amount in zip(
                ("under way", "on hold", "failed", "paid"),
                _in_payouts(payouts.money_of(work, history.seller)["SEK"]),
                strict=True,
            ):
                if amount:
                    event(f"ends with money {place}")
        harness.every_check_passes()

    adds_up()


def _in_payouts(money: AffiliateMoney) -> list[Money]:
    return [money.under_way, money.on_hold, money.failed, money.paid]
