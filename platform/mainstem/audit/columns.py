"""Columns: what a statement reads, as numpy arrays instead of rows.

The server sends each column as one value, all its numbers of eight bytes in a row, so a million of
them cost one copy and no look at any. All columns of a statement come in the same order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def numbers(expression: str, name: str) -> str:
    """In a SELECT: this whole number of every row, as one column of this name."""
    return f"string_agg(int8send(({expression})::bigint), ''::bytea) AS {name}"


def words(expression: str, name: str) -> str:
    """In a SELECT: this text of every row, as one column of this name. No text may hold a line end."""
    return f"string_agg({expression}, E'\\n') AS {name}"


def as_numbers(column: bytes | None) -> Ints:
    """A column that `numbers` asked for; none where there was no row."""
    return np.frombuffer(column or b"", ">i8").astype(np.int64)


def as_words(column: str | None) -> list[str]:
    """A column that `words` asked for."""
    return column.split("\n") if column is not None else []


def as_lists(sizes: Ints, column: bytes | None) -> Ints:
    """A column of bigint arrays by `array_send`, one row each, filled up with -1.

    An array is sent as a head of twenty bytes and, for each number, its length and eight bytes.
    """
    rows = np.full((len(sizes), int(sizes.max(initial=0))), -1, np.int64)
    sent = np.frombuffer(column or b"", np.uint8)
    ends = np.cumsum(20 + 12 * sizes)
    row, place = np.nonzero(np.arange(rows.shape[1]) < sizes[:, None])
    at = (ends - 12 * sizes)[row] + 12 * place + 4
    rows[row, place] = sent[at[:, None] + np.arange(8)].copy().view(">i8")[:, 0]
    return rows
