"""The file that a history comes in: its columns, and everything that is wrong with it at once.

One row is one line of an order; what is said of the order itself is the same in all its rows. The
whole file is checked before anything is written, by one query a rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from mainstem.money import MINOR_MAX
from mainstem.orders.rules import LINES_MAX, QUANTITY_MAX

ORDER_COLUMNS = (
    "external_id", "storefront", "placed_at", "currency", "locale", "client_name", "client_email",
    "client_phone", "address_line1", "address_line2", "postal_code", "city", "country", "code",
    "paid_at", "payment_reference", "shipped_at", "delivered_at",
)  # fmt: skip
"""Said of an order: the same in all of its rows."""

LINE_COLUMNS = ("sku", "quantity", "line_total_minor", "refunded_minor", "refunded_at")
"""Said of a line."""

COLUMNS = (*ORDER_COLUMNS, *LINE_COLUMNS)
OPTIONAL = (
    "locale", "client_phone", "address_line2", "code", "payment_reference", "shipped_at",
    "delivered_at", "refunded_minor", "refunded_at",
)  # fmt: skip
_TIMES = ("placed_at", "paid_at", "shipped_at", "delivered_at", "refunded_at")
_WHOLE = ("quantity", "line_total_minor", "refunded_minor")


class FileUnreadable(Exception):
    """It is no table with the columns that we know; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with one field of one row. The first row after the header is row 1."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order, and how much of it went back when."""

    row: int
    sku: str
    quantity: int
    total_minor: int
    refunded_minor: int
    refunded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Order:
    """What the file says of one order."""

    said: dict[str, str]
    placed_at: datetime
    paid_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    lines: list[Line]


