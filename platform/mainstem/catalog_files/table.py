"""A file of rows as it was uploaded: decoded, taken apart, and refused where it is no table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mainstem.kit.csv_rows import CsvRows, Fault, FileUnreadable, Row, worded
from mainstem.kit.errors import DID_YOU_MEAN, InvalidInput, Problem, Refused

BYTES_MAX = 20_000_000
ROWS_MAX = 200_000
COLUMNS_MAX = 1_000
CELL_MAX = 200_000


class TableRefused(Refused):
    """The file is no table that we can read; its problem says why."""

    code = "file_unreadable"
    status = 422
    message = "This file cannot be read as a table."

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(Problem("/file", self.code, message, facts))


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong in a file: the line on which its row begins, the column, and the fix.

    `reason` is an English sentence with named placeholders, translated where it is shown; `facts`
    fill them. `nearest` is the name that may have been meant by one that is none.
    """

    line: int
    column: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)
    nearest: str = ""

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The fix, in the language of `translate`."""
        said = worded(self.reason, self.facts, translate)
        if self.nearest:
            said += f" {translate(DID_YOU_MEAN).format(name=self.nearest)}"
        return said[:1].upper() + said[1:]


def of_problem(line: int, column: str, problem: Problem) -> RowProblem:
    """A problem of a product, as it stands in the file: what its report keeps is text and numbers."""
    facts = {
        name: fact if isinstance(fact, int) else str(fact) for name, fact in problem.facts.items()
    }
    return RowProblem(line, column, problem.message, facts, problem.nearest)


@dataclass(slots=True)
class Table:
    """The header of a file, its rows, and the rows that could not be read."""

    header: list[str]
    rows: list[Row] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    def cells(self, row: Row) -> dict[str, str]:
        """The cells of a row by the names of their columns."""
        return dict(zip(self.header, row.cells, strict=True))


def read_table(data: bytes, name: str = "") -> Table:
    """The table in a CSV file: UTF-8, UTF-16 or Windows-1252, with commas, semicolons or tabs.

    `name` is what the file is called. Raises TableRefused for what is no table at all.
    """
    if len(data) > BYTES_MAX:
        raise TableRefused("This file is larger than 20 MB. Divide it into several.")
    if not data.strip():
        raise InvalidInput(Problem("/file", "missing", "Choose a CSV file that is not empty."))
    with TemporaryDirectory(prefix="mainstem-catalogue-") as folder:
        path = Path(folder) / "upload.csv"
        path.write_bytes(data)
        try:
            return _table(CsvRows(path, encoding=_encoding(data), names=(), called=name))
        except FileUnreadable as error:
            raise TableRefused(error.message, **error.facts) from None


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
        raise TableRefused("This file has more than {most} columns.", most=COLUMNS_MAX)
    table = Table(source.header)
    for row in source.rows(may_be_absent=source.header):
        if isinstance(row, Fault):
            table.problems.append(RowProblem(row.line, "", row.reason, row.facts))
        elif any(len(cell) > CELL_MAX for cell in row.cells):
            reason = "A cell is longer than {most} characters. Shorten it."
            table.problems.append(RowProblem(row.line, "", reason, {"most": CELL_MAX}))
        elif any(cell.strip() for cell in row.cells):
            table.rows.append(Row(row.line, [cell.strip() for cell in row.cells]))
        if len(table.rows) + len(table.problems) > ROWS_MAX:
            raise TableRefused("This file has more than {most} rows. Divide it.", most=ROWS_MAX)
    return table
