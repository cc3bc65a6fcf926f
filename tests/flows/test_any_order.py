"""One order, anything that can happen to it, in any order, late, twice and interleaved: the books
always end where a naive reckoning on paper ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import floor
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.company import KETTLE, PLAN, REPAIR, SKILLET, Shop, a_company, a_shop, an_affiliate

from mainstem import audit, earnings, flow, invariants, ledger, orders, payments
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.orders import Address, ClientDetails, LineQuantity, LineWanted, OrderWanted, Placed
from mainstem.payments.gateway import RefundState
from mainstem.payments.refunds import record_refunds
from mainstem.plan import book

LEVELS_BP = [1000, 500, 300, 200, 100]
FIVE = PLAN | {
    "name": "Five levels under a cap",
    "rules": {
        "goods": PLAN["rules"]["goods"] | {"levels_bp": LEVELS_BP, "cap_bp": 2100},  # type: ignore[index]
        "service": PLAN["rules"]["service"] | {"levels_bp": LEVELS_BP, "cap_bp": 1500},  # type: ignore[index]
    },
}
CAPS = {"goods": 2100, "service": 1500}


# ---------------------------------------------------------------- on paper


def half_away_from_zero(value: Fraction) -> int:
    return floor(abs(value) + Fraction(1, 2)) * (1 if value >= 0 else -1)


@dataclass
class Paper:
    """What happened to an order, kept the way a bookkeeper would on paper."""

    lines: dict[int, Any]
    shipping: int
    total: int
    tax: int
    paid: int = 0
    delivered: dict[int, int] = field(default_factory=dict)
    canceled_pieces: dict[int, int] = field(default_factory=dict)
    back: dict[int, int] = field(default_factory=dict)
    back_unnamed: int = 0
    disputed: int = 0
    fees: int = 0

    @property
    def back_named(self) -> int:
        return sum(self.back.values())

    def commission(self, upline: list[int], kinds: Sequence[str] = tuple(CAPS)) -> dict[int, int]:
        """What stands for each affiliate: credited for what was delivered, less what went back."""
        stands: dict[int, int] = {}
        for kind, cap_bp in CAPS.items():
            if kind not in kinds:
                continue
            base, returned = self._base(kind)
            if base:
                for who, credit in zip(upline, self._credits(base, cap_bp), strict=True):
                    net = credit - half_away_from_zero(Fraction(credit * returned, base))
                    stands[who] = stands.get(who, 0) + net
        return {who: net for who, net in stands.items() if net}

    def _base(self, kind: str) -> tuple[int, int]:
        earned = returned = 0
        for no, line in self.lines.items():
            if line.kind != kind:
                continue
            of_line = half_away_from_zero(
                Fraction(line.commissionable_minor * self.delivered.get(no, 0), line.quantity)
            )
            # The line as if the canceled pieces had never been ordered.
            still = line.quantity - self.canceled_pieces.get(no, 0)
            worth = half_away_from_zero(Fraction(line.commissionable_minor * still, line.quantity))
            cost = half_away_from_zero(Fraction(line.total_minor * still, line.quantity))
            of_it = max(0, self.back.get(no, 0) - (line.total_minor - cost))
            back = half_away_from_zero(Fraction(worth * of_it, cost)) if cost else 0
            earned += of_line
            # Money for what was never delivered took back nothing that was earned.
            returned += max(0, back - (worth - of_line))
        left = self.total - self.back_named
        unnamed = min(self.back_unnamed + self.disputed, left)
        if left > 0:
            returned += half_away_from_zero(Fraction((earned - returned) * unnamed, left))
        return earned, returned

    @property
    def goods_wait(self) -> bool:
        """Whether goods are still to come that were not paid back: nobody's right has begun."""
        return any(
            line.kind == "goods"
            and self.delivered.get(no, 0) < line.quantity - self.canceled_pieces.get(no, 0)
            and self.back.get(no, 0)
            < half_away_from_zero(
                Fraction(
                    line.total_minor * (line.quantity - self.delivered.get(no, 0)), line.quantity
                )
            )
            for no, line in self.lines.items()
        )

    @staticmethod
    def _credits(base: int, cap_bp: int) -> list[int]:
        scale = min(Fraction(1), Fraction(cap_bp, sum(LEVELS_BP)))
        exact = [Fraction(base * bp, 10_000) * scale for bp in LEVELS_BP]
        parts = [floor(share) for share in exact]
        while sum(parts) < floor(sum(exact)):
            rests = [share - part for share, part in zip(exact, parts, strict=True)]
            parts[rests.index(max(rests))] += 1
        return parts

    def tax_back(self) -> int:
        named = sum(
            half_away_from_zero(
                Fraction(self.lines[no].tax_minor * back, self.lines[no].total_minor)
            )
            for no, back in self.back.items()
            if no and back
        )
        if self.back.get(0):
            of_shipping = self.tax - sum(line.tax_minor for line in self.lines.values())
            named += half_away_from_zero(Fraction(of_shipping * self.back[0], self.shipping))
        left = self.total - self.back_named
        if not left:
            return named
        return named + half_away_from_zero(Fraction((self.tax - named) * self.back_unnamed, left))

    def books(self, upline: list[int]) -> dict[tuple[int, str], int]:
        """Every balance that must stand in the end, credits less debits, when all holds are over.

        Goods are held as long as others of their order are to come.
        """
        back, commission = self.back_named + self.back_unnamed, self.commission(upline)
        tax = (self.tax if self.paid else 0) - self.tax_back()
        cash = self.paid - back
        found = {
            (0, "bank_cash"): -cash,
            (0, "gateway_cash"): self.disputed + self.fees,
            (0, "disputes"): -self.disputed,
            (0, "fees"): -self.fees,
            (0, "tax"): tax,
            (0, "sales"): cash - tax,
            (0, "commission_expense"): -sum(commission.values()),
        }
        free = self.commission(upline, ["service"] if self.goods_wait else list(CAPS))
        found |= {(who, "payable"): free.get(who, 0) for who in commission}
        found |= {(who, "pending"): net - free.get(who, 0) for who, net in commission.items()}
        return {account: minor for account, minor in found.items() if minor}


