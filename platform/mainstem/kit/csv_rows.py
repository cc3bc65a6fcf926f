"""A CSV file as it declares itself, row by row: nothing in it is guessed.

The header line says which character parts the cells. Quoting is that of RFC 4180: a cell that
begins with a quote ends with one, and holds the delimiter, line breaks and doubled quotes. Every
row has as many cells as the header, save those left out at its end. Each fault is told with its
line, counted as an editor does, also inside of cells that go over several lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ENCODINGS = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252"}
"""How a file may be written: the name that one gives, and the one by which Python knows it."""

DELIMITERS = ",;\t"

WITHOUT = "has {cells} cells, and the header {header}: {columns} must be there"
IN_QUOTES = {
    ",": "has {cells} cells, and the header {header}: put a cell that holds a comma in quotes",
    ";": "has {cells} cells, and the header {header}: put a cell that holds a semicolon in quotes",
    "\t": "has {cells} cells, and the header {header}: put a cell that holds a tab in quotes",
}
NOT_ENCODED = "{file} is not {encoding}: line {line} holds the byte {byte}."
NOT_UTF_8 = (
    "{file} is not UTF-8: line {line} holds the byte {byte}."
    " If it was saved as CSV on Windows, import it with --encoding windows-1252."
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BREAK = re.compile(rb"\r\n|\r|\n")


class FileUnreadable(Exception):
    """It is no table with the columns that we know; `message`, with its facts, says why."""

    def __init__(self, message: str, **facts: Any) -> None:
        self.message, self.facts = message, facts
        super().__init__(worded(message, facts))


def worded(message: str, facts: Mapping[str, Any], translate: Callable[[str], str] = str) -> str:
    """A sentence with its facts, in the language of `translate`."""
    said = str(translate(message))
    return said.format(**facts) if facts else said


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, in the order of the header, and the line on which it begins."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be read: `reason`, with its facts, goes on from the number of its line."""

    line: int
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Why, in English."""
        return worded(self.reason, self.facts)


class _Unfit(Exception):
    """One row breaks the rules of quoting."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason


