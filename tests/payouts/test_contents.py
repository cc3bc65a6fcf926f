"""A payout says what it pays: every movement by order and level, adding up to its amount."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.company import BO, KETTLE, SKILLET, Company, a_company, a_paid_order, an_earning

from mainstem import earnings, invariants, orders, payments, payouts, worker
from mainstem.kit import db
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Actor, Work
from mainstem.money import Money
from mainstem.orders import Placed
from mainstem.payouts import PayoutContents, PayoutLine, contents

MIGRATIONS = Path(db.__file__).parents[1] / "migrations" / "versions"


@pytest.fixture
def company(database: Database) -> Company:
    """The company; Cedar and Birch are paid by bank."""
    with database.work() as work:
        company = a_company(work)
        for affiliate in (company.cedar, company.birch):
            work.run(
                "INSERT INTO pay_account VALUES (%(id)s, 'bank', %(a)s, 'SEK', 'active', now())",
                id=affiliate,
                a=f"SE-{affiliate}",
            )
    return company


def sold(database: Database, company: Company, *lines: tuple[str, int], **changes: Any) -> Placed:
    """A paid order that was delivered, its commission credited."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, *lines, **changes)
        gone = [
            orders.LineQuantity(placed.home_id, placed.order_id, no, count)
            for no, (_, count) in enumerate(lines, 1)
        ]
        orders.record_shipment(work, gone)
        orders.record_delivery(work, gone)
    worker.drain(database)
    return placed


def give_back(database: Database, placed: Placed, minor: int) -> None:
    with database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=minor, reason="returned",
            lines=[(1, minor)],
        )  # fmt: skip
    worker.drain(database)


def holds_end(database: Database, clock: FixedClock) -> None:
    clock.move(timedelta(days=40))
    with database.work() as work:
        earnings.release(work, clock.now().date())


def run(database: Database, clock: FixedClock, affiliate: int) -> Any:
    """A run of payouts, a day later than the last; the affiliate's payout, which arrives."""
    clock.move(timedelta(days=1))
    with database.work() as work:
        payouts.run(work, clock.now().date())
        found = work.rows("SELECT home_id, id FROM payout ORDER BY reserved_at")
        payouts.confirm_bank(work, [tuple(row) for row in found])
        return [row.id for row in found if row.home_id == affiliate][-1]


def read(
    database: Database, affiliate: int, payout: Any, *, most: int = 2
) -> tuple[PayoutContents, list[PayoutLine]]:
    """What a payout consists of, page by page, as the affiliate reads it and as staff do."""
    found = []
    for work_of in (
        database.work(),
        database.work(Actor("affiliate", str(affiliate)), home=affiliate),
    ):
        with work_of as work:
            it, cursor, lines = payouts.contents_of(work, affiliate, payout), None, []
            while True:
                page = payouts.lines_of(work, it, cursor=cursor, most=most)
                lines += page.rows
                if not (cursor := page.next):
                    break
        assert_adds_up(it, lines)
        found.append((it, lines))
    assert found[0] == found[1]
    return found[0]


def assert_adds_up(it: PayoutContents, lines: list[PayoutLine]) -> None:
    parts = sum(amount.minor for _, amount in it.parts)
    assert it.opening.minor + parts + it.gap.minor - it.left.minor == it.amount.minor
    assert sum(line.amount.minor for line in lines) == parts
    assert it.gap.minor == 0


def told(lines: list[PayoutLine]) -> list[tuple[str, str, int, int]]:
    """(kind, order, level, amount), the newest first."""
    return [
        (line.kind, line.order[2] if line.order else "", line.level, line.amount.minor)
        for line in lines
    ]


def test_a_payout_tells_each_order_that_it_pays_and_adds_up(
    database: Database, company: Company, clock: FixedClock
) -> None:
    first = sold(database, company, (KETTLE, 2))
    # Half of it goes back while it is held: that half was never payable.
    give_back(database, first, 125000)
    clock.move(timedelta(days=3))
    second = sold(database, company, (KETTLE, 2), (SKILLET, 1), client=BO)
    holds_end(database, clock)
    payout = run(database, clock, company.cedar)
    it, lines = read(database, company.cedar, payout)
    assert (it.opening.minor, it.before, it.amount.minor) == (0, None, 10000 + 26400)
    assert sorted(told(lines)) == sorted(
        [("released", first.number, 0, 10000), ("released", second.number, 0, 26400)]
    )


def test_what_went_back_after_it_was_paid_is_taken_from_the_next_payout_in_words(
    database: Database, company: Company, clock: FixedClock
) -> None:
    first = sold(database, company, (KETTLE, 2))
    holds_end(database, clock)
    paid = run(database, clock, company.cedar)
    give_back(database, first, 125000)
    second = sold(database, company, (KETTLE, 4), client=BO)
    holds_end(database, clock)
    it, lines = read(database, company.cedar, run(database, clock, company.cedar))
    assert it.before == (paid, it.before[1] if it.before else "")
    assert it.parts == [("released", Money(40000, "SEK")), ("went_back", Money(-10000, "SEK"))]
    assert (it.opening.minor, it.amount.minor) == (0, 30000)
    assert told(lines) == [
        ("released", second.number, 0, 40000),
        ("went_back", first.number, 0, -10000),
    ]
    # What the first one paid is still what it says, though part of it went back since.
    assert told(read(database, company.cedar, paid)[1]) == [("released", first.number, 0, 20000)]


