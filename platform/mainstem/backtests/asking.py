"""Staff ask for a backtest, or want it no more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from mainstem.backtests.queries import run_of
from mainstem.kit.errors import InvalidInput, InvalidTransition, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.plan import PlanRefused, book, lint, parse

KEPT = timedelta(days=400)
LOST_AFTER = timedelta(minutes=3)
"""So long after its last sign of life a run has lost its worker."""
LOST = "worker_ended"


class BacktestRuns(Refused):
    """One at a time: it takes a whole core and a gigabyte."""

    code: ClassVar[str] = "backtest_runs"
    message: ClassVar[str] = "Another backtest runs. Wait until it has ended, or cancel it."


def request(work: Work, document: Mapping[str, Any], *, first_on: date, last_on: date) -> UUID:
    """Have a worker work out what a plan would have paid, beside the version in force, in days that are over.

    Raises PlanRefused for what is no plan or could not be published, NoPlanInForce, InvalidInput for days that are
    none, BacktestRuns.
    """
    said = parse(document, version=0).document.written()
    refused = [one.problem for one in lint(said) if one.severity == "refuse"]
    if refused:
        raise PlanRefused(*refused)
    if last_on < first_on:
        raise InvalidInput(
            Problem("/to_month", "invalid_field", "The last month is before the first.")
        )
    against = book.in_force(work, work.now())
    end_lost(work)
    id = new_id()
    asked = work.run(
        """INSERT INTO backtest_run (id, document, against, first_on, last_on, state, asked_by, asked_at, moved_at)
           VALUES (%(id)s, %(document)s::jsonb, %(against)s, %(first)s, %(last)s, 'waiting', %(actor)s, %(now)s,
                   %(now)s)
           ON CONFLICT ((true)) WHERE state IN ('waiting', 'running') DO NOTHING""",
        id=id,
        document=json.dumps(said),
        against=against.version,
        first=first_on,
        last=last_on,
        actor=str(work.actor),
        now=work.now(),
    )
    if not asked:
        raise BacktestRuns
    record(work, "backtest.asked", id)
    return id


def cancel(work: Work, run_id: UUID) -> None:
    """Want it no more; whoever works it out stops with the month in hand. Raises NotFound, InvalidTransition."""
    canceled = work.run(
        """UPDATE backtest_run SET state = 'canceled', ended_at = %(now)s
            WHERE id = %(id)s AND state IN ('waiting', 'running')""",
        id=run_id,
        now=work.now(),
    )
    if not canceled:
        raise InvalidTransition("backtest", run_of(work, run_id).state, "canceled")
    record(work, "backtest.canceled", run_id)


def end_lost(work: Work) -> int:
    """End the run whose worker was killed, so that it can be asked for again; how many."""
    # The machine's own clock: a sign of life is of the world, and not of a company whose clock is moved.
    return work.run(
        """UPDATE backtest_run SET state = 'failed', error = %(lost)s, ended_at = %(now)s
            WHERE state = 'running' AND moved_at < clock_timestamp() - %(after)s::interval""",
        lost=LOST,
        now=work.now(),
        after=LOST_AFTER,
    )


def forget(work: Work) -> int:
    """Forget runs of more than a year ago; how many."""
    return work.run(
        "DELETE FROM backtest_run WHERE asked_at < %(before)s", before=work.now() - KEPT
    )
