"""The real run in small: the same cents however it is cut, and whatever is killed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from tests.simulation import baskets
from tests.waits import PATIENCE

import mainstem_postgres as postgres
from mainstem.kit import settings as settings_of
from mainstem.kit.settings import Settings
from real_year import run as real

BASKETS = 1000
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

RESULTS = {
    "balances": """
        SELECT a.slug, b.account, sum(b.signed_minor)::bigint FROM ledger_entry b
          JOIN affiliate a ON a.id = b.owner_id GROUP BY 1, 2 ORDER BY 1, 2""",
    "commissions": """
        SELECT o.external_id, c.rule, c.level, a.slug, c.kind, sum(c.amount_minor)::bigint
          FROM earning c JOIN orders o ON o.home_id = c.home_id AND o.id = c.order_id
          JOIN affiliate a ON a.id = c.beneficiary_id GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 5""",
    "orders": """
        SELECT o.external_id, s.slug, o.attributed_by, o.state, o.payment_status, o.fulfillment_status,
               o.total_minor, o.tax_minor, o.paid_minor, o.refunded_minor, o.placed_at, o.delivered_at
          FROM orders o JOIN affiliate s ON s.id = o.seller_id ORDER BY 1""",
    "payouts": """
        SELECT a.slug, p.period, p.amount_minor, p.state, p.paid_at FROM payout p
          JOIN affiliate a ON a.id = p.home_id ORDER BY 1, 2""",
    "books": """
        SELECT account, sum(signed_minor)::bigint, count(*) FROM ledger_entry GROUP BY 1 ORDER BY 1""",
    "facts": """
        SELECT name, count(*) FROM fact WHERE name <> 'commission.settled' GROUP BY 1 ORDER BY 1""",
    "shelves": """
        SELECT v.sku, s.on_hand, s.reserved FROM stock_level s JOIN variant v ON v.id = s.variant_id
         ORDER BY 1""",
}


def outcome(url: str) -> dict[str, list[Any]]:
    """Everything that must not depend on how the year was played."""
    with psycopg.connect(url) as connection:
        return {name: connection.execute(query).fetchall() for name, query in RESULTS.items()}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return baskets.write(tmp_path_factory.mktemp("source"), baskets=BASKETS)


def settings(data: Path, url: str | None = None) -> Settings:
    return replace(settings_of.read({"MAINSTEM_DATA": str(data)}), database_url=url)


def played(
    server: postgres.Server, data: Path, source: Path, name: str, *, workers: int, batch: int
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """What the run printed and what it left, in a database beside others on the tests' server."""
    postgres.create_database(server, name)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = real.run(
            settings(data / name, server.admin_url(name)),
            source=source, workers=workers, batch=batch, told=io.StringIO(),
        )  # fmt: skip
    assert status == 0, printed.getvalue()
    left = outcome(_beside(server.admin_url(name)))
    for database in (name, f"{name}_real"):
        postgres.drop_database(server, database)
    return json.loads(printed.getvalue()), left


def _beside(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path + "_real"))


