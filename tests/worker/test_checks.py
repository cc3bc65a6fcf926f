"""The company checks itself once a day and when asked, as a role that can change nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.company import KETTLE, a_company, a_paid_order

from mainstem import checks, cli, invariants, ledger, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import READ_ROLE, Database
from mainstem.kit.events import record


def facts(database: Database, like: str) -> list[str]:
    with database.work() as work:
        rows = work.rows(
            "SELECT name FROM fact WHERE name LIKE %(like)s ORDER BY recorded_at", like=like
        )
    return [row.name for row in rows]


def test_each_day_the_company_is_checked_once(database: Database, clock: FixedClock) -> None:
    with database.work() as work:
        a_company(work)
    for _ in range(2):
        worker.tick(database)
        worker.drain(database)
        worker.tick(database)
        worker.drain(database)
        clock.move(timedelta(days=1))
    assert facts(database, "check.%") == ["check.requested", "check.passed"] * 2
    with database.work() as work:
        last = checks.last(work)
        assert last is not None
        assert last.ended_at == clock.now() - timedelta(days=1)
        assert last.wrong == 0
        assert [f.invariant for f in last.findings] == [f.invariant for f in invariants.check(work)]


def test_whoever_asks_while_a_check_is_under_way_waits_for_that_one(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        assert checks.request(work)
        assert checks.under_way(work) == clock.now()
    with database.work() as work:
        assert not checks.request(work)
    worker.drain(database)
    with database.work() as work:
        assert checks.under_way(work) is None
        assert checks.request(work)
    # A check whose worker is gone keeps nobody from asking again.
    clock.move(checks.UNDER_WAY)
    with database.work() as work:
        assert checks.under_way(work) is None
        assert checks.request(work)


def test_what_does_not_hold_is_kept_with_its_example(database: Database) -> None:
    with database.work() as work:
        a_paid_order(work, a_company(work).shop, (KETTLE, 1))
        work.run("UPDATE stock_level SET reserved = reserved + 1 WHERE reserved > 0")
        checks.request(work)
    worker.drain(database)
    assert facts(database, "check.%") == ["check.requested", "check.failed"]
    with database.work() as work:
        last = checks.last(work)
        assert last is not None
        assert last.wrong == 1
        [wrong] = [finding for finding in last.findings if finding.wrong]
        assert wrong.invariant == "Stock that is promised is exactly what open orders were promised"
        assert " at " in wrong.example


def test_a_check_can_change_nothing(database: Database) -> None:
    with database.reading() as work:
        assert work.value("SELECT current_user") == READ_ROLE
        assert not [finding for finding in invariants.check(work) if finding.wrong]
    for deed in ("DELETE FROM fact_waiting", "INSERT INTO ledger_mark VALUES (true, '0')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.reading() as work:
            work.run(deed)


def test_the_command_checks_and_keeps_what_it_found(
    database: Database,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MAINSTEM_DATABASE_URL", database_url)
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    assert cli.main(["check"]) == 0
    with database.work() as work:
        last = checks.last(work)
        assert last is not None
        assert capsys.readouterr().out.endswith(
            f"{len(last.findings)}/{len(last.findings)} checks passed\n"
        )
        record(work, "order.paid", "nothing that there is")
        work.run("UPDATE fact_waiting SET state = 'dead' WHERE consumer = 'fulfillment'")
    assert cli.main(["check"]) == 1
    assert (
        "FAILED  No background task has failed   1, such as order.paid" in capsys.readouterr().out
    )


def test_a_command_keeps_the_companys_time(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSTEM_DATABASE_URL", database_url)
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    with database.work() as work:
        work.run("UPDATE demo_clock SET ahead = '40 days'")
    cli.main(["check"])
    with database.work() as work:
        last = checks.last(work)
    assert last is not None
    assert last.ended_at > datetime.now(UTC) + timedelta(days=39)


def test_debits_and_credits_of_the_balances_are_those_of_the_entries(database: Database) -> None:
    """Before the roll-up, between two, and after: the trial balance never adds up history."""
    of_entries = """SELECT account, currency,
                           coalesce(sum(amount_minor) FILTER (WHERE side = 'D'), 0)::bigint AS debits,
                           coalesce(sum(amount_minor) FILTER (WHERE side = 'C'), 0)::bigint AS credits
                      FROM ledger_entry GROUP BY 1, 2 ORDER BY 2, 1"""
    with database.work() as work:
        shop = a_company(work).shop
    for rolled in (False, True, False):
        with database.work() as work:
            a_paid_order(work, shop, (KETTLE, 1))
        if rolled:
            with database.work() as work:
                ledger.roll_up(work)
        with database.work() as work:
            assert ledger.trial_balance(work) == [tuple(row) for row in work.rows(of_entries)]
            assert not [finding for finding in ledger.audit(work) if finding.wrong]
    with database.work() as work:
        work.run(
            "UPDATE ledger_balance SET debits_minor = debits_minor + 1, credits_minor = credits_minor + 1"
        )
        wrong = [finding.invariant for finding in ledger.audit(work) if finding.wrong]
    assert wrong == ["Every rolled-up balance is the sum of its entries"]
