"""Columns: what a statement reads or takes as numpy arrays instead of rows.

The server sends each column as one value, all its numbers of eight bytes in a row, and takes one as it reads an
array: a million of them cost one copy and no look at any.

    [found] = columns.read(work, f"SELECT {numbers('id', 'ids')} FROM affiliate", {})
    ids = as_numbers(found.ids)
    work.run("UPDATE … FROM unnest(%(ids)s) AS new (id) WHERE …", ids=columns.given(ids))

Instants are whole microseconds, as the server counts them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format
from psycopg.rows import namedtuple_row

from mainstem.kit.work import Work

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_BIGINT = 20
_BIGINTS = 1016


def numbers(expression: str, name: str) -> str:
    """In a SELECT: this whole number of every row, as one column of this name; none may be NULL."""
    return f"string_agg(int8send(({expression})::bigint), ''::bytea) AS {name}"


def instants(expression: str, name: str) -> str:
    """In a SELECT: this instant of every row, as one column of this name."""
    return f"string_agg(timestamptz_send({expression}), ''::bytea) AS {name}"


def read(work: Work, sql: str, values: Mapping[str, Any]) -> list[Any]:
    """The rows of columns that a statement gives. All columns of a row come in the same order."""
    work.session.flush()
    with work.pg.cursor(row_factory=namedtuple_row, binary=True) as cursor:
        return cursor.execute(sql, values).fetchall()


def as_numbers(column: bytes | None) -> Ints:
    """A column that `numbers` or `instants` asked for; none where there was no row."""
    return np.frombuffer(column or b"", ">i8").astype(np.int64)


class Given:
    """A column as a statement takes it: a bigint[]."""

    def __init__(self, column: Ints) -> None:
        self.column = column


def given(column: npt.NDArray[Any]) -> Given:
    """Numbers, or truths as 0 and 1, for a parameter that the statement reads as a bigint[]."""
    return Given(column.astype(np.int64, copy=False))


class _GivenDumper(Dumper):
    format = Format.BINARY
    oid = _BIGINTS

    def dump(self, obj: Given) -> Buffer:
        # One dimension from 1 on, no NULL in it; then each number's length and its eight bytes.
        head = struct.pack(">iiIii", 1, 0, _BIGINT, len(obj.column), 1)
        if not len(obj.column):
            return struct.pack(">iiI", 0, 0, _BIGINT)
        rows = np.empty(len(obj.column), [("size", ">i4"), ("number", ">i8")])
        rows["size"], rows["number"] = 8, obj.column
        return head + rows.tobytes()


psycopg.adapters.register_dumper(Given, _GivenDumper)

AS_INSTANT = "('2000-01-01 00:00:00+00'::timestamptz + {} * interval '1 microsecond')"
"""In a statement: the instant that `instants` told as this number."""
