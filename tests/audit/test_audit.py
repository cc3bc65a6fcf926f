"""The audit: what was credited is worked out a second time, and a single cent that differs is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.company import (
    BO,
    INSTALLATION,
    KETTLE,
    REPAIR,
    SKILLET,
    Company,
    a_company,
    a_paid_order,
)

from mainstem import audit, cli, earnings, orders, payments, worker
from mainstem.audit.commissions import Audit
from mainstem.audit.walk import begin
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import OWNER_ROLE, READ_ROLE, Database
from mainstem.kit.events import Fact
from mainstem.kit.work import SYSTEM, Work
from mainstem.ledger.chart import PARENT
from mainstem.orders import Placed
from mainstem.orders.line_cancellation import cancel_lines
from mainstem.plan import book


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the earnings by hand."""

    no: int
    level: int
    affiliate: int
    kind: str
    minor: int


@contextmanager
def as_the_owner(url: str, tools: Any, clock: FixedClock) -> Iterator[Work]:
    owner = Database(url, tools=tools, clock=clock, pool=1, role=OWNER_ROLE)
    try:
        with owner.work() as work:
            yield work
    finally:
        owner.close()


def plant(work: Work, placed: Placed, line: Line) -> None:
    """Write a line with its balanced posting, as somebody could who owns the tables."""
    work.run(
        """INSERT INTO earning (home_id, source_id, rule, level, no, beneficiary_id, kind, currency,
                                amount_minor, base_minor, returned_minor, rate_bp, plan_version,
                                held_until, explanation, credited_at)
           SELECT home_id, source_id, rule, %(level)s, %(no)s, %(whose)s, %(kind)s, currency, %(minor)s,
                  base_minor, returned_minor, rate_bp, plan_version, held_until, explanation, credited_at
             FROM earning WHERE source_id = %(order)s AND rule = 'goods' ORDER BY level, no LIMIT 1""",
        order=placed.order_id,
        level=line.level,
        no=line.no,
        whose=line.affiliate,
        kind=line.kind,
        minor=line.minor,
    )
    post(work, placed, f"commission:{placed.order_id}:goods:{line.no}", line.affiliate, line.minor)


def post(work: Work, placed: Placed, key: str, affiliate: int, minor: int) -> None:
    """A balanced posting under any key."""
    id = work.value(
        """INSERT INTO ledger_transfer (home_id, key, reason, currency, entries, effective_on, actor, posted_at)
           VALUES (%(home)s, %(key)s, 'By hand', 'SEK', 2, now(), 'staff:1', now()) RETURNING id""",
        home=placed.home_id,
        key=key,
    )
    work.run(
        """INSERT INTO ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor)
           VALUES (%(home)s, %(id)s, 0, %(parent)s, 'commission_expense', 'SEK', %(debit)s, %(minor)s),
                  (%(home)s, %(id)s, 1, %(whose)s, 'payable', 'SEK', %(credit)s, %(minor)s)""",
        home=placed.home_id,
        id=id,
        parent=PARENT,
        whose=affiliate,
        minor=abs(minor),
        debit="D" if minor > 0 else "C",
        credit="C" if minor > 0 else "D",
    )


def deliver(work: Work, placed: Placed, *lines: tuple[int, int]) -> None:
    parts = [orders.LineQuantity(placed.home_id, placed.order_id, no, many) for no, many in lines]
    orders.record_shipment(work, parts)
    orders.record_delivery(work, parts)


def delivered(database: Database, company: Company, *lines: tuple[str, int]) -> Placed:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, *lines)
        deliver(work, placed, *((no, many) for no, (_, many) in enumerate(lines, 1)))
    worker.drain(database)
    return placed


def refund(database: Database, placed: Placed, minor: int, *lines: tuple[int, int]) -> None:
    with database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=minor, reason="returned", lines=lines
        )  # fmt: skip
    worker.drain(database)


# ---------------------------------------------------------------- nothing differs


