"""Two web processes and a worker fit one database, and say who they are."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.pool import QueuePool

from mainstem import app, worker
from mainstem.kit import db, pools
from mainstem.kit.db import Database
from mainstem_affiliates import intake


def test_all_processes_fit_a_hundred_connections_and_leave_some() -> None:
    """PostgreSQL's own limit, less the three that it keeps for its administrator."""
    assert pools.ALL_PROCESSES <= 97 - 20


def test_a_web_process_has_a_connection_for_whatever_may_ask_at_once() -> None:
    assert (
        pools.WEB.company
        == app.WORKS_MAX + pools.SIGN_IN_THREADS + pools.INTAKE + intake.LEADS_AT_ONCE
    )
    assert pools.WEB.affiliate == app.WORKS_MAX
    assert pools.WEB.company > app.WORKS_MAX


def test_a_pool_gives_so_many_and_no_more(database_url: str) -> None:
    few = pools.Pools(company=3, affiliate=1)
    database = Database(database_url, pool=few)
    try:
        for engine, most in ((database._company, 3), (database._affiliate, 1)):
            held = [engine.connect() for _ in range(most)]
            pool = engine.pool
            assert isinstance(pool, QueuePool)
            assert pool.checkedout() == most
            assert pool._max_overflow + pool.size() == most
            for connection in held:
                connection.close()
    finally:
        database.close()


def test_connections_say_whose_they_are(database_url: str) -> None:
    database = Database(database_url, pool=1, name="mainstem-web")
    asked = "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    try:
        with database.work() as work:
            assert work.value(asked) == "mainstem-web"
        with database.work(home=1) as work:
            assert work.value(asked) == "mainstem-web/affiliate"
        with database.reading() as work:
            assert work.value(asked) == "mainstem-web/reader"
    finally:
        database.close()
    named = Database(f"{database_url}&application_name=theirs", pool=1, name="mainstem-web")
    try:
        with named.work() as work:
            assert work.value(asked) == "theirs"
    finally:
        named.close()


def test_a_database_without_room_for_all_processes_is_refused_with_a_sentence(
    database_url: str,
) -> None:
    db.check_connections(database_url)
    role = f"r_{uuid4().hex[:12]}"
    with psycopg.connect(database_url, autocommit=True) as administrator:
        administrator.execute(
            f"CREATE ROLE {role} LOGIN PASSWORD 'secret' CONNECTION LIMIT {pools.ALL_PROCESSES - 1}"
        )
        url = database_url.replace(database_url.split("://")[1].split("@")[0], f"{role}:secret", 1)
        try:
            with pytest.raises(
                db.DatabaseUnfit, match=f"hold {pools.ALL_PROCESSES - 1} connections at once"
            ):
                db.check_connections(url)
            administrator.execute(f"ALTER ROLE {role} CONNECTION LIMIT {pools.ALL_PROCESSES}")
            db.check_connections(url)
        finally:
            administrator.execute(f"DROP ROLE {role}")


def test_a_workers_loops_are_counted() -> None:
    assert len(worker.LOOPS) == pools.WORKER_LOOPS
