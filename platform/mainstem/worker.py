"""The worker: takes waiting facts and runs what follows from them; and the clock that records days.

Each consumer of a fact has a place of its own in the queue. They are claimed with SKIP LOCKED, so
any number of workers may run. One transaction holds the claim,
the reaction and the removal from the queue: a killed worker leaves no trace. A batch that fails is
run one by one, so a poisonous fact stops nobody; it waits longer each time and is a dead letter
in the end, which staff see and can retry. Only what waits for a gateway that is away waits for days.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from mainstem import backtests, flow
from mainstem.kit import telemetry
from mainstem.kit.db import Database
from mainstem.kit.errors import Unavailable
from mainstem.kit.events import Fact, record, retry
from mainstem.kit.work import SYSTEM, Work

log = telemetry.log("worker")

__all__ = ["drain", "retry", "run", "tick", "work_inside", "work_outside"]

BATCH = 500
ATTEMPTS_MAX = 12
"""About an hour: nobody's fault mends itself after that."""
OUTAGE_ATTEMPTS_MAX = 84
"""About three days: so long may the gateway be away without anybody having to retry facts."""
BROKEN_OFF_MAX = 5
"""So many workers in a row may end in the middle of one fact's call before it is left to people."""
GROUP_MAX = 50
"""So many facts of one group are worked on together at most."""
_LEASE_SECONDS = 120
_IDLE_SECONDS = 0.25

_HEAD = """
SELECT name, consumer FROM fact_waiting
 WHERE state = 'waiting' AND next_at <= clock_timestamp()
   AND consumer = ANY(%(consumers)s::text[])
 ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"""
_CLAIM = """
SELECT id, home_id, name, subject FROM fact_waiting
 WHERE state = 'waiting' AND next_at <= clock_timestamp()
   AND name = %(name)s AND consumer = %(consumer)s
 ORDER BY next_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED"""
_CLAIM_ONE = """
SELECT id, home_id, name, subject FROM fact_waiting
 WHERE id = %(id)s AND consumer = %(consumer)s AND state = 'waiting' FOR UPDATE SKIP LOCKED"""
# The attempt is counted before the call: a call that ends its worker has nobody left to count it.
_LEASE = """
UPDATE fact_waiting
   SET state = CASE WHEN broken_off >= %(most)s THEN 'dead' ELSE 'waiting' END,
       error = CASE WHEN broken_off >= %(most)s THEN %(error)s ELSE error END,
       attempts = CASE WHEN broken_off >= %(most)s THEN attempts ELSE attempts + 1 END,
       broken_off = CASE WHEN broken_off >= %(most)s THEN 0 ELSE broken_off + 1 END,
       next_at = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE (id, consumer) = (SELECT id, consumer FROM fact_waiting
              WHERE state = 'waiting' AND next_at <= clock_timestamp()
                AND consumer = ANY(%(consumers)s::text[])
              ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, consumer, home_id, name, subject, state, attempts, error, group_key, broken_off"""
_LEASE_GROUP = """
UPDATE fact_waiting
   SET attempts = attempts + 1, broken_off = broken_off + 1,
       next_at = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE consumer = %(consumer)s AND id IN (SELECT id FROM fact_waiting
               WHERE group_key = %(group)s AND name = %(name)s AND id <> %(head)s
                 AND consumer = %(consumer)s
                 AND state = 'waiting' AND next_at <= clock_timestamp() AND broken_off = 0
               ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id, home_id, name, subject"""
_DONE = "DELETE FROM fact_waiting WHERE id = ANY(%(ids)s::uuid[]) AND consumer = %(consumer)s"
_FAILED = """
UPDATE fact_waiting
   SET attempts = attempts + %(more)s, broken_off = 0, error = %(error)s,
       next_at = clock_timestamp() + least(2 ^ (attempts + %(more)s - 1), 3600)
                 * interval '1 second' * (0.8 + random() * 0.4),
       state = CASE WHEN attempts + %(more)s >= %(most)s THEN 'dead' ELSE 'waiting' END
 WHERE id = %(id)s AND consumer = %(consumer)s RETURNING attempts, state, error"""


