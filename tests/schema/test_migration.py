"""Migrating twice, at once, and where the company must not start."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest

import mainstem_postgres as postgres
from mainstem.kit import db
from mainstem.kit.db import (
    APP_ROLE,
    COMPANY_ROLE,
    OWNER_ROLE,
    READ_ROLE,
    SERVING_ROLES,
    DatabaseUnfit,
)

SERVING = ", ".join(SERVING_ROLES)


@pytest.fixture
def empty(server: postgres.Server) -> Iterator[str]:
    """The administrator's URL of a database without a table."""
    name = f"t_{uuid4().hex[:12]}"
    postgres.create_database(server, name)
    yield server.admin_url(name)
    postgres.drop_database(server, name)


def shape(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            """SELECT table_name, column_name, data_type, coalesce(column_default, '')
                 FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
        ).fetchall()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = shape(database_url)
    db.migrate(database_url)
    assert shape(database_url) == before


def test_four_who_migrate_at_once_make_one_schema(empty: str, database_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(db.migrate, [empty] * 4))
    assert shape(empty) == shape(database_url)


@pytest.mark.parametrize(
    ("attributes", "member_of", "fit"),
    [
        ("LOGIN", SERVING, True),
        ("LOGIN SUPERUSER", SERVING, False),
        ("LOGIN BYPASSRLS", SERVING, False),
        ("LOGIN", f"{SERVING}, {OWNER_ROLE}", False),
        ("LOGIN", f"{SERVING}, an_administrator", False),
        # What served before the roles were parted: a sentence says what to grant.
        ("LOGIN", APP_ROLE, False),
        ("LOGIN", f"{COMPANY_ROLE}, {READ_ROLE}", False),
    ],
)
def test_production_refuses_a_role_that_nothing_binds(
    database_url: str, attributes: str, member_of: str, fit: bool
) -> None:
    role = f"r_{uuid4().hex[:12]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            """DO $$ BEGIN CREATE ROLE an_administrator BYPASSRLS;
               EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
        )
        connection.execute(f"CREATE ROLE {role} PASSWORD 'secret' {attributes}")
        connection.execute(f"GRANT {member_of} TO {role}")
        url = database_url.replace(database_url.split("://")[1].split("@")[0], f"{role}:secret", 1)
        try:
            if fit:
                db.check_role(url)
            else:
                with pytest.raises(DatabaseUnfit, match=role):
                    db.check_role(url)
        finally:
            connection.execute(f"DROP ROLE {role}")


def test_the_owner_of_a_table_does_not_serve(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        role = f"r_{uuid4().hex[:12]}"
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        connection.execute("CREATE TABLE public.extra (id bigint)")
        connection.execute(f"ALTER TABLE public.extra OWNER TO {role}")
        url = database_url.replace(database_url.split("://")[1].split("@")[0], f"{role}:secret", 1)
        with pytest.raises(DatabaseUnfit, match="owns the"):
            db.check_role(url)
        connection.execute("DROP TABLE public.extra")
        connection.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(("version", "fit"), [(140013, False), (150000, True), (180001, True)])
def test_a_server_that_is_too_old_is_refused(version: int, fit: bool) -> None:
    connection = SimpleNamespace(info=SimpleNamespace(server_version=version))
    if fit:
        db.check_server(connection)  # type: ignore[arg-type]
    else:
        with pytest.raises(DatabaseUnfit, match="PostgreSQL 14"):
            db.check_server(connection)  # type: ignore[arg-type]
