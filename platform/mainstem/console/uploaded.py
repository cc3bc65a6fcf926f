"""Tables that were uploaded, as their pages show them: what each column says, and what is not right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from mainstem.catalog_files import RowProblem, Table

EXAMPLE_ROWS = 20
EXAMPLE_MAX = 60
EXAMPLES = 2


class Column(msgspec.Struct, frozen=True):
    """One column of a file: its name, what it holds on the first rows, and what it says."""

    no: int
    name: str
    examples: list[str]
    field: str


class ToldProblem(msgspec.Struct, frozen=True):
    """One thing wrong in a file: its line, its column, and the fix in the reader's language."""

    line: int
    column: str
    text: str


def columns_of(table: Table, told: Mapping[str, str]) -> list[Column]:
    """The columns of a table that have a name, each with what it is told to say."""
    firsts = [table.cells(row) for row in table.rows[:EXAMPLE_ROWS]]
    return [
        Column(
            no,
            name,
            list(dict.fromkeys(cells[name][:EXAMPLE_MAX] for cells in firsts if cells[name]))[
                :EXAMPLES
            ],
            told.get(name, ""),
        )
        for no, name in enumerate(table.header)
        if name
    ]


def told_problems(
    problems: Iterable[RowProblem], translate: Callable[[str], str]
) -> list[ToldProblem]:
    """Problems in the language of `translate`."""
    return [ToldProblem(one.line, one.column, one.text(translate)) for one in problems]
