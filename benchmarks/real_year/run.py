"""The company carries a real year, 155,848 baskets, from the sale to the payout.

The year is played week by week, the households shared out among the processes (`schedule`).
What the processes share are the shelf and the books, which are made for that. When all of a week has
happened, the company's clock moves on: holds end day by day, and on Monday everybody is paid who has
enough. So the result is the same to the cent, whatever the number of processes or the size of a batch.

It may be stopped or killed at any moment and goes on where it was: the clock's own facts say which
weeks are over, and inside a week every verb finds what is already done.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import multiprocessing
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit, urlunsplit

import psycopg

import mainstem_postgres as postgres
from mainstem import invariants
from mainstem.kit import db
from mainstem.kit.clock import FixedClock
from mainstem.kit.events import record_all
from mainstem.kit.settings import Settings
from mainstem.kit.work import SYSTEM, Work
from real_year import company, play
from real_year import source as baskets
from real_year.company import CURRENCY
from real_year.play import GONE, DatabaseAway
from real_year.schedule import END, Schedule, Task
from real_year.source import Market, SourceMissing, Week

NAME = "mainstem_real"

SERVER_SETTINGS = {
    # Bulk work on a machine of its own; everything that is committed stays durable. None of these
    # changes a plan: the year is planned as the company's own server plans it.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_buffers": "16MB",
    "wal_init_zero": "off",
    # Tables that only grow need no vacuum while they do: at PostgreSQL's own pace that takes a
    # quarter of all processor time.
    "autovacuum_naptime": "20s",
    "autovacuum_max_workers": "1",
    "autovacuum_analyze_scale_factor": "1",
    "autovacuum_vacuum_scale_factor": "1",
    "autovacuum_vacuum_insert_scale_factor": "4",
}

WORKERS = 2
BATCH = 1000

_PATIENCE_SECONDS = 120.0
_LONGEST_HOLD = timedelta(days=90)
_STUDIED = (0, 1, 3, 7)
"""After these weeks PostgreSQL looks at its tables; later it does so by itself, soon enough."""
CHECKED = "check"
_MARKS = (50_000, 100_000, 150_000)
_WISHES = (signal.SIGINT, signal.SIGTERM)
_RESUME = "Run the same command again to go on where it stopped."


class CannotRun(RuntimeError):
    """The run cannot begin or go on; the text says why."""


def run(
    settings: Settings,
    *,
    orders: int | None = None,
    workers: int = WORKERS,
    batch: int = BATCH,
    fresh: bool = False,
    source: Path | None = None,
    told: TextIO | None = None,
    stages: dict[str, float] | None = None,
) -> int:
    """Play the year and print one line of JSON about it; the exit status of the command.

    `stages` takes in the seconds of each step, added up over all processes.
    """
    words = told or sys.stderr
    if min(workers, batch, 1 if orders is None else orders) < 1:
        _say(words, "Give at least one order, one worker and one order a batch.")
        return 1
    try:
        with _interruptible(), _place(settings, fresh=fresh) as place:
            market = baskets.prepare(source or baskets.installed(), place.folder, orders=orders)
            year = _Year(place, market, workers, batch, words, {} if stages is None else stages)
            result = year.play()
    except KeyboardInterrupt:
        _say(words, f"Stopped. {_RESUME}")
        return 130
    except (SourceMissing, CannotRun, postgres.PostgresProblem, db.DatabaseUnfit) as problem:
        _say(words, str(problem))
        return 1
    print(json.dumps(result), flush=True)
    right, all_of_them = result["invariants"].split("/")
    return 0 if right == all_of_them and result["ledger_sum_minor"] == 0 else 1


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """A wish to end is Ctrl-C, whichever signal brings it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(wish, signal.signal(wish, signal.default_int_handler)) for wish in _WISHES]
    try:
        yield
    finally:
        for wish, handler in before:
            signal.signal(wish, handler)


def _say(words: TextIO, sentence: str) -> None:
    print(sentence, file=words, flush=True)


# ---------------------------------------------------------------- where it runs


@dataclass(slots=True)
class _Place:
    """The folder with the prepared history, and the database: our own server's, or a given one's."""

    folder: Path
    given_url: str | None
    data: Path
    server: postgres.Server | None = None

    def url(self) -> str:
        """The owner's address of the database, its server running."""
        if self.given_url:
            return self.given_url
        if self.server is None or not self.server.alive:
            if self.server:
                self.server.stop()
            self.server = postgres.start(self.data, settings=SERVER_SETTINGS)
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                postgres.create_database(self.server, NAME)
        return self.server.admin_url(NAME)


