"""Pages of a list: each begins beside the row where the one before it ended.

Nothing is counted and nothing is skipped over, so a page costs the same however deep it stands.
Rows that share an instant are told apart by the rest of their key, and rows that arrive meanwhile
move no page. A cursor is a text that only this module reads; whoever makes one up gets nothing
that the list itself would not show.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work

Row = TypeVar("Row")

CURSOR_MAX = 1_000
"""Letters of the longest cursor that is looked at."""

_INT_MAX = (1 << 63) - 1
_TYPES = {int: "bigint", str: "text", datetime: "timestamptz", date: "date", UUID: "uuid"}


class CursorUnreadable(InvalidInput):
    """What was sent as a cursor is not one of ours, or is one of another list."""

    code = "cursor_unreadable"
    message = "Send the cursor as it was given, to the list that gave it."

    def __init__(self) -> None:
        super().__init__(Problem("/after", self.code, self.message))


@dataclass(frozen=True, slots=True)
class SortColumn:
    """One column of a list's order: how SQL says it, the row's name for it, and what it holds."""

    sql: str
    name: str
    kind: type


@dataclass(frozen=True, slots=True)
class Sorting:
    """The order of a list, by columns that together are unique and never null."""

    name: str
    by: tuple[SortColumn, ...]
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursors of the pages beside them."""

    rows: list[Row]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class _CursorPosition:
    key: tuple[Any, ...]
    backwards: bool


def read(
    work: Work,
    sql: str,
    sorting: Sorting,
    *,
    cursor: str | None = None,
    most: int,
    strict: bool = False,
    **values: Any,
) -> Page[Any]:
    """One page of what `sql` selects, at most `most` rows, as named tuples; see `read_as`."""
    return _page(work.rows, sql, sorting, cursor, most, strict, values)


def read_as(
    work: Work,
    kind: type[Row],
    sql: str,
    sorting: Sorting,
    *,
    cursor: str | None = None,
    most: int,
    strict: bool = False,
    **values: Any,
) -> Page[Row]:
    """One page of what `sql` selects, at most `most` rows, each as this kind.

    `sql` says where the page is cut: `{seek}` stands in for "and beyond the cursor" behind its
    conditions, `{sorted}` for ORDER BY and LIMIT; in a UNION both stand in every branch. `{in_order}` is
    ORDER BY alone, for what is looked through before it is known whether it belongs to the page. A cursor
    that cannot be read is the first page; with `strict` it raises CursorUnreadable.
    """
    rows_as = partial(work.rows_as, kind)
    return _page(rows_as, sql, sorting, cursor, most, strict, values)


def _page(
    rows_of: Callable[..., list[Row]],
    sql: str,
    sorting: Sorting,
    cursor: str | None,
    most: int,
    strict: bool,
    values: dict[str, Any],
) -> Page[Row]:
    place = None
    try:
        place = _read(cursor, sorting) if cursor else None
    except CursorUnreadable:
        if strict:
            raise
    rows = _rows(rows_of, sql, sorting, place, most, values)
    more = len(rows) > most
    if place is not None and place.backwards:
        if not more:
            # The beginning, and perhaps rows that have come since: the first page says it all.
            return _page(rows_of, sql, sorting, None, most, strict, values)
        rows = rows[:most][::-1]
        return Page(rows, _written(rows[-1], sorting), _written(rows[0], sorting, backwards=True))
    rows = rows[:most]
    before = _written(rows[0], sorting, backwards=True) if place is not None and rows else None
    return Page(rows, _written(rows[-1], sorting) if more else None, before)


def _rows(
    rows_of: Callable[..., list[Row]],
    sql: str,
    sorting: Sorting,
    place: _CursorPosition | None,
    most: int,
    values: dict[str, Any],
) -> list[Row]:
    backwards = place is not None and place.backwards
    descending = sorting.descending != backwards
    way = " DESC" if descending else ""
    in_order = f"ORDER BY {', '.join(by.sql + way for by in sorting.by)}"
    seek = ""
    if place is not None:
        values = values | {f"page_{no}": value for no, value in enumerate(place.key)}
        columns = ", ".join(by.sql for by in sorting.by)
        marks = ", ".join(f"%(page_{no})s::{_TYPES[by.kind]}" for no, by in enumerate(sorting.by))
        seek = f"AND ({columns}) {'<' if descending else '>'} ({marks})"
    # Replaced and not formatted: SQL has braces of its own.
    ready = sql.replace("{seek}", seek).replace("{in_order}", in_order)
    ready = ready.replace("{sorted}", f"{in_order} LIMIT %(page_most)s")
    return rows_of(ready, page_most=most + 1, **values)


def _written(row: Any, sorting: Sorting, *, backwards: bool = False) -> str:
    key = [getattr(row, by.name) for by in sorting.by]
    text = msgspec.json.encode([sorting.name, int(backwards), *key])
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _read(cursor: str, sorting: Sorting) -> _CursorPosition:
    try:
        if len(cursor) > CURSOR_MAX:
            raise ValueError
        text = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        name, backwards, *key = msgspec.json.decode(text, type=list[str | int])
        if name != sorting.name or backwards not in (0, 1) or len(key) != len(sorting.by):
            raise ValueError
        parts = tuple(_part(value, by.kind) for value, by in zip(key, sorting.by, strict=True))
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise CursorUnreadable from None
    return _CursorPosition(parts, bool(backwards))


def _part(value: str | int, kind: type) -> Any:
    part: Any = msgspec.convert(value, kind)
    if isinstance(part, int) and not -_INT_MAX <= part <= _INT_MAX:
        raise ValueError
    if isinstance(part, str) and "\0" in part:
        raise ValueError
    # A day may be the last there is, an open hold's; an instant is moved from zone to zone.
    if isinstance(part, date) and not 1900 <= part.year <= (
        9000 if isinstance(part, datetime) else 9999
    ):
        raise ValueError
    if isinstance(part, datetime) and part.tzinfo is None:
        raise ValueError
    return part