@pytest.fixture(scope="module")
def undisturbed(
    server: postgres.Server, tmp_path_factory: pytest.TempPathFactory, source: Path
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The year played by one process in large batches."""
    return played(server, tmp_path_factory.mktemp("one"), source, "one", workers=1, batch=1000)


def test_the_year_ends_paid_out_with_every_check_passing(
    undisturbed: tuple[dict[str, Any], dict[str, list[Any]]],
) -> None:
    told, left = undisturbed
    right, checks = told["invariants"].split("/")
    assert right == checks
    assert int(checks) >= 19
    assert told["orders"] == BASKETS
    assert told["ledger_sum_minor"] == 0
    balances = {(slug, account): minor for slug, account, minor in left["balances"]}
    # Nothing is held or on its way; what is left is a debt, or below the least that is paid out.
    assert not [minor for (_, account), minor in balances.items() if account != "payable" and minor]
    assert all(minor < 2000 for (_, account), minor in balances.items() if account == "payable")
    assert told["commission_minor"] - told["reversed_minor"] == told["paid_out_minor"] + sum(
        minor for (_, account), minor in balances.items() if account == "payable"
    )
    # Money went back before and after the payout of its commission.
    assert told["reversed_minor"] > 0
    states = {order[3:6] for order in left["orders"]}
    assert {state for state, _, _ in states} == {"closed"}
    assert {"paid", "partially_refunded", "refunded"} == {paid for _, paid, _ in states}
    assert {shipped for _, _, shipped in states} == {"delivered"}
    assert not [sku for sku, on_hand, reserved in left["shelves"] if on_hand or reserved]
    facts = dict(left["facts"])
    assert facts["order.placed"] == facts["order.paid"] == facts["order.routed"] == BASKETS
    assert {order[2] for order in left["orders"]} == {"binding", "storefront"}


def test_small_batches_and_two_processes_give_the_same_cents(
    server: postgres.Server,
    tmp_path: Path,
    source: Path,
    undisturbed: tuple[dict[str, Any], dict[str, list[Any]]],
) -> None:
    told, left = played(server, tmp_path, source, "two", workers=2, batch=50)
    for name, rows in undisturbed[1].items():
        assert left[name] == rows, name
    assert untimed(told) == untimed(undisturbed[0])


def untimed(told: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in told.items() if name not in ("seconds", "orders_per_second")}


# ------------------------------------------------------------------------- kills

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from mainstem.kit import settings
from real_year import run as real
data, source = map(Path, sys.argv[1:3])
sys.exit(real.run(settings.read({"MAINSTEM_DATA": str(data)}), source=source, workers=2, batch=50))
"""


@contextlib.contextmanager
def running(data: Path, source: Path) -> Iterator[subprocess.Popen[str]]:
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(data), str(source), str(BENCHMARKS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield run
    finally:
        if run.poll() is None:
            run.kill()
        run.communicate()


def await_orders(
    run: subprocess.Popen[str], data: Path, least: int, *, seconds: float = 240
) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert run.poll() is None, "the run ended before it could be disturbed"
        server = postgres.find(data / "real" / "pg")
        if server is not None:
            with contextlib.suppress(psycopg.Error):
                with psycopg.connect(server.admin_url(real.NAME)) as connection:
                    row = connection.execute("SELECT count(*) FROM orders").fetchone()
                if row and row[0] >= least:
                    return
        time.sleep(0.1)
    raise AssertionError(f"there were no {least} orders after {seconds} s")


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == pid and b"spawn_main" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def finished(data: Path, source: Path) -> dict[str, Any]:
    """Run to the end, again after whatever happened."""
    with running(data, source) as run:
        out, err = run.communicate(timeout=500)
    assert run.returncode == 0, err[-2000:]
    shown: dict[str, Any] = json.loads(out)
    return shown


def left_in(data: Path) -> dict[str, list[Any]]:
    with postgres.start(data / "real" / "pg") as server:
        return outcome(server.admin_url(real.NAME))


def test_a_killed_process_or_database_is_survived_by_the_run(
    tmp_path: Path, source: Path, undisturbed: tuple[dict[str, Any], dict[str, list[Any]]]
) -> None:
    with running(tmp_path, source) as run:
        await_orders(run, tmp_path, 150)
        os.kill(children(run.pid)[0], signal.SIGKILL)
        await_orders(run, tmp_path, 400)
        server = postgres.find(tmp_path / "real" / "pg")
        assert server is not None
        assert server.pid is not None
        # The server with its supervisor, and all that serves the run.
        os.killpg(os.getpgid(server.pid), signal.SIGKILL)
        out, err = run.communicate(timeout=500)
    assert run.returncode == 0, err[-2000:]
    assert "A process was killed" in err
    assert "The database went away" in err
    assert json.loads(out)["orders"] == BASKETS
    left = left_in(tmp_path)
    for name, rows in undisturbed[1].items():
        assert left[name] == rows, name


def test_a_killed_or_stopped_run_goes_on_where_it_was(
    tmp_path: Path, source: Path, undisturbed: tuple[dict[str, Any], dict[str, list[Any]]]
) -> None:
    with running(tmp_path, source) as run:
        await_orders(run, tmp_path, 250)
        players = children(run.pid)
        run.kill()
        run.wait()
    until = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in players):
        assert time.monotonic() < until, "a player outlived its owner"
        time.sleep(0.1)
    with running(tmp_path, source) as run:
        await_orders(run, tmp_path, 600)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=100)
    assert run.returncode == 130
    assert "Run the same command again to go on" in err
    assert "Traceback" not in err
    told = finished(tmp_path, source)
    assert untimed(told) == untimed(undisturbed[0])
    left = left_in(tmp_path)
    for name, rows in undisturbed[1].items():
        assert left[name] == rows, name


def test_two_runs_do_not_share_a_folder(tmp_path: Path, source: Path) -> None:
    with running(tmp_path, source) as run:
        await_orders(run, tmp_path, 1)
        words = io.StringIO()
        assert real.run(settings(tmp_path), source=source, told=words) == 1
        assert "Another run uses" in words.getvalue()
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=100)
        assert run.returncode == 130
