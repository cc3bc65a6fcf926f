"""A real PostgreSQL for every test: one server a session, one migrated template, a clone a test."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

import mainstem_postgres as postgres
from mainstem.kit import db
from mainstem.kit.clock import FixedClock

TEMPLATE = "mainstem_template"
MEMORY, PREFIX = Path("/dev/shm"), "mainstem-tests-"
ROOM_BYTES = 2 * 2**30

# A busy machine draws and runs examples slowly; that is no fault of what is tested.
hypothesis_settings.register_profile(
    "mainstem", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("mainstem")


def pytest_collection_finish() -> None:
    """What is here now stays: no search for cycles while the tests run looks through it again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """And goes in the end: libraries complain of what is left."""
    gc.unfreeze()


@contextmanager
def place_of_databases(otherwise: Path) -> Iterator[Path]:
    """Where a throw-away server keeps its files: in memory, where there is room for them.

    Each test has a database of its own, which is more than a thousand files made and unlinked. Some file
    systems (ext4) look through all that was unlinked within minutes before they make another one.
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        yield otherwise
        return
    for left in MEMORY.glob(f"{PREFIX}*"):  # of test processes that were killed
        if not Path("/proc", left.name.removeprefix(PREFIX).partition("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """One throw-away PostgreSQL of this test process, with a migrated template database."""
    given = os.environ.get("MAINSTEM_TEST_PG_BIN")
    if given:
        os.environ["MAINSTEM_PG_BIN"] = given
    settings = {"max_connections": "200"}
    with (
        place_of_databases(tmp_path_factory.mktemp("pg")) as place,
        postgres.start(place / "data", durable=False, settings=settings) as running,
    ):
        postgres.create_database(running, TEMPLATE)
        db.migrate(running.admin_url(TEMPLATE), demo=True)
        yield running


@pytest.fixture
def database_url(server: postgres.Server) -> Iterator[str]:
    """The owner's URL of a fresh, migrated database that only this test uses."""
    name = f"t_{uuid4().hex[:12]}"
    postgres.create_database(server, name, template=TEMPLATE)
    yield server.admin_url(name)
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> FixedClock:
    """A Monday morning in early March, standing still until a test moves it."""
    return FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def database(database_url: str, clock: FixedClock) -> Iterator[db.Database]:
    """The company's database as the application role sees it."""
    from mainstem import flow

    made = db.Database(database_url, clock=clock, tools=flow.tools(), pool=4)
    yield made
    made.close()


@pytest.fixture
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[1]
