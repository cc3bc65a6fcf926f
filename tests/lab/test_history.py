"""The company's own history as facts: the plan in force over it gives what stands in the books, row by row."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.company import KETTLE, REPAIR, SKILLET, Company, a_company, a_paid_order
from tests.months import an_office

from mainstem import earnings, orders, payments, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.lab import Facts, NoFacts, export
from mainstem.lab.engines import DuckDB
from mainstem.lab.runs import queries_for, read, run
from mainstem.orders import Placed
from mainstem.plan import book

ZONE = "Europe/Stockholm"


def deliver(work: Work, placed: Placed, *lines: tuple[int, int]) -> None:
    """So many of each line have left and arrived."""
    parts = [orders.LineQuantity(placed.home_id, placed.order_id, no, many) for no, many in lines]
    orders.record_shipment(work, parts)
    orders.record_delivery(work, parts)


def refund(work: Work, placed: Placed, minor: int, *lines: tuple[int, int]) -> None:
    payments.request_refund(
        work, placed.home_id, placed.order_id, amount_minor=minor, reason="returned", lines=lines
    )


@pytest.fixture
def company(database: Database, clock: FixedClock) -> Company:
    """Two months of sales: whole, in part, refunded by line, refunded without naming one."""
    with database.work() as work:
        company = a_company(work)
    with database.work() as work:
        plain = a_paid_order(work, company.shop, (KETTLE, 2), (SKILLET, 1))
        deliver(work, plain, (1, 2), (2, 1))
        mixed = a_paid_order(work, company.shop, (KETTLE, 1), (REPAIR, 2))
        deliver(work, mixed, (1, 1), (2, 1))
        a_paid_order(work, company.shop, (KETTLE, 1))  # on its way
    worker.drain(database)
    clock.move(timedelta(days=31))
    with database.work() as work:
        by_line = a_paid_order(work, company.shop, (KETTLE, 3), (SKILLET, 2))
        deliver(work, by_line, (1, 3), (2, 2))
        refund(work, by_line, 33333, (1, 33333))
        unnamed = a_paid_order(work, company.shop, (KETTLE, 1), (REPAIR, 1))
        deliver(work, unnamed, (1, 1), (2, 1))
        refund(work, unnamed, 77777)
        refund(work, mixed, 12345, (2, 12345))
    worker.drain(database)
    return company


def standing(database: Database) -> set[tuple[Any, ...]]:
    """What stands for each order by rule, level and affiliate."""
    with database.work() as work:
        rows = work.rows(
            """SELECT o.number, e.rule, e.level, e.beneficiary_id, sum(e.amount_minor)::bigint AS minor
                 FROM earning e JOIN orders o ON o.home_id = e.home_id AND o.id = e.order_id
                GROUP BY 1, 2, 3, 4 HAVING sum(e.amount_minor) <> 0"""
        )
        return {tuple(row) for row in rows}


def worked_out(database: Database, facts: Facts) -> set[tuple[Any, ...]]:
    """The same by the Lab, from Parquet alone."""
    with database.work() as work:
        plan = book.in_force(work, work.now()).sale
    found: set[tuple[Any, ...]] = set()
    with DuckDB() as engine:
        for month in facts.months():
            queries = queries_for(engine, facts, plan, [month])
            read(engine, facts, month)
            engine.keeps("standing", queries.standing())
            engine.keeps("earned", queries.earned())
            engine.keeps("rows", queries.one_by_one())
            engine.reads("orders", facts.files("orders", month))
            found |= set(
                engine.rows(
                    """SELECT number, rule, level, affiliate_id, credited_minor - reversed_minor
                         FROM rows JOIN orders USING (order_id) WHERE credited_minor > reversed_minor"""
                )
            )
    return found


def test_the_plan_in_force_over_the_history_gives_what_stands_in_the_books(
    database: Database, company: Company, tmp_path: Path
) -> None:
    export(database, tmp_path / "facts", zone=ZONE)
    facts = Facts.at(tmp_path / "facts")
    assert len(facts.months()) == 2
    found = worked_out(database, facts)
    assert found == standing(database)
    assert len({row[0] for row in found}) == 4


def test_an_order_is_as_large_in_a_backtest_as_when_it_was_placed(
    database: Database, tmp_path: Path
) -> None:
    with database.work() as work:
        company = a_company(work)
        passing = dict.fromkeys(("house", "suspended", "inactive"), "uses_up_level")
        large = {
            "id": "large", "when": {"order_min_minor": {"SEK": 1_600_00}},
            "levels": [{"rate_bp": 2000}], "cap_bp": 2000, "hold_days": 30,
        }  # fmt: skip
        others = {"id": "all", "levels": [{"rate_bp": 500}], "cap_bp": 2000, "hold_days": 30}
        plan = {
            "format": 2, "name": "Large orders", "version_by": "order", "joined_before": "move",
            "cap_bp": 2000, "uplines": passing, "rules": [large, others],
        }  # fmt: skip
        book.publish(work, plan, effective_from=work.now(), confirmed=True)
    with database.work() as work:
        small = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, small, (1, 1))
        # Large as it was ordered; the kettle has not left yet.
        half = a_paid_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
        deliver(work, half, (2, 1))
        refund(work, half, 100, (2, 100))
    worker.drain(database)
    export(database, tmp_path / "facts", zone=ZONE)
    found = worked_out(database, Facts.at(tmp_path / "facts"))
    assert found == standing(database)
    assert {(number, rule) for number, rule, *_ in found} == {
        (small.number, "all"),
        (half.number, "large"),
    }


def test_what_staff_credited_to_another_and_what_the_company_bears_are_facts_too(
    database: Database, company: Company, clock: FixedClock, tmp_path: Path
) -> None:
    office = an_office(database, clock)
    with database.work(office.first) as work:
        first, second = work.rows(
            "SELECT home_id, id FROM orders WHERE delivered_at IS NOT NULL ORDER BY placed_at, id LIMIT 2"
        )
        change = earnings.request_reattribution(
            work, *first, affiliate="alder", reason="Alder brought the client.", evidence="Their mail.",
        )  # fmt: skip
        orders.refund(
            work, *second, amount_minor=20_000, reason="Late.", lines=[(1, 20_000)], goodwill=True
        )
    with database.work(office.second) as work:
        earnings.approve_reattribution(work, first.home_id, change)
    worker.drain(database)
    export(database, tmp_path / "facts", zone=ZONE)
    assert worked_out(database, Facts.at(tmp_path / "facts")) == standing(database)


def test_who_bought_before_and_how_much_a_sponsor_sold_is_as_of_the_sale(
    database: Database, company: Company, tmp_path: Path
) -> None:
    export(database, tmp_path / "facts", zone=ZONE)
    with DuckDB() as engine:
        engine.reads("lines", str(tmp_path / "facts" / "lines" / "*" / "*.parquet"))
        engine.reads("uplines", str(tmp_path / "facts" / "uplines" / "*" / "*.parquet"))
        clients = engine.rows(
            "SELECT orders_before, months FROM lines WHERE line_no = 1 ORDER BY order_id"
        )
        assert [months for _, months in clients] == [0, 0, 1, 1]
        sold = engine.rows(
            """SELECT month, max(own_sales_30), max(own_sales_90) FROM uplines
                WHERE steps = 0 GROUP BY month ORDER BY month"""
        )
        # The two sales of the first month were delivered 31 days before the second.
        assert [tuple(found[1:]) for found in sold] == [(0, 0), (0, 2)]


def test_an_order_of_several_stands_there_as_its_sellers_alone_and_is_counted(
    database: Database, company: Company, tmp_path: Path
) -> None:
    export(database, tmp_path / "before", zone="Europe/Stockholm")
    assert Facts.at(tmp_path / "before").about.shared_orders == 0
    with database.work() as work:
        work.run(
            """UPDATE orders SET also_credited = '[{"part_bp": 4000, "upline": [1]}]'
                WHERE id = (SELECT id FROM orders WHERE delivered_at IS NOT NULL ORDER BY id LIMIT 1)"""
        )
    export(database, tmp_path / "after", zone="Europe/Stockholm")
    assert Facts.at(tmp_path / "after").about.shared_orders == 1


def test_it_is_read_by_a_role_that_can_write_nothing_and_leaves_only_facts(
    database: Database, company: Company, tmp_path: Path
) -> None:
    export(database, tmp_path / "facts", zone=ZONE)
    assert sorted(one.name for one in (tmp_path / "facts").iterdir()) == [
        "facts.json", "lines", "network", "orders", "uplines", "volumes",
    ]  # fmt: skip
    with pytest.raises(NoFacts, match="not empty"):
        export(database, tmp_path / "facts", zone=ZONE)


def test_a_backtest_of_the_plan_in_force_against_itself_changes_nobody(
    database: Database, company: Company, tmp_path: Path
) -> None:
    export(database, tmp_path / "facts", zone=ZONE)
    facts = Facts.at(tmp_path / "facts")
    with database.work() as work:
        plan = book.in_force(work, work.now()).sale
    with DuckDB() as engine:
        ran = run(engine, facts, plan)
    assert sum(cell.stands_minor for cell in ran.cells) == sum(
        row[-1] for row in standing(database)
    )