class OrdersFile:
    """A CSV (comma, semicolon or tab; UTF-8; with a header) or Parquet file of orders."""

    def __init__(self, path: Path, *, now: datetime) -> None:
        self._duck = duckdb.connect()
        self._duck.execute("SET threads = 2; SET memory_limit = '512MB'; SET TimeZone = 'UTC'")
        self._now = int(now.timestamp() * 1_000_000)
        self._read(path)

    def close(self) -> None:
        """Let go of the file."""
        self._duck.close()

    def _read(self, path: Path) -> None:
        if not path.is_file():
            raise FileUnreadable(f"There is no file {path}.")
        parquet = path.suffix.lower() in (".parquet", ".pq")
        reader = (
            "read_parquet($path)"
            if parquet
            else "read_csv($path, header = true, all_varchar = true)"
        )
        try:
            found = self._duck.execute(f"DESCRIBE SELECT * FROM {reader}", {"path": str(path)})
            present = [row[0] for row in found.fetchall()]
            self._refuse_columns(present)
            taken = ", ".join(
                f"coalesce(trim(CAST({name} AS VARCHAR)), '') AS {name}"
                if name in present
                else f"'' AS {name}"
                for name in COLUMNS
            )
            self._duck.execute(
                f"CREATE TABLE given AS SELECT row_number() OVER ()::BIGINT AS row, {taken} FROM {reader}",
                {"path": str(path)},
            )
        except duckdb.Error as error:
            words = str(error).splitlines()[0]
            raise FileUnreadable(f"{path.name} cannot be read as a table: {words}") from error
        typed = [f"epoch_us(TRY_CAST({name} AS TIMESTAMPTZ)) AS {name}_us" for name in _TIMES]
        typed += [
            # A cast alone would round 2.5 to 3.
            f"CASE WHEN regexp_full_match({name}, '[0-9]{{1,16}}') THEN {name}::BIGINT END AS {name}_no"
            for name in _WHOLE
        ]
        self._duck.execute(f"CREATE TABLE line AS SELECT *, {', '.join(typed)} FROM given")
        self._duck.execute("DROP TABLE given")

    @staticmethod
    def _refuse_columns(present: Sequence[str]) -> None:
        missing = [name for name in COLUMNS if name not in present and name not in OPTIONAL]
        unknown = [name for name in present if name not in COLUMNS]
        sentences = []
        if missing:
            sentences.append(f"These columns are missing: {', '.join(missing)}.")
        if unknown:
            sentences.append(f"These columns are not known: {', '.join(unknown)}.")
        if sentences:
            raise FileUnreadable(" ".join(sentences))

    # ------------------------------------------------------------ what is wrong

    def problems(self) -> list[RowProblem]:
        """Everything wrong that the file alone shows, row by row."""
        found = " UNION ALL ".join(
            f"SELECT row, '{field}' AS field, {reason} AS reason FROM line WHERE {wrong}"
            for field, reason, wrong in self._rules()
        )
        rows = self._duck.execute(
            f"SELECT row, field, reason FROM ({found} UNION ALL {_DIFFERS}) ORDER BY row, field, reason"
        ).fetchall()
        return [RowProblem(*row) for row in rows]

    def _rules(self) -> Iterator[tuple[str, str, str]]:
        """(field, what to say as SQL, when as SQL)."""
        for name in COLUMNS:
            if name not in OPTIONAL:
                yield name, "'is empty'", f"{name} = ''"
        for name in _TIMES:
            wrong = f"{name} <> '' AND {name}_us IS NULL"
            yield name, f"'is no time: ' || {name}", wrong
            yield name, f"'lies in the future: ' || {name}", f"{name}_us > {self._now}"
        for name in _WHOLE:
            yield name, f"'is no whole number: ' || {name}", f"{name} <> '' AND {name}_no IS NULL"
        yield (
            "quantity",
            f"'is not between 1 and {QUANTITY_MAX}'",
            f"quantity_no NOT BETWEEN 1 AND {QUANTITY_MAX}",
        )
        yield "line_total_minor", "'is too large'", f"line_total_minor_no > {MINOR_MAX}"
        yield "paid_at", "'is before placed_at'", "paid_at_us < placed_at_us"
        yield "shipped_at", "'is before paid_at'", "shipped_at_us < paid_at_us"
        yield (
            "delivered_at",
            "'is before paid_at or shipped_at'",
            "delivered_at_us < greatest(paid_at_us, coalesce(shipped_at_us, 0))",
        )
        yield "refunded_minor", "'is more than the line'", "refunded_minor_no > line_total_minor_no"
        yield (
            "refunded_at",
            "'is missing: money went back'",
            "refunded_minor_no > 0 AND refunded_at = ''",
        )
        yield (
            "refunded_at",
            "'is there, but no refunded_minor'",
            "refunded_at <> '' AND coalesce(refunded_minor_no, 0) = 0 AND regexp_full_match(refunded_minor, '[0-9]*')",
        )
        yield "refunded_at", "'is before paid_at'", "refunded_at_us < paid_at_us"
        yield "external_id", "'is longer than 64 characters'", "length(external_id) > 64"
        yield "locale", "'is neither en nor sv: ' || locale", "locale NOT IN ('', 'en', 'sv')"
        yield (
            "currency",
            "'is no currency code: ' || currency",
            "currency <> '' AND NOT regexp_full_match(currency, '[A-Z]{3}')",
        )

    # ------------------------------------------------------------ what it says

    def count(self) -> tuple[int, int]:
        """(orders, lines)."""
        row = self._duck.execute(
            "SELECT count(DISTINCT (storefront, external_id)), count(*) FROM line"
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    def storefronts(self) -> list[str]:
        """The slugs that it names."""
        return [
            row[0] for row in self._duck.execute("SELECT DISTINCT storefront FROM line").fetchall()
        ]

    def rows_of(self, storefront: str) -> int:
        """The first row that names a storefront."""
        row = self._duck.execute(
            "SELECT min(row) FROM line WHERE storefront = $name", {"name": storefront}
        ).fetchone()
        assert row is not None
        return int(row[0])

    def orders(self) -> Iterator[Order]:
        """Every order, in the order in which they were placed."""
        cursor = self._duck.cursor()
        cursor.execute(
            f"""SELECT row, {", ".join(COLUMNS)}, placed_at_us, paid_at_us, shipped_at_us, delivered_at_us,
                       refunded_at_us, quantity_no, line_total_minor_no, refunded_minor_no
                  FROM line ORDER BY placed_at_us, storefront, external_id, row"""
        )
        names = [column[0] for column in cursor.description or []]
        rows = (dict(zip(names, row, strict=True)) for row in _fetched(cursor))
        for _, group in groupby(rows, key=lambda row: (row["storefront"], row["external_id"])):
            yield _order(list(group))
        cursor.close()


def _fetched(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(2000):
        yield from rows


def _order(rows: Sequence[dict[str, Any]]) -> Order:
    first = rows[0]
    placed_at, paid_at = _at(first["placed_at_us"]), _at(first["paid_at_us"])
    assert placed_at is not None
    assert paid_at is not None
    delivered_at = _at(first["delivered_at_us"])
    return Order(
        said={name: first[name] for name in ORDER_COLUMNS},
        placed_at=placed_at,
        paid_at=paid_at,
        # What was delivered had left, even if nobody wrote down when.
        shipped_at=_at(first["shipped_at_us"]) or delivered_at,
        delivered_at=delivered_at,
        lines=[
            Line(
                row["row"],
                row["sku"],
                row["quantity_no"],
                row["line_total_minor_no"],
                row["refunded_minor_no"] or 0,
                _at(row["refunded_at_us"]),
            )
            for row in rows
        ],
    )


def _at(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


_DIFFERS = (
    " UNION ALL ".join(
        f"""SELECT row, '{name}' AS field, 'differs from row ' || first_row || ' of the same order' AS reason
          FROM (SELECT row, {name} AS said, first({name}) OVER same AS first_said,
                       first(row) OVER same AS first_row
                  FROM line WHERE external_id <> '' AND storefront <> ''
                WINDOW same AS (PARTITION BY storefront, external_id ORDER BY row)) AS spoken
         WHERE said <> first_said"""
        for name in ORDER_COLUMNS[2:]
    )
    + f""" UNION ALL
  SELECT min(row), 'external_id', 'has more than {LINES_MAX} rows' FROM line
   WHERE external_id <> '' GROUP BY storefront, external_id HAVING count(*) > {LINES_MAX}"""
)