@contextlib.contextmanager
def _place(settings: Settings, *, fresh: bool) -> Iterator[_Place]:
    home = settings.data / "real"
    home.mkdir(parents=True, exist_ok=True)
    given = settings.owner_url or settings.database_url
    place = _Place(home / "history", None, home / "pg")
    with _alone(home):
        if given:
            name = urlsplit(given).path.lstrip("/") + "_real"
            place.given_url = urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
            if fresh:
                postgres.drop_database(given, name)
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                postgres.create_database(given, name)
        if fresh:
            shutil.rmtree(place.data, ignore_errors=True)
            shutil.rmtree(place.folder, ignore_errors=True)
        try:
            yield place
        finally:
            if place.server is not None:
                place.server.stop()


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"Another run uses {home}. Stop it first.") from None
        yield


# ---------------------------------------------------------------- the year


@dataclass(slots=True)
class _Year:
    place: _Place
    market: Market
    workers: int
    batch: int
    words: TextIO
    stages: dict[str, float]
    _pool: ProcessPoolExecutor | None = None
    _board: Any = None
    _known: int = 0
    _already: int = 0
    _began: float = 0.0
    _shown: float = 0.0

    def play(self) -> dict[str, Any]:
        """Every week that is not over yet, and what came of it all."""
        self._began = time.monotonic()
        try:
            self._started_pool()  # which loads its programs while the company is founded
            over = self._found()
            if over > self.market.first_at.date():
                self._say(f"Going on from {over}.")
            self._already = self._look()
            self._play_on(over)
        finally:
            self._end_pool()
        return self._result()

    def _found(self) -> date:
        """Found the company if it is new; the day up to which everything has happened."""
        url = self.place.url()
        db.migrate(url, demo=True, made_here=True)
        first = next(baskets.weeks(self.market.first_at)).start
        database = play.connect(url)
        try:
            with database.work(SYSTEM, clock=FixedClock(first)) as work:
                over = _over(work)
                if over is None:
                    self._say("Founding the company.")
                    history = baskets.History(self.place.folder)
                    company.found(work, history)
                    history.close()
                    record_all(work, "clock.daily", [(0, first.date().isoformat())])
                    over = first.date()
            with psycopg.connect(url, autocommit=True) as connection:
                # Only what is full already: of an empty table PostgreSQL would learn that it is
                # small, and look through all of it for every reference, long after it has grown.
                connection.execute(f"ANALYZE {company.FULL_FROM_THE_START}")
        finally:
            database.close()
        return over

    def _look(self) -> int:
        """How many orders there are; the players count from here."""
        self._known = int(self._ask("SELECT count(*) FROM orders"))
        return self._known

    def _done(self) -> int:
        return self._known + (sum(self._board[: self.workers]) if self._board else 0)

    def _ask(self, sql: str) -> Any:
        database = play.connect(self.place.url())
        try:
            with database.work(SYSTEM) as work:
                return work.value(sql)
        finally:
            database.close()

    def _all_matured(self, now: datetime) -> bool:
        """Whether nothing is held any more, so that the last payout has been."""
        held = self._ask(
            """SELECT count(*) FROM (SELECT owner_id FROM ledger_entry WHERE account = 'pending'
                                      GROUP BY owner_id, currency HAVING sum(signed_minor) <> 0) AS h"""
        )
        return held == 0 or now > self.market.last_at + _LONGEST_HOLD

    # -- the pieces

    def _play_on(self, over: date) -> None:
        """Every week that is not over yet; from the first such week when something was killed."""
        weeks = _weeks(self.market)
        busy = sum(week.start <= self.market.last_at for week in weeks)
        done = sum(week.end.date() <= over for week in weeks)
        schedule = Schedule(self.workers, busy, done)
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            before = self._done(), schedule.over
            try:
                self._play_all(schedule, weeks)
                return
            except (DatabaseAway, BrokenProcessPool, postgres.PostgresProblem, *GONE) as error:
                killed = isinstance(error, BrokenProcessPool)
                if (self._done(), schedule.over) > before:
                    until = time.monotonic() + _PATIENCE_SECONDS
                self._end_pool()
                if time.monotonic() > until:
                    reason = f"The database does not come back: {error}. {_RESUME}"
                    raise CannotRun(reason) from error
                what = "A process was killed" if killed else "The database went away"
                week = weeks[schedule.over]
                self._say(f"{what}; the week of {week.start:%Y-%m-%d} goes on where it was.")
                self._come_back()
                schedule.again()

    def _come_back(self) -> None:
        for _ in range(60):
            time.sleep(0.5)
            with contextlib.suppress(postgres.PostgresProblem, *GONE):
                self._look()
                return

    def _play_all(self, schedule: Schedule, weeks: Sequence[Week]) -> None:
        """Keep every process at work until nothing is held any more."""
        url, pool = self.place.url(), self._started_pool()
        playing: dict[Future[dict[str, float]], Task] = {}
        while True:
            while len(playing) < self.workers and (task := schedule.next()):
                week = weeks[task.week]
                if task.week >= schedule.busy and self._all_matured(week.start):
                    return
                study = task.kind == END and task.week in _STUDIED
                playing[
                    pool.submit(
                        play.play,
                        url,
                        self.place.folder,
                        self.batch,
                        task.kind,
                        week,
                        task.share,
                        self.workers,
                        study,
                    )
                ] = task
            finished, _ = wait(playing, timeout=0.5, return_when=FIRST_COMPLETED)
            for part in finished:
                for step, spent in part.result().items():
                    self._spent(step, spent)
                schedule.done(playing.pop(part))
            self._show(weeks[schedule.over].start)

    def _spent(self, step: str, seconds: float) -> None:
        if step == play.MEMORY:
            self.stages[step] = max(self.stages.get(step, 0.0), seconds)
        else:
            self.stages[step] = self.stages.get(step, 0.0) + seconds

    # -- processes

    def _started_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._board = play.board(self.workers)
            self._pool = ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=play.begin,
                initargs=(self._board,),
            )
            for _ in range(self.workers):
                self._pool.submit(play.load)
        return self._pool

    def _end_pool(self) -> None:
        if self._pool:
            self._board[-1] = 1
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = self._board = None

    # -- what is told

    def _show(self, week: datetime) -> None:
        now, done = time.monotonic(), self._done()
        for mark in _MARKS:
            if done >= mark > self._already:
                self.stages.setdefault(f"until {mark}", now - self._began)
        if now - self._shown < 2.0:
            return
        self._shown, spent = now, now - self._began
        pace = (done - self._already) / spent if spent else 0.0
        left = (self.market.orders - done) / pace if pace else 0.0
        self._say(
            f"{done:>7,} of {self.market.orders:,} orders   {pace:,.0f} a second"
            f"   week of {week:%Y-%m-%d}   {left:,.0f} s to go"
        )

    def _say(self, sentence: str) -> None:
        _say(self.words, sentence)

    def _result(self) -> dict[str, Any]:
        spent = time.monotonic() - self._began
        with psycopg.connect(self.place.url(), autocommit=True) as connection:
            connection.execute("ANALYZE")  # as it would have been by now at a company's own pace
        # By the role, and with the settings, by which a company checks itself.
        database = play.connect(self.place.url())
        try:
            with database.reading() as work:
                sums = work.row(_SUMS, currency=CURRENCY)
                began = time.monotonic()
                findings = invariants.check(work)
                self.stages[CHECKED] = time.monotonic() - began
        finally:
            database.close()
        for finding in findings:
            if finding.wrong:
                self._say(
                    f"FAILED: {finding.invariant}: {finding.wrong}, such as {finding.example}"
                )
        assert sums is not None
        return {
            **sums._asdict(),
            "invariants": f"{sum(not f.wrong for f in findings)}/{len(findings)}",
            "seconds": round(spent, 1),
            "orders_per_second": round((sums.orders - self._already) / spent) if spent else 0,
        }