class CsvRows:
    """The header of a file, and then its rows, as they are read."""

    def __init__(
        self, path: Path, *, encoding: str, names: Collection[str], called: str = ""
    ) -> None:
        """`names` are those of all columns that a header could name; `called` is what whoever gave
        the file calls it, where that is not its name."""
        assert encoding in ENCODINGS
        self._called = called or path.name
        self._path, self._encoding, self._names = path, encoding, frozenset(names)
        self._refuse_other_encoding()
        with self._opened() as file:
            self.delimiter, self.header = self._read_header(file)

    def rows(self, *, may_be_absent: Collection[str]) -> Iterator[Row | Fault]:
        """Every row and every fault, in the order of the file, which is read once.

        Empty lines are no rows. A second header ends the reading: what follows it may be
        anything.
        """
        with self._opened() as file:
            lines = _Lines(file, self)
            next(lines)
            for text in lines:
                if text == "":
                    continue
                begins = lines.at
                if self._is_header(text):
                    yield Fault(
                        begins,
                        "is a second header: two exports in one file."
                        " Import each from a file of its own. What follows it was not read",
                    )
                    return
                try:
                    cells = _cells(text, lines, self.delimiter)
                except _Unfit as fault:
                    yield Fault(fault.line, fault.reason)
                    continue
                yield self._fitted(begins, cells, may_be_absent)

    def _is_header(self, text: str) -> bool:
        """Whether most of a line's cells are names of columns, parted by whatever it is."""
        if "external_id" not in text:
            return False
        cells = [cell.strip(' "\ufeff') for cell in re.split(f"[{DELIMITERS}]", text)]
        return sum(cell in self._names for cell in cells) * 2 > len(cells)

    def _fitted(self, line: int, cells: list[str], may_be_absent: Collection[str]) -> Row | Fault:
        missing = self.header[len(cells) :]
        needed = [name for name in missing if name not in may_be_absent]
        if len(cells) > len(self.header) or needed:
            facts = {"cells": len(cells), "header": len(self.header)}
            if needed:
                return Fault(line, WITHOUT, facts | {"columns": ", ".join(needed)})
            return Fault(line, IN_QUOTES[self.delimiter], facts)
        return Row(line, cells + [""] * len(missing))

    def _read_header(self, file: IO[str]) -> tuple[str, list[str]]:
        lines = _Lines(file, self)
        text = next(lines, "")
        if text.lower().startswith("sep="):
            raise FileUnreadable("Line 1 is no header. Take out the line that begins with sep=.")
        outside = re.sub('"[^"]*"', "", text)
        delimiter = next((mark for mark in outside if mark in DELIMITERS), ",")
        try:
            header = [name.strip() for name in _cells(text, lines, delimiter)]
        except _Unfit as fault:
            raise FileUnreadable(f"Line {{line}} {fault.reason}.", line=fault.line) from None
        if not any(header):
            raise FileUnreadable("Line 1 is empty. The first line must name the columns.")
        twice = sorted({name for name in header if name and header.count(name) > 1})
        if twice:
            raise FileUnreadable(
                "These columns are there twice: {columns}.", columns=", ".join(twice)
            )
        return delimiter, header

    # ------------------------------------------------------------ the encoding

    def _opened(self) -> IO[str]:
        # Universal newlines, as every editor has them.
        return self._path.open(encoding=ENCODINGS[self._encoding], newline=None)

    def _refuse_other_encoding(self) -> None:
        with self._path.open("rb") as file:
            start = file.read(2)
        if start in _UTF16 and self._encoding != "utf-16":
            raise FileUnreadable(
                "{file} is UTF-16. Import it with --encoding utf-16.", file=self._called
            )
        if self._encoding == "utf-16" and start and start not in _UTF16:
            raise FileUnreadable(
                "{file} is not UTF-16: it does not begin with a byte order mark.", file=self._called
            )

    def undecodable(self) -> FileUnreadable:
        """Which line holds bytes that are no text in the file's encoding, and what to do."""
        data = self._path.read_bytes()
        try:
            data.decode(ENCODINGS[self._encoding])
        except UnicodeDecodeError as error:
            # The byte order mark is not counted by every decoder; it breaks no line.
            before = data[: error.start]
            breaks = (
                before.decode("utf-16", "ignore").encode() if self._encoding == "utf-16" else before
            )
            line = len(_BREAK.findall(breaks)) + 1
            facts = {"file": self._called, "line": line, "byte": f"0x{data[error.start]:02X}"}
            if self._encoding == "utf-8":
                return FileUnreadable(NOT_UTF_8, **facts)
            return FileUnreadable(NOT_ENCODED, **facts, encoding=self._encoding)
        return FileUnreadable("{file} changed while it was read.", file=self._called)


class _Lines:
    """The lines of a file without their ends, and the number of the one that was read last."""

    def __init__(self, file: IO[str], of: CsvRows) -> None:
        self._file, self._of, self.at = file, of, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._file)
        except UnicodeDecodeError:
            raise self._of.undecodable() from None
        self.at += 1
        if "\0" in line:
            raise FileUnreadable(
                "Line {line} holds a zero character: this is no text.", line=self.at
            )
        return line.removesuffix("\n")


def _cells(text: str, lines: _Lines, delimiter: str) -> list[str]:
    """The cells of the row that begins with this line; the lines after it are read as needed."""
    if '"' not in text:
        return text.split(delimiter)
    cells: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            cell, text, at = _quoted(text, at + 1, lines)
            cells.append(cell)
            if at < len(text) and not text.startswith(delimiter, at):
                raise _Unfit(lines.at, "has text after the quote that ends a cell")
        else:
            end = text.find(delimiter, at)
            cell = text[at:] if end < 0 else text[at:end]
            if '"' in cell:
                raise _Unfit(
                    lines.at,
                    "has a quote inside a cell: put the whole cell in quotes, and double those in it",
                )
            cells.append(cell)
            at = len(text) if end < 0 else end
        if at >= len(text):
            return cells
        at += 1


def _quoted(text: str, at: int, lines: _Lines) -> tuple[str, str, int]:
    """A quoted cell from after its first quote: what it holds, its last line, where that goes on."""
    began = lines.at
    parts: list[str] = []
    while True:
        end = text.find('"', at)
        if end < 0:
            parts.append(text[at:])
            following = next(lines, None)
            if following is None:
                raise _Unfit(began, "begins a quoted cell that does not end")
            parts.append("\n")
            text, at = following, 0
        elif text.startswith('"', end + 1):
            parts.append(text[at : end + 1])
            at = end + 2
        else:
            parts.append(text[at:end])
            return "".join(parts), text, end + 1
