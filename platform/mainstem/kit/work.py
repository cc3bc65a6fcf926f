"""Work: one piece of work, from its first read to its commit.

Every verb takes a Work first. A request, a fact, a test and a simulation differ only in theirs.
It is committed at the edge that made it, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import namedtuple_row
from sqlmodel import Session, SQLModel

from mainstem.kit.clock import Clock
from mainstem.kit.errors import NotFound
from mainstem.kit.ids import new_id
from mainstem.kit.smtp_url import SmtpServer

Table = TypeVar("Table", bound=SQLModel)
Result = TypeVar("Result")
Row = TypeVar("Row")

COMPANY = -1
"""The home of work that may see every affiliate's rows."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: `staff:3`, `affiliate:2`, `client`, `gateway`, `system`."""

    kind: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM = Actor("system")
GATEWAY = Actor("gateway")
CLIENT = Actor("client")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the edge hands to the verbs besides the database.

    `consumers` are those that something follows for, by the name of the fact; a fact without any
    is only kept.
    `gateway` is the payment gateway's client; only `mainstem.payments` looks inside.
    `pictures` is where pictures lie; only `mainstem.pictures` looks inside.
    `papers` is where applicants' papers lie; only `mainstem.joining` looks inside.
    `domains` looks own hosts up; only `mainstem.domains` looks inside.
    `refund_limits` are the company's own, by role and currency, in whole units.
    `smtp` is the server that mail leaves by; without one it is kept to be read. `secret` signs the
    links that it carries.
    `other_currency` is how earnings are paid that none of an affiliate's accounts takes: `convert`
    or `bank`.
    """

    consumers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gateway: Any = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Stockholm"))
    public_url: str = ""
    refund_limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    other_currency: str = "convert"
    smtp: SmtpServer | None = None
    secret: str = field(default="", repr=False)
    pictures: Any = None
    papers: Any = None
    domains: Any = None


@dataclass(frozen=True, slots=True)
class Query(Generic[Result]):
    """A statement with its values, and how the rows it gives are read."""

    sql: str
    values: dict[str, Any]
    read: Callable[[list[Any]], Result]


@dataclass(slots=True)
class Work:
    """A session, an actor, a clock and tools, under one id that every fact and log line carries."""

    session: Session
    actor: Actor
    clock: Clock
    tools: Tools = field(default_factory=Tools)
    home: int = COMPANY
    id: UUID = field(default_factory=new_id)
    _pg: psycopg.Connection[Any] | None = None

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self.clock.now()

    @property
    def pg(self) -> psycopg.Connection[Any]:
        """The driver's own connection behind the session, for set-based statements."""
        if self._pg is None:
            connection = self.session.connection().connection.driver_connection
            assert isinstance(connection, psycopg.Connection)
            self._pg = connection
        return self._pg

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """Every row that a statement gives, as named tuples."""
        self.session.flush()
        with self.pg.cursor(row_factory=namedtuple_row) as cursor:
            cursor.execute(sql, _sent(values))
            return cursor.fetchall() if cursor.description else []

    def rows_as(self, kind: type[Row], sql: str, **values: Any) -> list[Row]:
        """Every row that a statement gives, as this kind: its columns are named as its fields."""
        return [kind(**row._asdict()) for row in self.rows(sql, **values)]

    def row(self, sql: str, **values: Any) -> Any | None:
        """The first row, or None."""
        rows = self.rows(sql, **values)
        return rows[0] if rows else None

    def one(self, sql: str, **values: Any) -> Any:
        """The first row, where there must be one."""
        row = self.row(sql, **values)
        assert row is not None
        return row

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, **values)
        return row[0] if row else None

    def fetch(self, query: Query[Result]) -> Result:
        """What one query reads."""
        return query.read(self.rows(query.sql, **query.values))

    def fetch_all(self, queries: Sequence[Query[Any]]) -> list[Any]:
        """What each of several queries reads, all of them in one round trip."""
        self.session.flush()
        with ExitStack() as open_cursors:
            with self.pg.pipeline():
                cursors = [
                    open_cursors.enter_context(self.pg.cursor(row_factory=namedtuple_row)).execute(
                        query.sql,
                        _sent(query.values),
                    )
                    for query in queries
                ]
            return [
                query.read(cursor.fetchall())
                for query, cursor in zip(queries, cursors, strict=True)
            ]

    def run(self, sql: str, **values: Any) -> int:
        """Run a statement; how many rows it touched."""
        self.session.flush()
        with self.pg.cursor() as cursor:
            cursor.execute(sql, _sent(values))
            return cursor.rowcount

    def add(self, *things: SQLModel) -> None:
        """Put new rows in, at once, so that their constraints speak here."""
        self.session.add_all(things)
        self.session.flush()

    def get(self, table: type[Table], key: Any) -> Table:
        """The row, to look at; NotFound when there is none or it is not ours to see."""
        found = self.session.get(table, key)
        if found is None:
            raise NotFound(table.__name__.lower())
        return found

    def take(self, table: type[Table], key: Any) -> Table:
        """The row, locked and fresh, to change; NotFound when there is none."""
        self.session.flush()
        found = self.session.get(table, key, with_for_update=True, populate_existing=True)
        if found is None:
            raise NotFound(table.__name__.lower())
        return found


def _sent(values: dict[str, Any]) -> dict[str, Any]:
    return {name: array(v) if type(v) is list else v for name, v in values.items()}


def array(values: list[Any]) -> Any:
    """A list as PostgreSQL writes an array: '{1,2,NULL}'.

    The driver asks Python about every item of a list; written as one text it takes a tenth of
    the time, and the server is as quick to read it. A list of anything else goes as it is.
    """
    kinds = set(map(type, values))
    gaps = type(None) in kinds
    kinds.discard(type(None))
    write = _WRITTEN.get(kinds.pop()) if len(kinds) == 1 else None
    if write is None:
        return values
    if not gaps:
        return "{" + write(values) + "}"
    return "{" + ",".join("NULL" if v is None else write([v]) for v in values) + "}"


def _texts(values: list[str]) -> str:
    whole = "".join(values)
    if '"' in whole or "\\" in whole:
        values = [v.replace("\\", "\\\\").replace('"', '\\"') for v in values]
    return '"' + '","'.join(values) + '"'


_WRITTEN: dict[type, Callable[[list[Any]], str]] = {
    int: lambda values: ",".join(map(str, values)),
    bool: lambda values: ",".join(["t" if v else "f" for v in values]),
    str: _texts,
    UUID: lambda values: ",".join([f"{v.int:032x}" for v in values]),
    bytes: lambda values: ",".join([f'"\\\\x{v.hex()}"' for v in values]),
    date: lambda values: ",".join(map(str, values)),
    datetime: lambda values: '"' + '","'.join([v.isoformat() for v in values]) + '"',
}