def _weeks(market: Market) -> list[Week]:
    """The weeks in which something happens, and those in which the last holds end."""
    last = market.last_at + _LONGEST_HOLD + timedelta(weeks=2)
    return list(
        itertools.takewhile(lambda week: week.start <= last, baskets.weeks(market.first_at))
    )


def _over(work: Work) -> date | None:
    last = work.value("SELECT max(subject) FROM fact WHERE home_id = 0 AND name = 'clock.daily'")
    return date.fromisoformat(last) if last else None


_SUMS = """
SELECT (SELECT count(*) FROM orders) AS orders,
       (SELECT count(*) FROM order_line) AS lines,
       (SELECT count(*) FROM affiliate) AS affiliates,
       (SELECT coalesce(sum(total_minor), 0)::bigint FROM orders) AS gross_minor,
       (SELECT coalesce(sum(amount_minor), 0)::bigint FROM earning WHERE kind = 'credit')
         AS commission_minor,
       (SELECT coalesce(-sum(amount_minor), 0)::bigint FROM earning WHERE kind <> 'credit')
         AS reversed_minor,
       (SELECT coalesce(sum(amount_minor), 0)::bigint FROM payout WHERE state = 'paid')
         AS paid_out_minor,
       (SELECT coalesce(sum(signed_minor), 0)::bigint FROM ledger_entry WHERE currency = %(currency)s)
         AS ledger_sum_minor"""
