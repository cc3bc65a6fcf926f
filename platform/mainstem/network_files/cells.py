"""Cells of a network's file as values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from mainstem.catalog_files import CellUnfit, RowProblem, Table, amount_of
from mainstem.kit.csv_rows import Row
from mainstem.money import Money

_LIST = re.compile(r"[,;|\n]+")
_BELOW_ZERO = re.compile(r"\s*(?:[-\N{MINUS SIGN}](?P<after>.+)|\((?P<within>.+)\))\s*")

STATES = {
    "active": "active", "approved": "active", "enabled": "active", "aktiv": "active",
    "paused": "paused", "inactive": "paused", "disabled": "paused", "pausad": "paused", "inaktiv": "paused",
    "suspended": "suspended", "blocked": "suspended", "avstängd": "suspended",
    "terminated": "terminated", "ended": "terminated", "avslutad": "terminated",
}  # fmt: skip
"""How programmes call the states of an affiliate, by our own."""


class Line(NamedTuple):
    """One row: its line, and what each field says, with the column that says it."""

    no: int
    said: Mapping[str, str]
    columns: Mapping[str, str]

    def problem(self, field: str, unfit: CellUnfit) -> RowProblem:
        """What is wrong with a field of it."""
        meant = getattr(unfit, "nearest", "")
        return RowProblem(
            self.no, self.columns.get(field, field), unfit.message, dict(unfit.facts), meant
        )


def lines_of(table: Table, columns: Mapping[str, str]) -> Iterable[Line]:
    """The rows of a table by what its columns say; a cell with nothing in it says nothing."""
    named = {field: column for column, field in columns.items()}
    for row in table.rows:
        yield _line(table, row, columns, named)


def _line(table: Table, row: Row, columns: Mapping[str, str], named: Mapping[str, str]) -> Line:
    cells = table.cells(row)
    said = {field: cells[name] for name, field in columns.items() if cells.get(name)}
    return Line(row.line, said, named)


def listed(text: str) -> list[str]:
    """Several in one cell, parted by commas, semicolons, bars or lines."""
    return [one.strip() for one in _LIST.split(text) if one.strip()]


def signed_amount(text: str, currency: str) -> int:
    """An amount in minor units; below zero with a minus before it, or in brackets."""
    below = _BELOW_ZERO.fullmatch(text)
    if below:
        return -amount_of(below["after"] or below["within"], currency)
    return amount_of(text, currency)


def in_figures(amount: Money) -> str:
    """An amount as a file writes it."""
    return f"{Decimal(amount.minor).scaleb(-amount.exponent):.{amount.exponent}f}"


def state_of(text: str) -> str:
    """The state that a cell names. Raises CellUnfit."""
    found = STATES.get(text.strip().casefold())
    if found is None:
        raise CellUnfit("Write active, paused, suspended or terminated.")
    return found
