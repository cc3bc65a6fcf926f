"""The books on another server: what a dump brings along, and what must be worked out anew."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.company import KETTLE, a_company, a_paid_order
from tests.waits import PATIENCE

import mainstem_postgres as postgres
from mainstem import cli, earnings, flow, invariants, ledger, orders
from mainstem.kit import db
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[postgres.Server]:
    """A server that has done nothing yet but to make the roles, as the guide says."""
    with postgres.start(tmp_path / "elsewhere", durable=False) as running:
        with psycopg.connect(running.admin_url(), autocommit=True) as connection:
            for role in db.ROLES:
                connection.execute(f"CREATE ROLE {role} NOLOGIN")
            connection.execute("CREATE DATABASE mainstem")
        yield running


def _a_delivered_order(database: Database) -> None:
    with database.work() as work:
        shop = work.one("SELECT id, home_id, currency FROM storefront ORDER BY id DESC LIMIT 1")
        placed = a_paid_order(work, shop, (KETTLE, 1))
        line = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)]
        orders.record_shipment(work, line)
        orders.record_delivery(work, line)
        earnings.settle(work, [(placed.home_id, placed.order_id)])


def _wrong(database: Database) -> list[str]:
    with database.work() as work:
        return [finding.invariant for finding in invariants.check(work) if finding.wrong]


def test_books_brought_by_a_dump_are_rebuilt_and_go_on(
    server: postgres.Server,
    database: Database,
    database_url: str,
    elsewhere: postgres.Server,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.work() as work:
        company = a_company(work)
    _a_delivered_order(database)
    with psycopg.connect(database_url, autocommit=True) as busy:
        # This server has been at work for longer than the other one will ever be in this test.
        busy.execute(
            "DO $$ BEGIN FOR n IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )
    with database.work() as work:
        ledger.roll_up(work)
    _a_delivered_order(database)  # not rolled up yet
    with database.work() as work:
        before = ledger.balances(work, [0, company.cedar, company.birch, company.alder])

    _dump_and_restore(server, database_url, elsewhere)
    url = elsewhere.admin_url("mainstem")
    restored = Database(url, clock=clock, tools=flow.tools(), pool=2)
    try:
        assert "The roll-up's mark is not ahead of the transactions" in _wrong(restored)
        with (
            pytest.raises(ledger.RestoredElsewhere, match="--rebuild-balances"),
            restored.work() as work,
        ):
            ledger.roll_up(work)

        monkeypatch.setenv("MAINSTEM_OWNER_URL", url)
        monkeypatch.setenv("MAINSTEM_MODE", "demo")
        assert cli.main(["check", "--rebuild-balances"]) == 0
        assert "The balances are worked out anew from 14 entries." in capsys.readouterr().err

        with restored.work() as work:
            assert ledger.balances(work, [0, company.cedar, company.birch, company.alder]) == before
        _a_delivered_order(restored)
        with restored.work() as work:
            assert ledger.roll_up(work) > 0
            after = ledger.balance(work, company.cedar, "pending", "SEK")
        assert after.minor == before[company.cedar, "pending", "SEK"] // 2 * 3
        assert _wrong(restored) == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(url) as owner:
            owner.execute("UPDATE ledger_transfer SET xid = '0'")
    finally:
        restored.close()


def _dump_and_restore(
    server: postgres.Server, database_url: str, elsewhere: postgres.Server
) -> None:
    programs = server.binaries
    dump = subprocess.run(
        [programs / "pg_dump", database_url], capture_output=True, check=True, timeout=PATIENCE
    ).stdout
    subprocess.run(
        [programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", elsewhere.admin_url("mainstem")],
        input=dump, capture_output=True, check=True, timeout=PATIENCE,
    )  # fmt: skip


def test_only_the_owner_of_the_tables_rebuilds(database: Database) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.work() as work,
    ):
        ledger.rebuild(work)


def test_rebuilding_sound_books_changes_nothing(
    database: Database, database_url: str, clock: FixedClock
) -> None:
    with database.work() as work:
        company = a_company(work)
    _a_delivered_order(database)
    owner = Database(database_url, clock=clock, pool=1, role=db.OWNER_ROLE)
    with database.work() as work:
        before = ledger.balances(work, [0, company.cedar])
        xids = work.rows("SELECT DISTINCT xid::text FROM ledger_transfer")
    with owner.work() as work:
        ledger.rebuild(work)
    owner.close()
    with database.work() as work:
        assert ledger.balances(work, [0, company.cedar]) == before
        assert work.rows("SELECT DISTINCT xid::text FROM ledger_transfer") == xids
        assert ledger.roll_up(work) == 0
    assert _wrong(database) == []
