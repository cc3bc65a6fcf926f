"""The file that a history comes in: its columns, and everything that is wrong with it at once.

One row is one line of an order; what is said of the order itself is the same in all its rows. The
whole file is checked before anything is written, by one query a rule.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from mainstem.kit.csv_rows import CsvRows, Fault, FileUnreadable
from mainstem.money import MINOR_MAX
from mainstem.orders import LINES_MAX, QUANTITY_MAX

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
    "locale", "client_phone", "address_line2", "postal_code", "code", "payment_reference", "shipped_at",
    "delivered_at", "refunded_minor", "refunded_at",
)  # fmt: skip
_TIMES = ("placed_at", "paid_at", "shipped_at", "delivered_at", "refunded_at")
_ROW_BYTES_MAX = 16_000_000
_WHOLE = ("quantity", "line_total_minor", "refunded_minor")


@dataclass(frozen=True, slots=True, order=True)
class RowProblem:
    """One thing wrong with one field, or (without one) with a whole row.

    `at` is the line on which the row begins in a CSV file, the first one being the header's; in a
    Parquet file it is the number of the row.
    """

    at: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """A line of an order, where the file says it, and how much of it went back when."""

    at: int
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
    lines: list[FileLine]


class OrdersFile:
    """A CSV (see `csv_rows`) or Parquet file of orders.

    `unit` is what its places are counted in: the lines of a CSV file, the rows of a Parquet file.
    """

    def __init__(self, path: Path, *, now: datetime, encoding: str = "utf-8") -> None:
        self._duck = duckdb.connect()
        self._duck.execute("SET threads = 2; SET memory_limit = '512MB'; SET TimeZone = 'UTC'")
        self._now = int(now.timestamp() * 1_000_000)
        self._faults: list[RowProblem] = []
        if not path.is_file():
            raise FileUnreadable(f"There is no file {path}.")
        parquet = path.suffix.lower() in (".parquet", ".pq")
        self.unit = "row" if parquet else "line"
        if parquet:
            self._read_parquet(path)
        else:
            self._read_csv(path, encoding)
        self._duck.execute(_TYPED)
        self._duck.execute("DROP TABLE given")

    def close(self) -> None:
        """Let go of the file."""
        self._duck.close()

    def _read_parquet(self, path: Path) -> None:
        reader = "read_parquet($path)"
        try:
            found = self._duck.execute(f"DESCRIBE SELECT * FROM {reader}", {"path": str(path)})
            present = [row[0] for row in found.fetchall()]
            _refuse_columns(present)
            taken = ", ".join(
                f"coalesce(trim(CAST({name} AS VARCHAR)), '') AS {name}"
                if name in present
                else f"'' AS {name}"
                for name in COLUMNS
            )
            self._duck.execute(
                f"CREATE TABLE given AS SELECT row_number() OVER ()::BIGINT AS place, {taken} FROM {reader}",
                {"path": str(path)},
            )
        except duckdb.Error as error:
            words = str(error).splitlines()[0]
            raise FileUnreadable(f"{path.name} cannot be read as a table: {words}") from error

    def _read_csv(self, path: Path, encoding: str) -> None:
        """Row by row into a table, by way of a file in which nothing is left to be guessed."""
        source = CsvRows(path, encoding=encoding, names=COLUMNS)
        _refuse_columns(source.header)
        places = [source.header.index(name) if name in source.header else None for name in COLUMNS]
        with TemporaryDirectory(prefix="mainstem-import-") as folder:
            plain = Path(folder) / "rows.csv"
            taken = 0
            with plain.open("w", encoding="utf-8", newline="") as file:
                write = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
                for row in source.rows(may_be_absent=OPTIONAL):
                    if isinstance(row, Fault):
                        self._faults.append(RowProblem(row.line, "", row.text()))
                    else:
                        write(
                            [
                                row.line,
                                *("" if at is None else row.cells[at].strip() for at in places),
                            ]
                        )
                        taken += 1
            columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
            self._duck.execute(
                f"""CREATE TABLE given AS SELECT * FROM read_csv($path, auto_detect = false,
                      header = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
                      parallel = false, max_line_size = {_ROW_BYTES_MAX}, force_not_null = {list(COLUMNS)},
                      columns = {{'place': 'BIGINT', {columns}}})""",
                {"path": str(plain)},
            )
        found = self._duck.execute("SELECT count(*) FROM given").fetchone()
        assert found == (taken,), "every row of the file is in the table"

    # ------------------------------------------------------------ what is wrong

    def problems(self) -> list[RowProblem]:
        """Everything wrong that the file alone shows, in its order."""
        found = " UNION ALL ".join(
            f"SELECT place, '{field}' AS field, {reason} AS reason FROM line WHERE {wrong}"
            for field, reason, wrong in self._rules()
        )
        rows = self._duck.execute(
            f"SELECT place, field, reason FROM ({found} UNION ALL {_differs(self.unit)})"
        ).fetchall()
        return sorted([*self._faults, *(RowProblem(*row) for row in rows)])

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

    def place_of(self, storefront: str) -> int:
        """Where it first names a storefront."""
        row = self._duck.execute(
            "SELECT min(place) FROM line WHERE storefront = $name", {"name": storefront}
        ).fetchone()
        assert row is not None
        return int(row[0])

    def orders(self) -> Iterator[Order]:
        """Every order, in the order in which they were placed."""
        cursor = self._duck.cursor()
        cursor.execute(
            f"""SELECT place, {", ".join(COLUMNS)}, placed_at_us, paid_at_us, shipped_at_us, delivered_at_us,
                       refunded_at_us, quantity_no, line_total_minor_no, refunded_minor_no
                  FROM line ORDER BY placed_at_us, storefront, external_id, place"""
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
            FileLine(
                row["place"],
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


def _refuse_columns(present: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in present and name not in OPTIONAL]
    unknown = [name or "one without a name" for name in present if name not in COLUMNS]
    sentences = []
    if missing:
        sentences.append(f"These columns are missing: {', '.join(missing)}.")
    if unknown:
        sentences.append(f"These columns are not known: {', '.join(unknown)}.")
    if sentences:
        raise FileUnreadable(" ".join(sentences))


def _differs(unit: str) -> str:
    """Where a row says of its order what another one does not, and where orders have too many."""
    told = {name: f"{name}_us" if name in _TIMES else name for name in ORDER_COLUMNS[2:]}
    different = " UNION ALL ".join(
        f"""SELECT place, '{name}' AS field,
                   'differs from {unit} ' || first_at || ' of the same order' AS reason
              FROM (SELECT place, {said} AS said, first({said}) OVER same AS first_said,
                           first(place) OVER same AS first_at
                      FROM line WHERE external_id <> '' AND storefront <> ''
                    WINDOW same AS (PARTITION BY storefront, external_id ORDER BY place)) AS spoken
             WHERE said IS DISTINCT FROM first_said"""
        for name, said in told.items()
    )
    return f"""{different} UNION ALL
      SELECT min(place), 'external_id', 'has more than {LINES_MAX} rows' FROM line
       WHERE external_id <> '' GROUP BY storefront, external_id HAVING count(*) > {LINES_MAX}"""


# ISO 8601 as it is written: with or without separators, T or a space, seconds, their fraction, and
# a zone (UTC without one), before which a space may stand. A date alone is that day, somewhen.
_ISO = (
    r"^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)? ?"
    r"(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)
_PARTS = "['y', 'mo', 'd', 'h', 'mi', 's', 'f', 'z']"


def _parts(name: str) -> str:
    return f"regexp_extract(upper({name}), '{_ISO}', {_PARTS}) AS {name}_is"


def _told(name: str) -> str:
    """The microseconds of a time as it is written, and its day as it is written."""
    p = f"{name}_is"
    minutes = f"coalesce(nullif(regexp_extract({p}.z, '^...:?(..)$', 1), ''), '00')"
    zone = f"""CASE WHEN {p}.z IN ('', 'Z', 'UTC') THEN '+00:00'
                    ELSE left({p}.z, 3) || ':' || {minutes} END"""
    clock = " || ':' || ".join(
        f"coalesce(nullif({p}.{part}, ''), '00')" for part in ("h", "mi", "s")
    )
    written = f"""{p}.y || '-' || {p}.mo || '-' || {p}.d || ' ' || {clock} || '.'
                  || coalesce(nullif({p}.f, ''), '0') || {zone}"""
    return f"""CASE WHEN {p}.y <> '' THEN epoch_us(TRY_CAST({written} AS TIMESTAMPTZ)) END
                 AS {name}_told, {p}.y || {p}.mo || {p}.d AS {name}_day"""


def _after(name: str, *others: str) -> str:
    """The instant of what followed others. Told by its day alone, it was after them on that day."""
    followed = ", ".join(
        f"CASE WHEN {name}_is.h = '' AND {name}_day >= {other}_day THEN {other}_us END"
        for other in others
    )
    return f"greatest({name}_told, {followed}) AS {name}_us"


def _number(name: str) -> str:
    return f"""CASE WHEN regexp_full_match({name}, '[0-9]{{1,16}}') THEN {name}::BIGINT END
                 AS {name}_no"""


_TYPED = f"""
CREATE TABLE line AS
WITH parts AS (SELECT *, {", ".join(map(_parts, _TIMES))} FROM given),
told AS (SELECT *, {", ".join(map(_told, _TIMES))} FROM parts),
placed AS (
  SELECT *, CASE WHEN placed_at_is.h = '' AND placed_at_day = paid_at_day
                 THEN least(placed_at_told, paid_at_told) ELSE placed_at_told END AS placed_at_us
    FROM told),
paid AS (SELECT *, {_after("paid_at", "placed_at")} FROM placed),
shipped AS (SELECT *, {_after("shipped_at", "paid_at")}, {_after("refunded_at", "paid_at")} FROM paid)
SELECT *, {_after("delivered_at", "paid_at", "shipped_at")},
       -- A cast alone would round 2.5 to 3.
       {", ".join(map(_number, _WHOLE))}
  FROM shipped"""
