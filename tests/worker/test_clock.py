"""The clock records each day, week and minute once, whoever ticks, however long nobody did."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.waits import PATIENCE, until

from mainstem import worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Tools


@pytest.fixture
def ticking(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """A company whose clock is recorded and not followed up."""
    made = Database(database_url, clock=clock, tools=Tools(), pool=8)
    yield made
    made.close()


def recorded(database: Database, name: str) -> list[str]:
    with database.work() as work:
        rows = work.rows(
            "SELECT subject FROM fact WHERE name = %(name)s ORDER BY recorded_at", name=name
        )
    return [row.subject for row in rows]


def test_a_day_is_recorded_once_however_often_the_clock_ticks(
    ticking: Database, clock: FixedClock
) -> None:
    for _ in range(3):
        worker.tick(ticking)
        clock.move(timedelta(seconds=20))
    assert recorded(ticking, "clock.daily") == ["2026-03-02"]
    assert recorded(ticking, "clock.weekly") == ["2026-03-02"]
    assert len(recorded(ticking, "clock.sweep")) == 1


def test_eight_schedulers_at_once_record_each_period_once(
    ticking: Database, clock: FixedClock
) -> None:
    worker.tick(ticking)
    clock.move(timedelta(days=9))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: worker.tick(ticking), range(8)))
    days = [(date(2026, 3, 2) + timedelta(days=n)).isoformat() for n in range(10)]
    assert recorded(ticking, "clock.daily") == days
    assert recorded(ticking, "clock.weekly") == ["2026-03-02", "2026-03-09"]


_SCHEDULES = """
import sys, threading
from mainstem import worker
from mainstem.kit.db import Database
from mainstem.kit.work import Tools
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set())).start()
worker.run(Database(sys.argv[1], tools=Tools()), stop)
"""


def test_two_scheduling_processes_record_each_period_once(ticking: Database) -> None:
    """The real scheduler, in two processes, over the same seconds."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _SCHEDULES, ticking.url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    until(lambda: recorded(ticking, "clock.daily") and recorded(ticking, "clock.sweep"))
    time.sleep(6)  # both have come to tick at least once more
    for process in processes:
        _, complaints = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, complaints
        assert "stumbled" not in complaints
    for name in ("clock.daily", "clock.sweep"):
        found = recorded(ticking, name)
        assert found
        assert len(found) == len(set(found))


def test_after_twenty_six_hours_every_missed_day_comes_once_and_in_order(
    ticking: Database, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 3, 3, 22, 0, tzinfo=UTC))  # an hour before midnight in Stockholm
    worker.tick(ticking)
    clock.move(timedelta(hours=26))
    assert worker.tick(ticking) == [date(2026, 3, 4), date(2026, 3, 5)]
    assert worker.tick(ticking) == []
    assert recorded(ticking, "clock.daily") == ["2026-03-03", "2026-03-04", "2026-03-05"]


def test_missed_weeks_are_made_up_for(ticking: Database, clock: FixedClock) -> None:
    worker.tick(ticking)
    clock.move(timedelta(days=30))
    worker.tick(ticking)
    assert recorded(ticking, "clock.weekly") == [
        "2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "hours"),
    [
        (datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Stockholm")), 23),
        (datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Stockholm")), 25),
    ],
)
def test_a_day_of_twenty_three_or_twenty_five_hours_is_one_day(
    ticking: Database, clock: FixedClock, change: datetime, hours: int
) -> None:
    """Every quarter of an hour through the night of the change, as a scheduler ticks."""
    after = (change + timedelta(days=1)).astimezone(UTC)
    assert (after - change.astimezone(UTC)) == timedelta(hours=hours)
    clock.set(change.astimezone(UTC) - timedelta(hours=12))
    first = clock.now().date()
    while clock.now() < after + timedelta(hours=12):
        worker.tick(ticking)
        clock.move(timedelta(hours=1))
    days = [(first + timedelta(days=n)).isoformat() for n in range(3)]
    assert recorded(ticking, "clock.daily")[:3] == days
    assert len(recorded(ticking, "clock.daily")) == len(set(recorded(ticking, "clock.daily")))
    sweeps = recorded(ticking, "clock.sweep")
    assert len(sweeps) == len(set(sweeps)) == hours + 24


def test_a_restart_repeats_nothing(ticking: Database, database_url: str, clock: FixedClock) -> None:
    worker.tick(ticking)
    again = Database(database_url, clock=clock, tools=Tools())
    assert worker.tick(again) == []
    again.close()
    assert recorded(ticking, "clock.daily") == ["2026-03-02"]


def test_a_clock_that_jumps_back_records_no_day_twice(ticking: Database, clock: FixedClock) -> None:
    worker.tick(ticking)
    clock.move(timedelta(days=2))
    worker.tick(ticking)
    clock.move(timedelta(days=-1))
    worker.tick(ticking)
    clock.move(timedelta(days=2))
    worker.tick(ticking)
    days = recorded(ticking, "clock.daily")
    assert days == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"]
