"""A folder read: every document in it with the place where it stands, and everything that is wrong."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from mainstem.kit.documents import Document, document
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.setup.folder.pictures import NoSuchPicture, resolved
from mainstem.setup.folder.writing import table_of
from mainstem.setup.registry import RESOURCES
from mainstem.setup.resource import AnyResource

FILE_BYTES_MAX = 50_000_000
OTHERS = ("pictures", "README.md")
"""What a folder may hold besides the files of the registry."""


class Place(NamedTuple):
    """Where something stands: the file, and its line, which is 1 where nobody could say."""

    file: str
    line: int
    lines: dict[str, int]
    """The lines of its fields, as far as they stand on lines of their own."""

    def of(self, pointer: str) -> Place:
        """Where a field of it stands."""
        first = pointer.strip("/").partition("/")[0]
        return Place(self.file, self.lines.get(first, self.line), {})


class Wrong(NamedTuple):
    """Something that is wrong with a folder: where, and what to do about it."""

    file: str
    line: int
    pointer: str
    problem: Problem | Refused

    def __str__(self) -> str:
        where = self.pointer.strip("/").replace("/", ".")
        return f"{self.file}:{self.line}: {where + ': ' if where else ''}{self.problem.text()}"


@dataclass
class Folder:
    """What a folder says, in the order of the registry, and what is wrong with it."""

    path: Path
    said: list[tuple[AnyResource, Document, Place]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    pictures: dict[str, Path] = field(default_factory=dict)
    """The files of pictures that it names, by the name under which they are kept."""


def read_folder(path: Path) -> Folder:
    """Everything that the files of a folder say. Raises NotADirectoryError for no folder."""
    if not path.is_dir():
        raise NotADirectoryError(path)
    folder = Folder(path)
    known = {f"{kind.name}.{kind.file}": kind for kind in RESOURCES.values()}
    for one in sorted(path.iterdir()):
        if one.name not in known and one.name not in OTHERS and not one.name.startswith("."):
            folder.wrong.append(_unknown(one.name, [*known]))
    for name, kind in known.items():
        if (path / name).exists():
            _read(folder, kind, path / name)
    return folder


def _unknown(name: str, known: list[str]) -> Wrong:
    problem = Problem(
        "", "unknown_file", "Nothing is read from this file. Those that are: {known}.",
        {"known": ", ".join(known)},
    )  # fmt: skip
    return Wrong(name, 1, "", problem)


def _read(folder: Folder, kind: AnyResource, path: Path) -> None:
    seen: dict[str, Place] = {}
    try:
        for said, place in _documents(kind, path):
            try:
                made = document(kind.model, resolved(said, path.parent, folder.pictures))
            except NoSuchPicture as missing:
                folder.wrong.append(Wrong(place.file, place.line, "", missing))
                continue
            except InvalidInput as no:
                folder.wrong += [
                    Wrong(*place.of(problem.pointer)[:2], problem.pointer, problem)
                    for problem in no.problems
                ]
                continue
            key = kind.key_of(made)
            if key in seen:
                facts = {"what": kind.one, "key": key, "line": seen[key].line}
                twice = Problem(
                    "", "twice", "The {what} {key} stands in line {line} already.", facts
                )
                folder.wrong.append(Wrong(place.file, place.line, "", twice))
                continue
            seen[key] = place
            folder.said.append((kind, made, place))
    except _Unreadable as no:
        folder.wrong.append(Wrong(path.name, no.line, "", no.problem))


class _Unreadable(Exception):
    def __init__(self, line: int, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.line = line
        self.problem = Problem("", "unreadable", message, facts)


def _documents(kind: AnyResource, path: Path) -> Iterator[tuple[dict[str, Any], Place]]:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise _Unreadable(1, "This file is too large to be a company's.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise _Unreadable(line, "This file is not written in UTF-8.") from None
    yield from (
        _rows(kind, path.name, text) if kind.file == "csv" else _tables(kind, path.name, text)
    )


def _tables(kind: AnyResource, name: str, text: str) -> Iterator[tuple[dict[str, Any], Place]]:
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"at line (\d+)", str(error))
        raise _Unreadable(int(at[1]) if at else 1, "This is no TOML: {why}.", why=error) from None
    if kind.single:
        yield said, Place(name, 1, _lines_of(text.splitlines(), 1))
        return
    table = table_of(kind)
    for other in said.keys() - {table}:
        raise _Unreadable(
            1, "Write each as [[{table}]]; {other} is not read.", table=table, other=other
        )
    parts = said.get(table, [])
    if not isinstance(parts, list):
        raise _Unreadable(1, "Write each as [[{table}]].", table=table)
    yield from zip(parts, _places(name, text, table, len(parts)), strict=True)


def _places(name: str, text: str, table: str, count: int) -> list[Place]:
    """Where each [[table]] of a file stands."""
    lines = text.splitlines()
    begins = [n for n, line in enumerate(lines, 1) if line.strip() == f"[[{table}]]"]
    if len(begins) != count:  # written in one line, or inside a text: then nobody can say
        return [Place(name, 1, {})] * count
    ends = [*begins[1:], len(lines) + 1]
    return [
        Place(name, begin, _lines_of(lines[begin : end - 1], begin + 1))
        for begin, end in zip(begins, ends, strict=True)
    ]


def _lines_of(lines: list[str], first: int) -> dict[str, int]:
    """The line of each field that begins one."""
    found: dict[str, int] = {}
    for n, line in enumerate(lines, first):
        match = re.match(r"\s*(?:\[+\s*(?:\w+\.)?)?([A-Za-z_]\w*)", line)
        if match and re.match(r"\s*(\[|[\w.\"]+\s*=)", line):
            found.setdefault(match[1], n)
    return found


def _rows(kind: AnyResource, name: str, text: str) -> Iterator[tuple[dict[str, Any], Place]]:
    if "\0" in text:
        raise _Unreadable(
            text[: text.index("\0")].count("\n") + 1, "There is a zero character here."
        )
    rows = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [one.strip() for one in next(rows, [])]
        fields = [*kind.model.model_fields]
        if missing := [one for one in header if one not in fields]:
            raise _Unreadable(1, "No column is called {name}. Those that are: {known}.",
                              name=missing[0], known=", ".join(fields))  # fmt: skip
        for row in rows:
            line = rows.line_num
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise _Unreadable(line, "This line has {n} cells; the header has {m}.",
                                  n=len(row), m=len(header))  # fmt: skip
            said = {field: _plain(cell) for field, cell in zip(header, row, strict=True) if cell}
            yield said, Place(name, line, {})
    except csv.Error as error:
        raise _Unreadable(rows.line_num, "This line cannot be read: {why}.", why=error) from None


def _plain(cell: str) -> str:
    """A cell without the mark that keeps spreadsheets from calculating it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") else cell
