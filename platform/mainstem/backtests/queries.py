"""Runs of the Plan Lab, as pages read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.lab import Report, of_json


@dataclass(frozen=True, slots=True)
class BacktestRun:
    """A plan over what was sold from the one day to the other, both included, beside a published version.

    While it runs, `step` is the month in hand, of `steps` in all. `error` says why it failed: a code of ours, or the
    Lab's own sentence.
    """

    id: UUID
    plan: str
    against: int
    first_on: date
    last_on: date
    state: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    step: str
    steps_done: int
    steps: int
    error: str

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


_RUNS = """
SELECT id, document->>'name' AS plan, against, first_on, last_on, state, asked_by, asked_at, ended_at, step,
       steps_done, steps, error
  FROM backtest_run WHERE """

_NEWEST = Sorting(
    "asked", (SortColumn("asked_at", "asked_at", datetime), SortColumn("id", "id", UUID))
)


def runs(work: Work, *, cursor: str | None = None, most: int) -> Page[BacktestRun]:
    """Every run that is kept, the newest first."""
    sql = f"{_RUNS} true {{seek}} {{sorted}}"
    return paging.read_as(work, BacktestRun, sql, _NEWEST, cursor=cursor, most=most)


def run_of(work: Work, run_id: UUID) -> BacktestRun:
    """One run. Raises NotFound."""
    found = work.rows_as(BacktestRun, f"{_RUNS} id = %(id)s", id=run_id)
    if not found:
        raise NotFound("backtest")
    return found[0]


def report_of(work: Work, run_id: UUID) -> Report | None:
    """What a run came to; None where it came to nothing. Raises NotFound."""
    run_of(work, run_id)
    kept = work.value("SELECT report FROM backtest_run WHERE id = %(id)s", id=run_id)
    return of_json(json.dumps(kept)) if kept is not None else None
