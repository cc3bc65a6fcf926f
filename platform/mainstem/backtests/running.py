"""A worker works a backtest out: outside the database, with a bounded engine, and stops when it is told to.

While it works a thread beside it gives a sign of life and looks whether somebody has canceled the run. A worker
that was killed gives none: its run is ended when the next one is asked for.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from mainstem import lab
from mainstem.backtests.asking import end_lost
from mainstem.company import zone_of
from mainstem.kit.db import Database
from mainstem.kit.work import SYSTEM
from mainstem.lab import Report, Side, as_json
from mainstem.plan import PlanDocument, book

ENGINE = "duckdb://?memory=1GB&threads=1"
"""A worker shares its machine: what does not fit into memory is spilled to the run's own folder."""
FOLDERS = Path(tempfile.gettempdir()) / "mainstem-backtests"
SIGN_SECONDS = 5.0
LEFT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class _Job:
    id: UUID
    before: PlanDocument
    after: PlanDocument
    first: int
    last: int


def run_next(database: Database, stop: threading.Event | None = None) -> int:
    """Work out the backtest that waits, if one does; how many that were.

    Whoever sets `stop` gets their worker back with the month in hand; the run waits for the next one.
    """
    job = _claim(database)
    if job is None:
        return 0
    with _folder(job.id) as folder, _alive(database, job.id, stop) as told:
        try:
            report = _work_out(database, job, folder, told)
        except lab.Stopped:
            _put_back(database, job.id)
            return 1
        except Exception as error:  # whatever it was, staff are told, and the next run may begin
            _end(database, job.id, "failed", error=str(error) or type(error).__name__)
            return 1
    _end(database, job.id, "done", report=as_json(report))
    return 1


_OPEN = "SELECT EXISTS (SELECT FROM backtest_run WHERE state IN ('waiting', 'running'))"


def _claim(database: Database) -> _Job | None:
    with database.work(SYSTEM) as work:
        # Asked four times a second: it writes nothing while there is nothing to do.
        if not work.value(_OPEN):
            return None
        end_lost(work)
        row = work.row(
            """UPDATE backtest_run SET state = 'running', moved_at = clock_timestamp()
                WHERE id = (SELECT id FROM backtest_run WHERE state = 'waiting'
                             LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id, document, against, first_on, last_on"""
        )
        if row is None:
            return None
        before = book.versions(work, [row.against])[row.against].document
    after = PlanDocument.model_validate(row.document)
    return _Job(row.id, before, after, _day(row.first_on), _day(row.last_on))


def _day(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


@contextmanager
def _folder(run_id: UUID) -> Iterator[Path]:
    """A folder of its own; what was left by workers that were killed goes after a day."""
    FOLDERS.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in FOLDERS.iterdir():
        if time.time() - left.stat().st_mtime > LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    folder = FOLDERS / str(run_id)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Told(lab.Watching):
    database: Database
    run_id: UUID
    stop: threading.Event
    stopped: threading.Event = field(default_factory=threading.Event)

    def month_done(self, side: Side, month: str, done: int, of: int) -> None:
        at = done if side == "before" else of + done
        _moved(self.database, self.run_id, step=month, steps_done=at, steps=2 * of)

    def goes_on(self) -> bool:
        return not (self.stopped.is_set() or self.stop.is_set())

    def read(self, month: str, done: int, of: int) -> None:
        """A month of the history is read; whoever wants it no more is heard here, too."""
        del month, done, of
        if not self.goes_on():
            raise lab.Stopped("The backtest was stopped.")


@contextmanager
def _alive(database: Database, run_id: UUID, stop: threading.Event | None) -> Iterator[_Told]:
    told, over = _Told(database, run_id, stop or threading.Event()), threading.Event()

    def sign() -> None:
        while not over.wait(SIGN_SECONDS):
            if not _moved(database, run_id):
                told.stopped.set()

    beside = threading.Thread(target=sign, name="backtest", daemon=True)
    beside.start()
    try:
        yield told
    finally:
        over.set()
        beside.join()


def _moved(database: Database, run_id: UUID, **changes: Any) -> bool:
    """Give a sign of life; whether the run is still wanted."""
    columns = "".join(f", {name} = %({name})s" for name in changes)
    with database.work(SYSTEM) as work:
        sql = f"""UPDATE backtest_run SET moved_at = clock_timestamp(){columns}
                   WHERE id = %(id)s AND state = 'running'"""
        return bool(work.run(sql, id=run_id, **changes))


def _work_out(database: Database, job: _Job, folder: Path, told: _Told) -> Report:
    with database.work(SYSTEM) as work:
        zone = str(zone_of(work) or work.tools.zone)
    lab.export(database, folder, zone=zone, progress=told.read)
    with lab.engine_at(ENGINE) as engine:
        return lab.backtest(
            engine, lab.Facts.at(folder), before=job.before, after=job.after, first=job.first, last=job.last,
            watching=told,
        )  # fmt: skip


def _put_back(database: Database, run_id: UUID) -> None:
    """Let the next worker begin it anew, unless somebody has canceled it."""
    with database.work(SYSTEM) as work:
        work.run(
            """UPDATE backtest_run SET state = 'waiting', step = '', steps_done = 0, steps = 0
                WHERE id = %(id)s AND state = 'running'""",
            id=run_id,
        )


def _end(
    database: Database, run_id: UUID, state: str, *, report: str | None = None, error: str = ""
) -> None:
    with database.work(SYSTEM) as work:
        work.run(
            """UPDATE backtest_run SET state = %(state)s, ended_at = %(now)s, report = %(report)s::jsonb,
                      error = %(error)s WHERE id = %(id)s AND state = 'running'""",
            id=run_id,
            state=state,
            now=work.now(),
            report=report,
            error=error[:2000],
        )