def work_inside(database: Database, *, most: int = BATCH) -> int:
    """Run one batch of facts of one name for one consumer; how many were taken, 0 when nothing
    waits."""
    facts: list[Fact] = []
    consumer = ""
    try:
        with database.work(SYSTEM) as work:
            head = work.row(_HEAD, consumers=flow.INSIDE_CONSUMERS)
            if head is None:
                return 0
            consumer = head.consumer
            # Clock facts are taken one by one: each day is its own piece of history.
            most = 1 if head.name.startswith("clock.") else most
            facts = _facts(work, _CLAIM, name=head.name, consumer=consumer, most=most)
            _react(work, facts, consumer)
    except Exception as error:
        if len(facts) <= 1:
            _requeue(database, facts, consumer, error)
        else:
            for fact in facts:
                _work_one(database, fact, consumer)
    return len(facts)


def _work_one(database: Database, fact: Fact, consumer: str) -> None:
    try:
        with database.work(SYSTEM) as work:
            if _facts(work, _CLAIM_ONE, id=fact.id, consumer=consumer):
                _react(work, [fact], consumer)
    except Exception as error:
        _requeue(database, [fact], consumer, error)


def _react(work: Work, facts: Sequence[Fact], consumer: str) -> None:
    if not facts:  # another worker was quicker
        return
    with structlog.contextvars.bound_contextvars(work=str(work.id)):
        flow.REACTIONS[facts[0].name][consumer](work, facts)
        work.run(_DONE, ids=[fact.id for fact in facts], consumer=consumer)
        log.info("reacted", fact=facts[0].name, consumer=consumer, count=len(facts))


def work_outside(database: Database) -> int:
    """Run one fact for whoever waits for the payment gateway or reads for long; 0 when none waits."""
    return _lease_one(database, flow.OUTSIDE_CONSUMERS)


def work_mail(database: Database) -> int:
    """Send one mail: apart, so that a slow mail server keeps no payment waiting."""
    return _lease_one(database, flow.MAIL_CONSUMERS)


def _lease_one(database: Database, consumers: Sequence[str]) -> int:
    """Run one fact whose reaction talks to the outside, with those of its group; 0 when none waits.

    They are leased, not locked: no transaction stays open while we wait for somebody else's server.
    A killed worker's lease runs out, and the reaction looks before it tries again.
    """
    with database.work(SYSTEM) as work:
        head = work.row(
            _LEASE,
            consumers=list(consumers),
            lease=_LEASE_SECONDS,
            most=BROKEN_OFF_MAX,
            error=f"{BROKEN_OFF_MAX} workers in a row ended in the middle of it",
        )
        facts = _with_group(work, head)
    if head is None:
        return 0
    if head.state == "dead":
        _warn(facts[0], head.consumer, head)
        return 1
    try:
        _run_outside(database, facts, head.consumer)
    except Unavailable as error:
        _requeue(database, facts, head.consumer, error, counted=True)
    except Exception as error:
        if len(facts) == 1:
            _requeue(database, facts, head.consumer, error, counted=True)
        else:
            for fact in facts:
                _run_alone(database, fact, head.consumer)
    return len(facts)


def _with_group(work: Work, head: Any | None) -> list[Fact]:
    """The leased fact, and those that wait in its group, leased with it.

    One that has ended a worker before is left to come alone, so that it is the one to be counted.
    """
    if head is None:
        return []
    facts = [Fact(head.id, head.home_id, head.name, head.subject)]
    if head.group_key and head.state == "waiting" and head.broken_off == 1:
        facts += _facts(
            work,
            _LEASE_GROUP,
            group=head.group_key,
            name=head.name,
            consumer=head.consumer,
            head=head.id,
            lease=_LEASE_SECONDS,
            most=GROUP_MAX,
        )
    return facts


def _run_outside(database: Database, facts: Sequence[Fact], consumer: str) -> None:
    name = facts[0].name
    if together := flow.OUTSIDE_TOGETHER.get(name, {}).get(consumer):
        together(database, facts)
    else:
        [fact] = facts
        flow.OUTSIDE[name][consumer](database, fact)
    with database.work(SYSTEM) as work:
        work.run(_DONE, ids=[fact.id for fact in facts], consumer=consumer)
    log.info("reacted", fact=name, consumer=consumer, count=len(facts))


def _run_alone(database: Database, fact: Fact, consumer: str) -> None:
    try:
        _run_outside(database, [fact], consumer)
    except Exception as error:
        _requeue(database, [fact], consumer, error, counted=True)