def test_a_sponsor_reads_the_orders_of_the_team_with_the_level(
    database: Database, company: Company, clock: FixedClock
) -> None:
    placed = sold(database, company, (KETTLE, 10))
    holds_end(database, clock)
    it, lines = read(database, company.birch, run(database, clock, company.birch))
    assert it.amount.minor == 30000
    assert told(lines) == [("released", placed.number, 1, 30000)]


def test_a_canceled_payout_and_an_adjustment_stand_in_the_next_one(
    database: Database, company: Company, clock: FixedClock
) -> None:
    sold(database, company, (KETTLE, 2))
    holds_end(database, clock)
    clock.move(timedelta(days=1))
    with database.work() as work:
        payouts.run(work, clock.now().date())
        canceled = work.row("SELECT home_id, id, number FROM payout")
        assert canceled is not None
        payouts.cancel(work, canceled.home_id, canceled.id, reason="No such account")
        an_earning(work, company.cedar, Money(700, "SEK"))
    it, lines = read(database, company.cedar, run(database, clock, company.cedar))
    assert it.amount.minor == 20700
    assert [(line.kind, line.amount.minor, line.reason) for line in lines] == [
        ("other", 700, "An adjustment"),
        ("canceled", 20000, f"Payout {canceled.number} canceled: No such account"),
    ]


def test_what_a_payout_could_not_send_opens_the_next_one(
    database: Database, company: Company, clock: FixedClock, database_url: str
) -> None:
    """Forints reach a bank by the hundred. What earlier releases left is worked out once."""
    with database.work() as work:
        work.run(
            "INSERT INTO pay_account VALUES (%(id)s, 'stripe', 'acct_1', 'HUF', 'active', now())",
            id=company.cedar,
        )
    found = []
    for minor in (1234567, 8765432):
        clock.move(timedelta(days=1))
        with database.work() as work:
            an_earning(work, company.cedar, Money(minor, "HUF"))
            payouts.run(work, clock.now().date())
            found.append(work.value("SELECT id FROM payout ORDER BY reserved_at DESC LIMIT 1"))
            work.run("UPDATE payout SET state = 'paid'")
    first, second = (read(database, company.cedar, payout)[0] for payout in found)
    assert first.left.minor == 1234567 - first.amount.minor > 0
    assert second.opening == first.left
    assert second.amount + second.left == first.left + Money(8765432, "HUF")
    [migration] = MIGRATIONS.glob("0026_*.sql")
    sql = migration.read_text()
    backfill = sql[
        sql.index("UPDATE payout p SET left_minor") : sql.index("CREATE INDEX payout_in")
    ]
    with psycopg.connect(database_url) as connection:
        kept = connection.execute("SELECT id, left_minor FROM payout ORDER BY id").fetchall()
        connection.execute("UPDATE payout SET left_minor = 0")
        connection.execute(backfill)
        assert (
            connection.execute("SELECT id, left_minor FROM payout ORDER BY id").fetchall() == kept
        )


def test_a_payout_is_read_by_whoever_is_paid_and_by_nobody_else(
    database: Database, company: Company, clock: FixedClock
) -> None:
    sold(database, company, (KETTLE, 2))
    holds_end(database, clock)
    payout = run(database, clock, company.cedar)
    birch = Actor("affiliate", str(company.birch))
    for home in (company.cedar, company.birch):
        with pytest.raises(NotFound), database.work(birch, home=company.birch) as work:
            payouts.contents_of(work, home, payout)


@pytest.mark.parametrize("as_affiliate", [False, True])
def test_a_page_of_a_payout_reads_what_is_in_it_and_no_history(
    database: Database, company: Company, clock: FixedClock, as_affiliate: bool
) -> None:
    """Each payout holds one sale: the sixth is read with as few rows of the ledger as the second."""
    read_rows = []
    for _ in range(6):
        sold(database, company, (KETTLE, 2))
        holds_end(database, clock)
        payout = run(database, clock, company.cedar)
        cedar = Actor("affiliate", str(company.cedar))
        with database.work(cedar, home=company.cedar) if as_affiliate else database.work() as work:
            work.run("SET LOCAL enable_seqscan = off")
            read_rows.append(rows_read(work, company.cedar, payout))
    assert len(set(read_rows[1:])) == 1, read_rows


def rows_read(work: Work, affiliate: int, payout: Any) -> int:
    """How many rows of the ledger a page of a payout touches, also those that it leaves out."""
    it = payouts.contents_of(work, affiliate, payout)
    sql = contents._LINES.replace("{seek}", "").replace("{sorted}", "ORDER BY no DESC LIMIT 50")
    span = {"currency": "SEK", "after": it.after_no, "until": it.until_no}
    plans = [
        work.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked}", home=affiliate, **values)
        for asked, values in (
            (sql, span),
            (contents._PARTS, span),
            (contents._TRANSFERS, {"keys": [f"payout:{payout}"]}),
        )
    ]
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for [plan] in plans
        for node in nodes(plan[0][0]["Plan"])
        if node.get("Relation Name") in ("ledger_entry", "ledger_transfer")
    )


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


def test_the_books_stay_sound_whatever_a_payout_is_made_of(
    database: Database, company: Company, clock: FixedClock
) -> None:
    placed = sold(database, company, (KETTLE, 2))
    holds_end(database, clock)
    run(database, clock, company.cedar)
    give_back(database, placed, 250000)
    with database.work() as work:
        assert not [finding for finding in invariants.check(work) if finding.wrong]
