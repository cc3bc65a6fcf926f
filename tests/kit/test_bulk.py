"""Typed rows, written many at a time and read beside others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest

from mainstem.kit.bulk import (
    ASKED,
    ASKED_ORDERS,
    Json,
    Numbers,
    asked,
    given,
    insert_many,
    numbers,
    relation,
)
from mainstem.kit.db import Database


class Thing(NamedTuple):
    id: int
    name: str | None
    made: UUID
    good: bool
    at: datetime
    day: date | None
    body: bytes
    said: Json
    up: Numbers


def a_thing(id: int, name: str | None = "kettle", day: date | None = date(2026, 11, 29)) -> Thing:
    return Thing(
        id, name, UUID(int=id), True, datetime(2026, 11, 29, 12, tzinfo=UTC), day, b"\x00\xff",
        Json('{"a": [1, "\\"x\\""]}'), numbers([3, 2, 1]),
    )  # fmt: skip


TABLE = """
CREATE TEMPORARY TABLE thing (id int PRIMARY KEY, name text, made uuid, good boolean, at timestamptz,
                              day date, body bytea, said jsonb, up bigint[]) ON COMMIT DROP"""


def test_rows_come_back_as_they_were_put_in(database: Database) -> None:
    rows = [a_thing(1), a_thing(2, 'with "quotes", a comma and a \\'), a_thing(3, None, None)]
    with database.work() as work:
        work.run(TABLE)
        assert insert_many(work, "thing", rows) == 3
        kept = work.rows("SELECT * FROM thing ORDER BY id")
    assert [(row.id, row.name, row.made, row.day) for row in kept] == [
        (row.id, row.name, row.made, row.day) for row in rows
    ]
    assert {(row.good, row.at, row.body) for row in kept} == {(True, rows[0].at, b"\x00\xff")}
    assert [row.said for row in kept] == [{"a": [1, '"x"']}] * 3
    assert [row.up for row in kept] == [[3, 2, 1]] * 3


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.work() as work:
        assert insert_many(work, "no_such_table", []) == 0


def test_a_repeat_is_left_alone_where_that_is_said_and_refused_where_not(
    database: Database,
) -> None:
    with database.work() as work:
        work.run(TABLE)
        insert_many(work, "thing", [a_thing(1)])
        again = [a_thing(1), a_thing(2)]
        assert insert_many(work, "thing", again, then="ON CONFLICT DO NOTHING") == 1
        with pytest.raises(psycopg.errors.UniqueViolation), work.pg.transaction():
            insert_many(work, "thing", again)


def test_rows_are_a_relation_beside_others(database: Database) -> None:
    class Asked(NamedTuple):
        no: int
        word: str

    words = [Asked(2, "two"), Asked(1, "one")]
    with database.work() as work:
        sql = f"SELECT asked.no, asked.word FROM {relation(Asked, 'asked')} ORDER BY 1"
        found = work.rows(sql, **given(words, Asked, "asked"))
        assert work.rows(sql, **given([], Asked, "asked")) == []
    assert [tuple(row) for row in found] == [(1, "one"), (2, "two")]


def test_a_statement_may_read_the_same_keys_under_both_of_their_names(database: Database) -> None:
    keys = [(2, UUID(int=7)), (1, UUID(int=8))]
    sql = f"""
    SELECT (SELECT array_agg(id ORDER BY home_id) FROM {ASKED}) AS ids,
           (SELECT array_agg(order_id ORDER BY home_id) FROM {ASKED_ORDERS}) AS orders"""
    with database.work() as work:
        assert tuple(work.one(sql, **asked(keys))) == ([UUID(int=8), UUID(int=7)],) * 2
        assert tuple(work.one(sql, **asked([]))) == (None, None)