def test_a_year_of_every_sort_comes_to_the_same_cents_twice(
    database: Database, company: Company, clock: FixedClock
) -> None:
    first = delivered(database, company, (KETTLE, 3), (REPAIR, 2), (SKILLET, 1))
    second = delivered(database, company, (SKILLET, 2), (INSTALLATION, 1))
    refund(database, first, 125_00, (1, 125_00))  # a part of a line
    refund(database, first, 333_33)  # naming none
    clock.move(timedelta(days=60))
    with database.work() as work:
        earnings.release(work, clock.now().date())
    refund(database, second, 1_600_00, (1, 1_600_00))  # a whole line, after its release
    with database.work() as work:
        third = a_paid_order(work, company.shop, (KETTLE, 2), (SKILLET, 1))
        deliver(work, third, (1, 1))
        cancel_lines(work, [orders.LineQuantity(third.home_id, third.order_id, 1, 1)])
    worker.drain(database)
    with database.work() as work:
        a_paid_order(work, company.birch_shop, (KETTLE, 1))  # never delivered
    worker.drain(database)
    found = audit.audit_commissions(database)
    assert (found.wrong, found.named, found.waiting) == (0, [], 0)
    assert found.orders == 4
    with database.work() as work:
        assert found.lines == work.value("SELECT count(*) FROM earning") > 20


EVERYTHING = {
    "format": 2,
    "name": "Of every sort",
    "version_by": "order",
    "joined_before": "move",
    "cap_bp": 1500,
    "cap_by": "priority",
    "uplines": {"house": "passed_over", "suspended": "passed_over", "inactive": "passed_over",
                "own_sales_min": 1, "days": 90, "active_at": "sale"},
    "rules": [
        {"id": "repairs", "when": {"kind": "service"}, "levels": [{"rate_bp": 900}, {"rate_bp": 5000}],
         "levels_of": "level_below", "cap_bp": 1500, "hold_days": 30},
        {"id": "kettles", "when": {"products": ["kettle"]}, "base": "net_price",
         "levels": [{"rate_bp": 1000}, {"rate_bp": 301}], "at_most_minor": {"SEK": 150_00},
         "cap_bp": 1200, "cap_by": "proportion", "hold_days": 30},
        {"id": "others", "levels": [{"each_minor": {"SEK": 31_07}}, {"each_minor": {"SEK": 7_01}}],
         "cap_bp": 1200, "cap_by": "priority", "hold_days": 30},
    ],
}  # fmt: skip


