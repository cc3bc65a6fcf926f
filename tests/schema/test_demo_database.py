"""Demo mode touches only a database that a demo has made, and production none of those."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

import mainstem_postgres as postgres
from mainstem import cli
from mainstem.kit import db, privileges
from mainstem.kit.db import DatabaseUnfit, NotDemos


@pytest.fixture
def empty(server: postgres.Server) -> Iterator[str]:
    """The administrator's URL of a database without a table."""
    name = f"t_{uuid4().hex[:12]}"
    postgres.create_database(server, name)
    yield server.admin_url(name)
    postgres.drop_database(server, name)


@pytest.fixture
def companys(empty: str) -> str:
    """The URL of a database that a company has migrated for itself."""
    db.migrate(empty)
    return empty


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {
            name
            for (name,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            )
        }


def test_a_demo_makes_an_empty_database_its_own(empty: str) -> None:
    with pytest.raises(NotDemos):
        db.check_demo(empty)
    db.migrate(empty, demo=True)
    db.check_demo(empty)
    db.migrate(empty, demo=True)  # and goes on with it


def test_a_demo_leaves_a_companys_database_alone(companys: str) -> None:
    with pytest.raises(NotDemos, match="was not made by a demo, so it is left alone"):
        db.migrate(companys, demo=True)
    with pytest.raises(NotDemos, match="was not made by a demo, so it is left alone"):
        db.check_demo(companys)
    db.check_no_demo(companys)


def test_a_demo_leaves_anybodys_tables_alone(empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE somebodys (thing text)")
    with pytest.raises(NotDemos):
        db.migrate(empty, demo=True)
    assert tables(empty) == {"somebodys"}


def test_no_command_of_a_demo_works_on_a_companys_database(
    companys: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    history = tmp_path / "orders.csv"
    history.touch()
    plan = tmp_path / "plan.json"
    plan.write_text("{}")
    monkeypatch.setenv("MAINSTEM_DATA", str(tmp_path))
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    monkeypatch.setenv("MAINSTEM_DATABASE_URL", companys)
    monkeypatch.setattr(privileges, "start_again_without_root", lambda: None)
    commands = (["web"], ["worker"], ["migrate"], ["check"], ["setup-token"],
                ["import", "orders", str(history)], ["publish-plan", str(plan)])  # fmt: skip
    for command in commands:
        assert cli.main(command) == 1
        assert "was not made by a demo" in capsys.readouterr().err, command


def test_production_is_not_served_from_what_a_demo_has_made(database_url: str) -> None:
    with pytest.raises(DatabaseUnfit, match="was made by demo mode"):
        db.check_no_demo(database_url)


def test_time_moves_in_no_companys_database(companys: str) -> None:
    """Whatever a program does there: the database itself refuses."""
    company = db.Database(companys, pool=1)
    try:
        with pytest.raises(psycopg.errors.CheckViolation), company.work() as work:
            work.run("UPDATE demo_clock SET ahead = '1 day'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), company.work() as work:
            work.run("UPDATE demo_clock SET is_demo = true")
    finally:
        company.close()