def _facts(work: Work, sql: str, **values: Any) -> list[Fact]:
    return [Fact(row.id, row.home_id, row.name, row.subject) for row in work.rows(sql, **values)]


def _requeue(
    database: Database,
    facts: Sequence[Fact],
    consumer: str,
    error: Exception,
    *,
    counted: bool = False,
) -> None:
    for fact in facts:
        with database.work(SYSTEM) as work:
            words = f"{type(error).__name__}: {error}"[:2000]
            away = isinstance(error, Unavailable)
            most = OUTAGE_ATTEMPTS_MAX if away else ATTEMPTS_MAX
            row = work.row(
                _FAILED,
                id=fact.id,
                consumer=consumer,
                error=words,
                most=most,
                more=0 if counted else 1,
            )
            if row:
                _warn(fact, consumer, row)
    if not facts:
        raise error


def _warn(fact: Fact, consumer: str, row: Any) -> None:
    log.warning("failed", fact=fact.name, consumer=consumer, subject=fact.subject,
                attempts=row.attempts, state=row.state, error=row.error)  # fmt: skip


def drain(database: Database, *, seconds: float = 60.0) -> int:
    """Work until nothing that is due waits; how many facts that took. For stories and tests."""
    total, end = 0, time.monotonic() + seconds
    while taken := work_inside(database) + work_outside(database) + work_mail(database):
        total += taken
        if time.monotonic() > end:
            raise TimeoutError(f"facts were still waiting after {seconds} s")
    return total


# ---------------------------------------------------------------- the clock


def tick(database: Database) -> list[date]:
    """Record the sweep of this minute, and every day and week that has begun since the last time.

    The days that it found to record. Days and weeks are the company's own dates: a day's holds are
    let go when that day begins there. They are unique, so any number of schedulers may tick, a
    restart repeats nothing, and after a pause every missed day is recorded, in order, once.
    """
    with database.work(SYSTEM) as work:
        now = work.now().astimezone(UTC)
        days = _days_since(work, now.astimezone(work.tools.zone).date())
        for day in days:
            record(work, "clock.daily", day.isoformat())
            if day.weekday() == 0:
                record(work, "clock.weekly", day.isoformat())
        record(work, "clock.sweep", now.replace(second=0, microsecond=0).isoformat())
    return days


# The pattern is said again so that the partial index of clock facts is seen to fit: this is asked
# every few seconds, beside years of other facts.
LAST_DAY = """
SELECT max(subject) FROM fact
 WHERE home_id = 0 AND name = 'clock.daily' AND name LIKE 'clock.%%' AND subject <= %(today)s"""


def _days_since(work: Work, today: date) -> list[date]:
    """The days to record: after the last recorded one, up to today; the very first is today."""
    last = work.value(LAST_DAY, today=today.isoformat())
    first = date.fromisoformat(last) + timedelta(days=1) if last else today
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]


LOOPS = (work_inside, work_outside, work_outside, work_mail)


def run(database: Database, stop: threading.Event) -> None:
    """Work and tick until told to stop; ends with the piece of work in hand."""
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(
        lambda: _quietly(tick, database),
        "interval",
        seconds=5,
        next_run_time=datetime.now(UTC),
        coalesce=True,
        max_instances=1,
    )
    # Whoever reads a balance reads what was posted since, of everybody.
    scheduler.add_job(lambda: _quietly(_roll_up, database), "interval", seconds=1, coalesce=True)
    scheduler.start()

    def work_lab(database: Database) -> int:
        return backtests.run_next(database, stop)

    threads = [
        threading.Thread(target=_loop, args=(verb, database, stop), name=verb.__name__)
        for verb in (*LOOPS, work_lab)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scheduler.shutdown(wait=True)


def _roll_up(database: Database) -> None:
    from mainstem import ledger

    with database.work(SYSTEM) as work:
        ledger.roll_up(work)


def _loop(verb: Any, database: Database, stop: threading.Event) -> None:
    while not stop.is_set():
        if not _quietly(verb, database):
            stop.wait(_IDLE_SECONDS)


def _quietly(verb: Any, database: Database) -> Any:
    """Run; log what fails and go on: the database may be away for a moment."""
    try:
        return verb(database)
    except Exception as error:
        log.error("stumbled", verb=verb.__name__, error=f"{type(error).__name__}: {error}")
        time.sleep(1)
        return 0