def test_a_plan_of_every_sort_comes_to_the_same_cents_twice(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Sponsors who sell nothing are passed over, rates are of the price and of the level below, and
    there is money for each piece and a limit for a sale."""
    clock.move(timedelta(days=1))
    with database.work() as work:
        book.publish(work, EVERYTHING, effective_from=clock.now(), confirmed=True)
        of_birch = a_paid_order(work, company.birch_shop, (SKILLET, 1), client=BO)
        deliver(work, of_birch, (1, 1))
    worker.drain(database)
    clock.move(timedelta(days=1))
    first = delivered(database, company, (KETTLE, 3), (REPAIR, 2), (SKILLET, 2))
    refund(database, first, 333_33)
    refund(database, first, 200_00, (3, 200_00))
    with database.work() as work:
        rules = {row.rule for row in work.rows("SELECT DISTINCT rule FROM earning")}
        levels = {row.level for row in work.rows("SELECT DISTINCT level FROM earning")}
    assert (rules, levels) == ({"repairs", "kettles", "others"}, {0, 1})
    found = audit.audit_commissions(database)
    assert (found.named, found.waiting, found.orders) == ([], 0, 2)


def test_batches_of_one_order_find_what_one_of_all_does(
    database: Database, company: Company, clock: FixedClock, database_url: str
) -> None:
    placed = [delivered(database, company, (KETTLE, n)) for n in (1, 2, 3)]
    with as_the_owner(database_url, database.tools, clock) as work:
        plant(work, placed[1], Line(2, 0, company.cedar, "credit", 1))
    whole, by_one = audit.audit_commissions(database), Audit(database, begin(None), most=1)
    while by_one.go_on():
        pass
    assert (by_one.found.orders, by_one.found.lines) == (whole.orders, whole.lines)
    assert by_one.found.named == whole.named


# ---------------------------------------------------------------- something differs


def test_a_planted_cent_is_named_down_to_the_line_with_both_amounts(
    database: Database, company: Company, clock: FixedClock, database_url: str
) -> None:
    """Balanced in the books, so no sum of them shows it."""
    delivered(database, company, (KETTLE, 1))
    placed = delivered(database, company, (KETTLE, 2))
    with as_the_owner(database_url, database.tools, clock) as work:
        plant(work, placed, Line(2, 1, company.birch, "credit", 1))
    found = audit.audit_commissions(database)
    assert [(one.what, one.should_be, one.is_now) for one in found.named] == [
        ("credited", 60_00, 60_01),
        ("posted", 60_00, 60_01),
    ]
    line = found.named[0]
    assert (line.order, line.rule, line.level, line.affiliate_id, line.currency) == (
        placed.number, "goods", 1, company.birch, "SEK",
    )  # fmt: skip
    assert UUID(line.order_id) == placed.order_id


@pytest.mark.parametrize(
    ("level", "kind", "minor", "should"),
    [
        (0, "reversal", -1, [("reversed", 0, 1), ("posted", 200_00, 199_99)]),
        (0, "hold", 5, [("moved", 0, 5), ("posted", 200_00, 200_05)]),
        (4, "credit", 7, [("credited", 0, 7), ("posted", 200_00, 200_07)]),
    ],
)
def test_whatever_was_written_that_nobody_earned_is_named(
    database: Database,
    company: Company,
    clock: FixedClock,
    database_url: str,
    level: int,
    kind: str,
    minor: int,
    should: list[tuple[str, int, int]],
) -> None:
    placed = delivered(database, company, (KETTLE, 2))
    with as_the_owner(database_url, database.tools, clock) as work:
        plant(work, placed, Line(2, level, company.cedar, kind, minor))
    found = audit.audit_commissions(database)
    assert [(one.what, one.should_be, one.is_now) for one in found.named] == should


def test_a_line_of_somebody_else_is_named_with_whose_it_should_be(
    database: Database, company: Company, clock: FixedClock, database_url: str
) -> None:
    placed = delivered(database, company, (KETTLE, 2))
    with as_the_owner(database_url, database.tools, clock) as work:
        plant(work, placed, Line(2, 2, company.cedar, "credit", 5))
        plant(work, placed, Line(3, 2, company.alder, "credit", -5))
    [one] = [one for one in audit.audit_commissions(database).named if one.what == "beneficiary"]
    assert (one.level, one.should_be) == (2, company.alder)


def test_a_posting_that_no_line_stands_behind_is_named(
    database: Database, company: Company, clock: FixedClock, database_url: str
) -> None:
    placed = delivered(database, company, (KETTLE, 2))
    key = f"commission:{placed.order_id}:goods:77"
    with as_the_owner(database_url, database.tools, clock) as work:
        post(work, placed, key, company.cedar, 3)
    [one] = audit.audit_commissions(database).named
    assert (one.what, one.order, one.affiliate_id, one.is_now) == ("stray", key, company.cedar, 3)


def test_what_was_paid_by_another_rate_than_the_plans_is_named(
    database: Database, company: Company, clock: FixedClock, database_url: str
) -> None:
    """The same plan with another rate: every order that was credited by the old one differs."""
    delivered(database, company, (KETTLE, 1))
    with as_the_owner(database_url, database.tools, clock) as work:
        work.run("ALTER TABLE plan_version DISABLE TRIGGER USER")
        document = work.value("SELECT document FROM plan_version")
        if document.get("format") == 2:
            document["rules"][0]["levels"][2]["rate_bp"] = 99
        else:
            document["rules"]["goods"]["levels_bp"][2] = 99
        work.run("UPDATE plan_version SET document = %(said)s::jsonb", said=json.dumps(document))
        work.run("ALTER TABLE plan_version ENABLE TRIGGER USER")
    found = audit.audit_commissions(database)
    assert {(one.what, one.level, one.should_be, one.is_now) for one in found.named} == {
        ("credited", 2, 9_90, 10_00),
        ("posted", None, 9_90, 10_00),
    }


# ---------------------------------------------------------------- beside a company that trades


def test_what_is_still_to_be_followed_up_is_left_to_a_later_audit(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, placed, (1, 1))
    found = audit.audit_commissions(database)
    assert (found.waiting, found.wrong) == (1, 0)
    worker.drain(database)
    found = audit.audit_commissions(database)
    assert (found.waiting, found.wrong) == (0, 0)


def test_the_audit_of_what_changed_looks_at_no_other_order(
    database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit.runs, "OVERLAP", timedelta(0))
    for _ in range(3):
        delivered(database, company, (KETTLE, 1))
    assert audit.run_now(database).orders == 3
    placed = delivered(database, company, (SKILLET, 1))
    found = audit.run_now(database, whole=False)
    assert found.orders > 0
    with database.reading() as work:
        assert audit.audit_orders(work, [(placed.home_id, placed.order_id)]).lines == 3
    assert found.lines % 3 == 0, "the one order, as often as a fact of it was read"
    assert audit.run_now(database, whole=False).orders == 0


def test_an_audit_goes_on_where_the_worker_before_ended(
    database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit.runs, "PIECE_SECONDS", 0.0)
    monkeypatch.setattr(audit.commissions, "ORDERS_AT_ONCE", 1)
    for _ in range(3):
        delivered(database, company, (KETTLE, 1))
    with database.work() as work:
        assert audit.request(work)
        assert not audit.request(work), "one is under way"
        assert audit.under_way(work)
    pieces = 0
    while _next_piece(database):
        pieces += 1
    assert pieces >= 3
    with database.work() as work:
        run = audit.last(work)
        assert audit.under_way(work) is None
    assert run is not None
    assert (run.whole, run.orders, run.lines, run.wrong) == (True, 3, 9, 0)


def _next_piece(database: Database) -> bool:
    with database.work() as work:
        row = work.row(
            """DELETE FROM fact_waiting WHERE name IN ('audit.requested', 'reconcile.audit')
               RETURNING id, home_id, name, subject"""
        )
    if row is None:
        return False
    audit.run(database, Fact(row.id, row.home_id, row.name, row.subject))
    audit.run(
        database, Fact(row.id, row.home_id, row.name, row.subject)
    )  # its lease was taken over
    return True


def test_each_night_an_audit_is_kept(
    database: Database, company: Company, clock: FixedClock
) -> None:
    delivered(database, company, (KETTLE, 1))
    worker.tick(database)
    worker.drain(database)
    with database.work() as work:
        run = audit.last(work)
        assert run is not None
        assert (run.whole, run.orders, run.wrong, run.ended_at) == (True, 1, 0, clock.now())
        work.run(
            "UPDATE audit_run SET milliseconds = 4000000"
        )  # everything takes more than an hour
    clock.move(timedelta(days=1))
    kinds = []
    for _ in range(7):
        worker.tick(database)
        worker.drain(database)
        with database.work() as work:
            run = audit.last(work)
            assert run is not None
            kinds.append(run.whole)
            work.run("UPDATE audit_run SET milliseconds = 4000000 WHERE whole")
        clock.move(timedelta(days=1))
    assert sorted(kinds) == [False] * 6 + [True], "then only on Mondays"


def test_an_audit_can_write_nothing(database: Database) -> None:
    with database.reading() as work:
        assert work.value("SELECT current_user") == READ_ROLE


# ---------------------------------------------------------------- by hand


def test_the_command_names_what_differs_and_says_how_fast_it_was(
    database: Database,
    company: Company,
    clock: FixedClock,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MAINSTEM_DATABASE_URL", database_url)
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    placed = delivered(database, company, (KETTLE, 2))
    capsys.readouterr()  # what the worker has said
    assert cli.main(["audit", "commissions"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "1 orders, 3 lines in " in told.err
    assert "lines a second" in told.err
    assert "Nothing differs." in told.err
    with as_the_owner(database_url, database.tools, clock) as work:
        plant(work, placed, Line(2, 1, company.birch, "credit", 1))
    assert cli.main(["audit", "commissions"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == (
        f"order {placed.number}, rule goods, level 1, affiliate {company.birch}:"
        " credited is SEK 60.01, should be SEK 60.00"
    )
    with database.work(SYSTEM) as work:
        run = audit.last(work)
    assert run is not None
    assert run.wrong == 2
