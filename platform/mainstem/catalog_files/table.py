"""A file of rows as it was uploaded: decoded, taken apart, and refused where it is no table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from mainstem.kit.csv_rows import CsvRows, Fault, FileUnreadable, Row
from mainstem.kit.errors import InvalidInput, Problem, Refused

BYTES_MAX = 20_000_000
ROWS_MAX = 200_000
COLUMNS_MAX = 1_000
CELL_MAX = 200_000


class TableRefused(Refused):
    """The file is no table that we can read; the sentence says why."""

    code = "file_unreadable"
    status = 422
    message = "{reason}"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong in a file: the line on which its row begins, the column, and the fix."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Table:
    """The header of a file, its rows, and the rows that could not be read."""

    header: list[str]
    rows: list[Row] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    def cells(self, row: Row) -> dict[str, str]:
        """The cells of a row by the names of their columns."""
        return dict(zip(self.header, row.cells, strict=True))


def read_table(data: bytes) -> Table:
    """The table in a CSV file: UTF-8, UTF-16 or Windows-1252, with commas, semicolons or tabs.

    Raises TableRefused for what is no table at all.
    """
    if len(data) > BYTES_MAX:
        raise TableRefused(reason="This file is larger than 20 MB. Divide it into several.")
    if not data.strip():
        raise InvalidInput(Problem("/file", "missing", "Choose a CSV file that is not empty."))
    with TemporaryDirectory(prefix="mainstem-catalogue-") as folder:
        path = Path(folder) / "upload.csv"
        path.write_bytes(data)
        try:
            return _table(CsvRows(path, encoding=_encoding(data), names=()))
        except FileUnreadable as error:
            raise TableRefused(reason=str(error)) from None


def _encoding(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _table(source: CsvRows) -> Table:
    if len(source.header) > COLUMNS_MAX:
        raise TableRefused(reason=f"This file has more than {COLUMNS_MAX} columns.")
    table = Table(source.header)
    for row in source.rows(may_be_absent=source.header):
        if isinstance(row, Fault):
            table.problems.append(RowProblem(row.line, "", row.reason))
        elif any(len(cell) > CELL_MAX for cell in row.cells):
            reason = f"A cell is longer than {CELL_MAX} characters. Shorten it."
            table.problems.append(RowProblem(row.line, "", reason))
        elif any(cell.strip() for cell in row.cells):
            table.rows.append(Row(row.line, [cell.strip() for cell in row.cells]))
        if len(table.rows) > ROWS_MAX:
            raise TableRefused(reason=f"This file has more than {ROWS_MAX} rows. Divide it.")
    return table
