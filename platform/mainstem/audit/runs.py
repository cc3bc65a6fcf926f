"""Audits as they are kept: asked for by the night or by staff, done by a worker piece by piece.

A piece takes less than a worker's lease. What it found and where it ended are kept with the fact that has
the next one done, so an audit goes on where a killed worker left it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg.types.json

from mainstem.audit.commissions import Audit, Found
from mainstem.audit.compare import Difference
from mainstem.audit.walk import Cursor, begin
from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record
from mainstem.kit.ids import first_at, made_at, new_id
from mainstem.kit.work import SYSTEM, Work

UNDER_WAY = timedelta(minutes=15)
"""So long after its last piece an audit is taken to be coming; after that, another may be asked for."""
KEPT = timedelta(days=400)
WHOLE_EACH_NIGHT = timedelta(hours=1)
"""Everything is audited each night while that takes no longer; then once a week, and between what moved."""
OVERLAP = timedelta(hours=1)
"""So much of what the audit before has seen is looked at again: what was being written then had no number
yet that could be told from later ones."""
PIECE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class AuditRun:
    """What one audit found, and when. `whole`: of everything, or of what had moved since the one before."""

    whole: bool
    ended_at: datetime
    orders: int
    lines: int
    waiting: int
    milliseconds: int
    wrong: int
    differences: list[Difference]

    @property
    def lines_per_second(self) -> int:
        """How many lines were worked out anew in a second."""
        return self.lines * 1000 // self.milliseconds if self.milliseconds else 0


def request(work: Work, *, whole: bool = True) -> bool:
    """Have a worker audit everything, or what moved since the last audit; False when one is under way."""
    work.run("SELECT pg_advisory_xact_lock(7265)")
    if under_way(work):
        return False
    id = _open(work, None if whole else _since(work))
    record(work, "audit.requested", id)
    return True


def nightly(work: Work, day: date) -> bool:
    """Have the night's audit done: of everything on Mondays, and as long as that takes no longer than
    an hour."""
    took = work.value(
        """SELECT milliseconds FROM audit_run WHERE whole AND ended_at IS NOT NULL
            ORDER BY id DESC LIMIT 1"""
    )
    short = took is None or timedelta(milliseconds=took) <= WHOLE_EACH_NIGHT
    return request(work, whole=short or day.weekday() == 0)


def run(database: Database, fact: Fact) -> None:
    """Do a piece of the audit that a fact asks for, and have the next one done."""
    with database.work(SYSTEM) as work:
        row = work.row(
            """SELECT cursor, orders, lines, waiting, milliseconds, wrong, differences FROM audit_run
                WHERE id = %(id)s AND ended_at IS NULL""",
            id=fact.uuid,
        )
    if row is None:
        return
    audit = Audit(database, _cursor(row.cursor), _found(row))
    end = time.monotonic() + PIECE_SECONDS
    while audit.go_on() and time.monotonic() < end:
        pass
    with database.work(SYSTEM) as work:
        # Beside another worker, whose lease this one took over, only the first keeps its piece.
        if _keep(work, fact.uuid, audit, row.cursor) and audit.at:
            record(work, "reconcile.audit", fact.uuid)


def run_now(
    database: Database, *, whole: bool = True, progress: Callable[[Found], None] | None = None
) -> Found:
    """Audit at once, for whoever waits at a command line; the result is kept like any other."""
    with database.work(SYSTEM) as work:
        since = None if whole else _since(work)
        id = _open(work, since)
    audit = Audit(database, begin(since))
    while audit.go_on():
        if progress:
            progress(audit.found)
    with database.work(SYSTEM) as work:
        _keep(work, id, audit, _sent(begin(since)))
    return audit.found


def last(work: Work) -> AuditRun | None:
    """The newest audit that has ended."""
    row = work.row(
        """SELECT whole, ended_at, orders, lines, waiting, milliseconds, wrong, differences
             FROM audit_run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"""
    )
    if row is None:
        return None
    return AuditRun(
        **row._asdict() | {"differences": [Difference(**one) for one in row.differences]}
    )


def under_way(work: Work) -> datetime | None:
    """When an audit was asked for that has not ended yet."""
    asked = work.value(
        """SELECT asked_at FROM audit_run
            WHERE ended_at IS NULL AND moved_at > %(since)s ORDER BY asked_at LIMIT 1""",
        since=work.now() - UNDER_WAY,
    )
    return asked if isinstance(asked, datetime) else None


def forget(work: Work) -> int:
    """Forget audits of more than a year ago; how many."""
    return work.run("DELETE FROM audit_run WHERE asked_at < %(before)s", before=work.now() - KEPT)


def _since(work: Work) -> UUID | None:
    """The first fact that the last audit may not have seen; None where there was no audit."""
    before = work.value(
        "SELECT id FROM audit_run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    )
    return first_at(made_at(before) - OVERLAP) if before else None


def _open(work: Work, since: UUID | None) -> UUID:
    id = new_id()
    work.run(
        """INSERT INTO audit_run (id, whole, cursor, asked_by, asked_at, moved_at)
           VALUES (%(id)s, %(whole)s, %(cursor)s, %(by)s, %(now)s, %(now)s)""",
        id=id,
        whole=since is None,
        cursor=psycopg.types.json.Jsonb(_sent(begin(since))),
        by=str(work.actor),
        now=work.now(),
    )
    return id


def _keep(work: Work, id: UUID, audit: Audit, before: Any) -> bool:
    found = audit.found
    kept = work.run(
        """UPDATE audit_run
              SET cursor = %(cursor)s, orders = %(orders)s, lines = %(lines)s, waiting = %(waiting)s,
                  milliseconds = %(milliseconds)s, wrong = %(wrong)s, differences = %(named)s,
                  moved_at = %(now)s, ended_at = CASE WHEN %(ended)s THEN %(now)s::timestamptz END
            WHERE id = %(id)s AND ended_at IS NULL AND cursor = %(before)s""",
        cursor=psycopg.types.json.Jsonb(_sent(audit.at) if audit.at else before),
        orders=found.orders,
        lines=found.lines,
        waiting=found.waiting,
        milliseconds=round(found.seconds * 1000),
        wrong=found.wrong,
        named=psycopg.types.json.Jsonb([asdict(one) for one in found.named]),
        ended=audit.at is None,
        before=psycopg.types.json.Jsonb(before),
        id=id,
        now=work.now(),
    )
    if kept and audit.at is None:
        record(work, "audit.failed" if found.wrong else "audit.passed", id)
    return bool(kept)


def _sent(cursor: Cursor) -> dict[str, Any]:
    return {"part": cursor.part, "home_id": cursor.home_id, "id": str(cursor.id)}


def _cursor(kept: dict[str, Any]) -> Cursor:
    return Cursor(kept["part"], kept["home_id"], UUID(kept["id"]))


def _found(row: Any) -> Found:
    named = [Difference(**one) for one in row.differences]
    return Found(
        row.orders, row.lines, row.waiting, row.milliseconds / 1000, row.wrong, named
    )  # fmt: skip
