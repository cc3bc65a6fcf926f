"""Bulk: typed rows, which a statement takes many at a time.

A row is a NamedTuple whose fields are named and typed as the columns that they are for. Its text in
SQL and its values come from the one declaration, so neither can drift from the other.

    class Free(NamedTuple):
        variant_id: int
        quantity: int

    work.run(f"UPDATE … FROM {relation(Free, 'back')} WHERE …", **given(rows, Free, "back"))

What is asked for most by far, rows by their keys, has names of its own:

    work.rows(f"SELECT … FROM orders o JOIN {ASKED} USING (home_id, id)", **asked(keys))
    work.rows(f"SELECT … FROM refund JOIN {ASKED_ORDERS} USING (home_id, order_id)", **asked(keys))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, NewType, get_args, get_type_hints
from uuid import UUID

from mainstem.kit.work import Work

Json = NewType("Json", str)
"""The text of a JSON document, for a jsonb column."""

Numbers = NewType("Numbers", str)
"""Whole numbers as PostgreSQL writes an array of them, `{1,2}`, for a bigint[] column."""

RowKey = tuple[int, UUID]
"""The key of a row that belongs to an affiliate: (home_id, id)."""

_KINDS: dict[Any, str] = {
    int: "bigint",
    str: "text",
    UUID: "uuid",
    bool: "boolean",
    datetime: "timestamptz",
    date: "date",
    bytes: "bytea",
    Json: "jsonb",
    Numbers: "text",
}


def numbers(values: Iterable[int]) -> Numbers:
    """These numbers as an array column takes them."""
    return Numbers(f"{{{','.join(map(str, values))}}}")


@cache
def relation(row: type[NamedTuple], alias: str) -> str:
    """The rows of this type as a FROM clause reads them, under a name of their own."""
    arrays = ", ".join(f"%({alias}_{name})s::{_KINDS[kind]}[]" for name, kind in _fields(row))
    return f"unnest({arrays}) AS {alias} ({', '.join(row._fields)})"


def given(rows: Iterable[tuple[Any, ...]], row: type[NamedTuple], alias: str) -> dict[str, Any]:
    """The values for `relation`, by the names of its parameters. A row may be a plain tuple of the
    same fields."""
    names = [f"{alias}_{name}" for name in row._fields]
    return dict(zip(names, _columns(rows, len(names)), strict=True))


def _columns(rows: Iterable[tuple[Any, ...]], count: int) -> list[list[Any]]:
    """Rows turned into columns, `count` of them even when there is no row."""
    turned = [list(column) for column in zip(*rows, strict=True)]
    return turned or [[] for _ in range(count)]


def insert_many(work: Work, table: str, rows: Sequence[NamedTuple], *, then: str = "") -> int:
    """Put these rows into a table, all of one type; how many it took. `then` follows the statement,
    such as ON CONFLICT DO NOTHING."""
    if not rows:
        return 0
    kind = type(rows[0])
    return work.run(_insert(table, kind, then), **given(rows, kind, "new"))


@cache
def _insert(table: str, row: type[NamedTuple], then: str) -> str:
    chosen = ", ".join(
        f"{name}::bigint[]" if kind is Numbers else name for name, kind in _fields(row)
    )
    return (
        f"INSERT INTO {table} ({', '.join(row._fields)})"
        f" SELECT {chosen} FROM {relation(row, 'new')} {then}".rstrip()
    )


def _fields(row: type[NamedTuple]) -> list[tuple[str, Any]]:
    hints = get_type_hints(row)
    return [(name, _bare(hints[name])) for name in row._fields]


def _bare(kind: Any) -> Any:
    """The type itself, of one that may also be None."""
    rest = [part for part in get_args(kind) if part is not NoneType]
    return rest[0] if len(rest) == 1 else kind


# ---------------------------------------------------------------- by their keys


class _Asked(NamedTuple):
    home_id: int
    id: UUID


ASKED = relation(_Asked, "asked")
"""The keys that `asked` gives, as a FROM clause reads them: `asked (home_id, id)`."""
ASKED_ORDERS = ASKED.replace("(home_id, id)", "(home_id, order_id)")
"""The same keys, as the tables that belong to an order name them: `asked (home_id, order_id)`."""


def asked(keys: Iterable[RowKey]) -> dict[str, Any]:
    """The values for ASKED and ASKED_ORDERS, of which a statement may have any number."""
    return given(keys, _Asked, "asked")