# ---------------------------------------------------------------- what can happen


@dataclass
class Story:
    """One order in the database and on paper."""

    work: Work
    clock: FixedClock
    placed: Placed
    paper: Paper
    facts: list[Fact] = field(default_factory=list)
    shipped: dict[int, int] = field(default_factory=dict)
    refunds: list[tuple[str, int | None, int]] = field(default_factory=list)
    rests: list[UUID] = field(default_factory=list)
    dispute: UUID | None = None
    began_to_wait_again: bool = False

    @property
    def key(self) -> tuple[int, UUID]:
        return self.placed.home_id, self.placed.order_id

    def pay(self, dice: Random) -> None:
        if self.paper.paid:
            return
        payments.record_external(
            self.work,
            [(*self.key, self.paper.total, self.placed.currency, self.work.now(), "bank")],
        )
        self.paper.paid = self.paper.total

    def ship(self, dice: Random) -> None:
        parts = [
            (no, dice.randint(1, here))
            for no in self.paper.lines
            if (here := self.here(no)) and dice.random() < 0.7
        ]
        orders.record_shipment(self.work, [LineQuantity(*self.key, no, many) for no, many in parts])
        for no, many in parts:
            self.shipped[no] = self.shipped.get(no, 0) + many

    def deliver(self, dice: Random) -> None:
        parts = [
            (no, dice.randint(1, shipped - self.paper.delivered.get(no, 0)))
            for no, shipped in self.shipped.items()
            if self.paper.delivered.get(no, 0) < shipped and dice.random() < 0.8
        ]
        orders.record_delivery(self.work, [LineQuantity(*self.key, no, many) for no, many in parts])
        for no, many in parts:
            self.paper.delivered[no] = self.paper.delivered.get(no, 0) + many

    def refund_lines(self, dice: Random) -> None:
        left = {no: line.total_minor for no, line in self.paper.lines.items()}
        left[0] = self.paper.shipping
        open_ones = [no for no in left if left[no] > self.paper.back.get(no, 0)]
        if not open_ones:
            return
        no = dice.choice(open_ones)
        most = min(left[no] - self.paper.back.get(no, 0), self._refundable())
        if most < 1:
            return
        amount = dice.choice([most, dice.randint(1, most)])
        id = payments.request_refund(
            self.work, *self.key, amount_minor=amount, reason="returned", lines=[(no, amount)]
        )
        self.paper.back[no] = self.paper.back.get(no, 0) + amount
        self.refunds.append((str(id), no, amount))

    def refund_and_cancel(self, dice: Random) -> None:
        """A line's money goes back, and some of its pieces no longer go."""
        no = dice.choice(list(self.paper.lines))
        left = self.paper.lines[no].total_minor - self.paper.back.get(no, 0)
        most = min(left, self._refundable())
        if most < 1:
            return
        line, pieces = self.paper.lines[no], dice.randint(0, self.here(no))
        # Whoever stops pieces gives back what they cost.
        least = half_away_from_zero(Fraction(line.total_minor * pieces, line.quantity))
        if (least := max(1, min(least, left))) > most:
            return
        amount = dice.randint(least, most)
        before = self.canceled_pieces()[no]
        outcome = orders.refund(
            self.work,
            *self.key,
            amount_minor=amount,
            reason="regret",
            lines=[(no, amount)],
            pieces={no: pieces},
        )
        assert outcome == "done"
        assert self.canceled_pieces()[no] - before >= pieces
        id = self.work.value("SELECT id FROM refund ORDER BY id DESC LIMIT 1")
        self.paper.back[no] = self.paper.back.get(no, 0) + amount
        self.refunds.append((str(id), no, amount))

    def refund_some(self, dice: Random) -> None:
        most = self._refundable()
        if most < 1:
            return
        amount = dice.choice([most, dice.randint(1, most)])
        id = payments.request_refund(self.work, *self.key, amount_minor=amount, reason="goodwill")
        self.paper.back_unnamed += amount
        self.refunds.append((str(id), None, amount))

    def refund_at_the_gateway(self, dice: Random) -> None:
        most = self._refundable()
        if most < 1:
            return
        amount = dice.randint(1, most)
        self._look(f"re_{new_id().hex}", "succeeded", amount, {})
        self.paper.back_unnamed += amount

    def refund_comes_back(self, dice: Random) -> None:
        if not self.refunds:
            return
        id, no, amount = self.refunds.pop(dice.randrange(len(self.refunds)))
        self._look(f"re_{id}", "failed", amount, {"refund_id": id})
        # The webhook event that said it had succeeded may come once more.
        self._look(f"re_{id}", "succeeded", amount, {"refund_id": id})
        if no is None:
            self.paper.back_unnamed -= amount
            return
        waited = self.paper.goods_wait
        self.paper.back[no] -= amount
        self.began_to_wait_again |= self.paper.goods_wait and not waited

    def dispute_opens(self, dice: Random) -> None:
        if self.dispute is not None or not self.paper.paid:
            return
        self.dispute = new_id()
        taken = dice.choice([self.paper.paid, dice.randint(1, self.paper.paid)])
        self.work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency,
                      amount_minor, withdrawn_minor, fee_minor, movements, opened_at)
               VALUES (%(home)s, %(id)s, %(order)s, %(id)s::text, 'needs_response', 'SEK',
                       %(taken)s, %(taken)s, 150, 1, %(now)s)""",
            home=self.key[0],
            id=self.dispute,
            order=self.key[1],
            taken=taken,
            now=self.work.now(),
        )
        self.paper.disputed, self.paper.fees = taken, 150
        record(self.work, "payment.disputed", self.key[1], home=self.key[0])

    def dispute_won(self, dice: Random) -> None:
        if not self.paper.disputed:
            return
        self.work.run(
            """UPDATE dispute SET status = 'won', withdrawn_minor = 0, fee_minor = 0, movements = 2
                WHERE id = %(id)s""",
            id=self.dispute,
        )
        self.paper.disputed = self.paper.fees = 0
        record(self.work, "payment.disputed", self.key[1], home=self.key[0])

    def days_pass(self, dice: Random) -> None:
        self.clock.move(timedelta(days=dice.choice([1, 7, 16, 31])))
        earnings.release(self.work, self.clock.now().date())

    def settled_again(self, dice: Random) -> None:
        earnings.settle(self.work, [self.key, self.key])

    def react(self, dice: Random) -> None:
        """Run any of the facts so far, together or alone, also those that ran before.

        What talks to the gateway or reads for long has no part in how the books end.
        """
        self._collect()
        if not self.facts:
            return
        name = dice.choice(sorted({fact.name for fact in self.facts}))
        known = [fact for fact in self.facts if fact.name == name]
        some = dice.sample(known, dice.randint(1, len(known)))
        for reaction in flow.REACTIONS[name].values():
            reaction(self.work, some)
        self._forget(some)
        self.rest_goes_back()

    def everything_arrives(self) -> None:
        """Every fact that still waits, until none does."""
        while waiting := self._collect():
            for fact in waiting:
                for reaction in flow.REACTIONS[fact.name].values():
                    reaction(self.work, [fact])
            self._forget(waiting)
            self.rest_goes_back()
        self.paper.canceled_pieces = self.canceled_pieces()

    def rest_goes_back(self) -> None:
        """Once a dispute is won, what is left of a canceled order's payment goes back by itself,
        whenever that is heard of; also what a refund that came back had left with us."""
        for row in self.work.rows(
            """SELECT r.id, r.amount_minor, r.lines, o.state FROM refund r
                 JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
                WHERE r.order_id = %(id)s AND r.reason = 'canceled'
                  AND NOT r.id = ANY(%(known)s::uuid[])""",
            id=self.key[1],
            known=self.rests,
        ):
            assert row.state == "canceled"
            assert self.dispute is not None and not self.paper.disputed
            assert row.amount_minor == self._refundable()
            self.rests.append(row.id)
            self._stands_on_its_lines(row)

    def _stands_on_its_lines(self, row: Any) -> None:
        """What names a line is of it; as much as the lines have left names one."""
        left = self.paper.total - self.paper.back_named
        named = {part["line_no"]: part["amount_minor"] for part in row.lines}
        assert sum(named.values()) == min(row.amount_minor, left)
        for no, amount in named.items():
            self.paper.back[no] = self.paper.back.get(no, 0) + amount
        self.paper.back_unnamed += row.amount_minor - sum(named.values())

    def _collect(self) -> list[Fact]:
        rows = self.work.rows(
            "SELECT DISTINCT id, home_id, name, subject FROM fact_waiting ORDER BY id"
        )
        waiting = [Fact(*row) for row in rows]
        outside = [fact for fact in waiting if fact.name not in flow.REACTIONS]
        assert {fact.name for fact in outside} <= {"check.requested", "audit.requested"}
        self._forget(outside)
        inside = [fact for fact in waiting if fact not in outside]
        self.facts += [fact for fact in inside if fact not in self.facts]
        return inside

    def _forget(self, done: list[Fact]) -> None:
        self.work.run(
            "DELETE FROM fact_waiting WHERE id = ANY(%(ids)s::uuid[])", ids=[f.id for f in done]
        )

    def canceled_pieces(self) -> dict[int, int]:
        """How many pieces of each line are canceled. An order whose money is all asked back cancels
        the rest by itself, whenever that is heard of."""
        rows = self.work.rows(
            "SELECT line_no, canceled FROM order_line WHERE order_id = %(id)s", id=self.key[1]
        )
        return {row.line_no: row.canceled for row in rows}

    def here(self, no: int) -> int:
        """How many pieces of a line have not left and still go."""
        line = self.paper.lines[no]
        return int(line.quantity - self.shipped.get(no, 0) - self.canceled_pieces()[no])

    def _refundable(self) -> int:
        return self.paper.paid - self.paper.back_named - self.paper.back_unnamed

    def _look(self, id: str, status: str, amount: int, metadata: dict[str, str]) -> None:
        seen = RefundState(id, status, amount, "SEK", metadata, self.work.now(), "", "")
        record_refunds(self.work, *self.key, [seen])


# Money goes back more often than it would in life: that is where the cents are.
THINGS = [
    "pay", "ship", "ship", "deliver", "deliver", "refund_lines", "refund_lines", "refund_some",
    "refund_and_cancel", "refund_and_cancel",
    "refund_at_the_gateway", "refund_comes_back", "dispute_opens", "dispute_won", "days_pass",
    "days_pass", "settled_again", "react", "react", "react",
]  # fmt: skip


@dataclass
class Scenario:
    database: Database
    clock: FixedClock
    shop: Shop
    upline: list[int]


@pytest.fixture
def scenario(database: Database, clock: FixedClock) -> Iterator[Scenario]:
    with database.work() as work:
        company = a_company(work, stock=10_000)
        start = work.now() - timedelta(days=1)
        book.publish(work, FIVE, effective_from=start, confirmed=True)
        dahlia = an_affiliate(work, "dahlia", sponsor_id=company.cedar)
        elm = an_affiliate(work, "elm", sponsor_id=dahlia)
        work.run("UPDATE product SET tax_bp = 600, commissionable_bp = 8000 WHERE slug = 'skillet'")
        shop = a_shop(work, elm)
    yield Scenario(
        database, clock, shop, [elm, dahlia, company.cedar, company.birch, company.alder]
    )


def begin(work: Work, scenario: Scenario, lines: list[tuple[str, int, int]]) -> Story:
    """An order of (sku, quantity, total in minor units) waits to be paid."""
    key = f"order-{new_id()}"
    [placed] = orders.place(
        work,
        [
            OrderWanted(
                storefront_id=scenario.shop.id,
                home_id=scenario.shop.home_id,
                channel="lead",
                key=key,
                fingerprint=b"",
                currency="SEK",
                locale="sv",
                client=ClientDetails(name="Guest", email=f"{key}@example.com"),
                address=Address("Storgatan 1", "114 55", "Stockholm", "SE"),
                lines=[LineWanted(sku, many, minor) for sku, many, minor in lines],
            )
        ],
    )
    assert isinstance(placed, Placed), placed
    rows = work.rows(
        """SELECT line_no, kind, quantity, total_minor, tax_minor, commissionable_minor
             FROM order_line WHERE order_id = %(id)s""",
        id=placed.order_id,
    )
    totals = placed.totals
    return Story(
        work,
        scenario.clock,
        placed,
        Paper(
            {r.line_no: r for r in rows},
            totals.shipping_minor,
            totals.total_minor,
            totals.tax_minor,
        ),
    )


def nothing_pending_is_below_zero(work: Work) -> None:
    assert not work.rows(
        """SELECT owner_id FROM ledger_entry WHERE account IN ('pending', 'payout_clearing')
            GROUP BY owner_id, account, currency HAVING sum(signed_minor) < 0"""
    )


def either_account(books: dict[tuple[int, str], int]) -> dict[tuple[int, str], int]:
    """An affiliate's money, pending or payable."""
    sums: dict[tuple[int, str], int] = {}
    for (owner, account), minor in books.items():
        key = (owner, "pending or payable" if owner else account)
        sums[key] = sums.get(key, 0) + minor
    return sums


