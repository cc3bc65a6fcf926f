"""The way of an audit through the orders, in steps, and then through the closed periods: all of them, or those orders
of which something happened since.

A step ends at a cursor, and another process may go on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mainstem.kit.bulk import RowKey
from mainstem.kit.work import Work

PERIODS = "periods"
"""Closed periods, one a step: after the orders of a whole audit. `home_id` is the day of the last, by its ordinal."""
STRAY = "stray"
"""The last part of a whole audit: postings that no line stands behind."""
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where an audit goes on: in which part, and after which row of it."""

    part: str
    home_id: int = -1
    id: UUID = _FIRST


@dataclass(frozen=True, slots=True)
class Step:
    """The orders of one step, and where the next one begins; None at the end."""

    keys: list[RowKey]
    then: Cursor | None


def begin(since: UUID | None) -> Cursor:
    """The first step of an audit of everything, or of what happened since the fact of this id."""
    return Cursor("orders") if since is None else Cursor("facts", id=since)


def step(work: Work, at: Cursor, most: int) -> Step:
    """The orders to look at from a cursor on, at most so many."""
    return _orders(work, at, most) if at.part == "orders" else _facts(work, at, most)


def _orders(work: Work, at: Cursor, most: int) -> Step:
    rows = work.rows(
        """SELECT home_id, id FROM orders WHERE (home_id, id) > (%(home)s, %(id)s)
            ORDER BY home_id, id LIMIT %(most)s""",
        home=at.home_id,
        id=at.id,
        most=most,
    )
    if not rows:
        return Step([], Cursor(PERIODS, home_id=1))
    return Step([tuple(row) for row in rows], Cursor(at.part, *rows[-1]))


# An order or its commission is what such a fact is about; a release is about a day, and of no home.
# The first condition is the index's, which gives them in their order.
_FACTS = """
SELECT home_id, subject, id FROM fact
 WHERE kind NOT IN ('clock', 'reconcile')
   AND kind IN ('order', 'commission')
   AND home_id > 0 AND subject ~ '^[0-9a-f-]{36}$' AND id > %(after)s
 ORDER BY id LIMIT %(most)s"""
_ABOUT = """
SELECT o.home_id, o.id
  FROM unnest(%(homes)s::bigint[], %(ids)s::text[]) AS about (home_id, id)
  JOIN orders o ON o.home_id = about.home_id AND o.id = about.id::uuid
 ORDER BY 1, 2"""


def _facts(work: Work, at: Cursor, most: int) -> Step:
    rows = work.rows(_FACTS, after=at.id, most=most)
    if not rows:
        return Step([], None)
    about = sorted({(row.home_id, row.subject) for row in rows})
    homes, ids = [home for home, _ in about], [subject for _, subject in about]
    keys = [tuple(row) for row in work.rows(_ABOUT, homes=homes, ids=ids)]
    return Step(keys, Cursor(at.part, id=rows[-1].id))
