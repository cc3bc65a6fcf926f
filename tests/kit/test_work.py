"""What a Work sends to the database arrives as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.kit.db import Database

# PostgreSQL's text holds every character but NUL.
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
MOMENTS = st.datetimes(  # given their zone below
    min_value=datetime(1, 1, 2),  # noqa: DTZ001
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
).map(lambda at: at.replace(tzinfo=UTC))


def lists(item: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | item, max_size=8)


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        ("bigint", st.integers(-(2**63), 2**63 - 1)),
        ("text", WORDS),
        ("uuid", st.uuids()),
        ("boolean", st.booleans()),
        ("bytea", st.binary()),
        ("date", st.dates()),
        ("timestamptz", MOMENTS),
    ],
)
def test_a_list_arrives_as_it_was(
    database: Database, kind: str, items: st.SearchStrategy[Any]
) -> None:
    with database.work() as work:

        @settings(
            max_examples=60,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )
        @given(lists(items))
        def arrives(sent: list[Any]) -> None:
            rows = work.rows(
                f"SELECT item FROM unnest(%(sent)s::{kind}[]) WITH ORDINALITY AS x (item, no) ORDER BY no",
                sent=sent,
            )
            assert [row.item for row in rows] == sent

        arrives()


def test_words_that_look_like_an_array_stay_words(database: Database) -> None:
    sent = ["NULL", "{1,2}", '","', "\\", '\\"', "", " ", "a,b", "'; DROP TABLE orders; --"]
    with database.work() as work:
        assert [
            row.w for row in work.rows("SELECT unnest(%(sent)s::text[]) AS w", sent=sent)
        ] == sent


def test_an_instant_keeps_its_place_in_time(database: Database) -> None:
    sent = [datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))]
    with database.work() as work:
        assert [
            r.at for r in work.rows("SELECT unnest(%(s)s::timestamptz[]) AS at", s=sent)
        ] == sent


def test_a_list_of_two_kinds_is_refused(database: Database) -> None:
    with database.work() as work, pytest.raises(psycopg.DataError):
        work.value("SELECT %(sent)s::text[]", sent=[UUID(int=1), date(2026, 1, 2)])


def test_a_connection_that_the_server_has_closed_is_never_handed_out(
    database: Database, database_url: str
) -> None:
    with database.work() as first, database.work() as second:
        ours = [work.value("SELECT pg_backend_pid()") for work in (first, second)]
    with psycopg.connect(database_url, autocommit=True) as admin:
        for pid in ours:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with database.work() as work, database.work() as beside:
        fresh = {one.value("SELECT pg_backend_pid()") for one in (work, beside)}
    assert not fresh & set(ours)


@dataclass(frozen=True)
class _Named:
    name: str
    no: int


def test_rows_are_read_as_the_kind_that_is_asked_for(database: Database) -> None:
    with database.work() as work:
        found = work.rows_as(_Named, "SELECT 2 AS no, %(name)s::text AS name", name="two")
        assert found == [_Named("two", 2)]
        assert work.rows_as(_Named, "SELECT '' AS name, 1 AS no WHERE false") == []
        with pytest.raises(TypeError):
            work.rows_as(_Named, "SELECT 'three' AS name")


def test_the_one_row_of_a_statement_is_there(database: Database) -> None:
    with database.work() as work:
        assert work.one("SELECT 1 AS no").no == 1
        with pytest.raises(AssertionError):
            work.one("SELECT 1 AS no WHERE false")