def the_books_end_as_on_paper(story: Story, upline: list[int]) -> None:
    work = story.work
    story.clock.move(timedelta(days=400))
    earnings.release(work, story.clock.now().date())
    found = {
        (owner, account): minor
        for (owner, account, _), minor in ledger.balances(work, [0, *upline]).items()
        if minor
    }
    expected = story.paper.books(upline)
    if story.began_to_wait_again:
        # What had become payable until then is not taken back into a hold.
        found, expected = either_account(found), either_account(expected)
    assert found == expected
    assert sum(found.values()) == 0
    broken = [finding for finding in invariants.check(work) if finding.wrong]
    assert not broken
    # And by the other implementation, whatever became of it.
    keys = [tuple(row) for row in work.rows("SELECT home_id, id FROM orders")]
    again = audit.audit_orders(work, keys)
    assert (again.named, again.waiting) == ([], 0)


LINES = st.lists(
    st.tuples(
        st.sampled_from([KETTLE, SKILLET, REPAIR]),
        st.integers(1, 4),
        st.integers(1, 400) | st.integers(1, 40_000),
    ),
    min_size=1,
    max_size=3,
)


def test_whatever_happens_in_whatever_order_the_books_end_as_on_paper(scenario: Scenario) -> None:
    start = scenario.clock.now()

    @settings(
        max_examples=120,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        lines=LINES,
        things=st.lists(st.sampled_from(THINGS), min_size=6, max_size=30),
        dice=st.randoms(use_true_random=False),
    )
    def ends_as_on_paper(
        lines: list[tuple[str, int, int]], things: list[str], dice: Random
    ) -> None:
        scenario.clock.set(start)
        with pytest.raises(Undone), scenario.database.work() as work:
            story = begin(work, scenario, lines)
            for thing in ["pay", *things]:
                getattr(story, thing)(dice)
                nothing_pending_is_below_zero(work)
            story.everything_arrives()
            nothing_pending_is_below_zero(work)
            the_books_end_as_on_paper(story, scenario.upline)
            event(f"commission {'stands' if story.paper.commission(scenario.upline) else 'is nil'}")
            raise Undone

    ends_as_on_paper()


class Undone(Exception):
    """Takes one example out of the database again."""
