"""The company checks itself: asked for by the day or by staff, done by a worker, kept with its time.

A check reads whole tables, so it never runs while somebody waits for a page. It runs as a role that
reads and can write nothing, and what it found is kept for whoever wants to see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg.types.json

from mainstem import invariants
from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record
from mainstem.kit.ids import new_id
from mainstem.kit.work import SYSTEM, Work
from mainstem.ledger import Finding

UNDER_WAY = timedelta(minutes=15)
"""So long a check that was asked for is taken to be coming; after that, another may be asked for."""

KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What one check found, and when."""

    ended_at: datetime
    findings: list[Finding]
    wrong: int


def request(work: Work) -> bool:
    """Have a worker run every check; False when they are under way already."""
    work.run("SELECT pg_advisory_xact_lock(7218)")
    pending = work.value(
        """SELECT 1 FROM check_run WHERE ended_at IS NULL AND asked_at > %(since)s LIMIT 1""",
        since=work.now() - UNDER_WAY,
    )
    if pending:
        return False
    id = _opened(work)
    record(work, "check.requested", id)
    return True


def run(database: Database, fact: Fact) -> None:
    """The check that a fact asks for. Done twice, the later result stands."""
    findings = _looked(database)
    with database.work(SYSTEM) as work:
        _keep(work, fact.uuid, findings)


def run_now(database: Database) -> list[Finding]:
    """Check at once, for whoever waits at a command line; the result is kept like any other."""
    findings = _looked(database)
    with database.work(SYSTEM) as work:
        _keep(work, _opened(work), findings)
    return findings


def last(work: Work) -> CheckRun | None:
    """The newest check that has ended."""
    row = work.row(
        """SELECT ended_at, findings, wrong FROM check_run
            WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"""
    )
    if row is None:
        return None
    return CheckRun(row.ended_at, [_kept(f) for f in row.findings], row.wrong)


def _kept(f: dict[str, Any]) -> Finding:
    # Runs that were kept before the field was called so say `truth`.
    return Finding(f.get("invariant") or f["truth"], f["wrong"], f["example"])


def under_way(work: Work) -> datetime | None:
    """When a check was asked for that has not ended yet."""
    asked = work.value(
        """SELECT asked_at FROM check_run
            WHERE ended_at IS NULL AND asked_at > %(since)s ORDER BY asked_at LIMIT 1""",
        since=work.now() - UNDER_WAY,
    )
    return asked if isinstance(asked, datetime) else None


def forget(work: Work) -> int:
    """Forget checks of more than a year ago; how many."""
    return work.run("DELETE FROM check_run WHERE asked_at < %(before)s", before=work.now() - KEPT)


def _looked(database: Database) -> list[Finding]:
    with database.reading() as work:
        return invariants.check(work)


def _opened(work: Work) -> UUID:
    id = new_id()
    work.run(
        "INSERT INTO check_run (id, asked_by, asked_at) VALUES (%(id)s, %(by)s, %(now)s)",
        id=id,
        by=str(work.actor),
        now=work.now(),
    )
    return id


def _keep(work: Work, id: UUID, findings: Sequence[Finding]) -> None:
    wrong = sum(1 for finding in findings if finding.wrong)
    work.run(
        """UPDATE check_run SET ended_at = %(now)s, findings = %(found)s, wrong = %(wrong)s
            WHERE id = %(id)s""",
        id=id,
        now=work.now(),
        found=psycopg.types.json.Jsonb([asdict(finding) for finding in findings]),
        wrong=wrong,
    )
    record(work, "check.failed" if wrong else "check.passed", id)
