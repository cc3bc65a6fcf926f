"""Facts are followed up once: beside other workers, past a poisonous neighbour, and after a death."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.waits import PATIENCE

from mainstem import flow, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record_all, retry
from mainstem.kit.work import Tools, Work
from mainstem.payments import GatewayUnavailable

NAME, OUTSIDE = "test.happened", "test.outside"


@pytest.fixture
def crew(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """A database whose works follow up the tests' own facts."""
    made = Database(
        database_url,
        clock=clock,
        tools=Tools(consumers={NAME: ["commissions"], OUTSIDE: ["gateway"]}),
        pool=8,
    )
    yield made
    made.close()


@pytest.fixture
def reacts(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Name what follows from the tests' own fact."""
    return lambda reaction: monkeypatch.setitem(flow.REACTIONS, NAME, {"commissions": reaction})


def happen(crew: Database, count: int, name: str = NAME) -> None:
    with crew.work() as work:
        record_all(work, name, [(0, f"subject {n:03}") for n in range(count)])


def waiting(crew: Database) -> list[Any]:
    with crew.work() as work:
        return work.rows("SELECT * FROM fact_waiting ORDER BY subject")


def due(crew: Database) -> None:
    with crew.work() as work:
        work.run("UPDATE fact_waiting SET next_at = clock_timestamp() WHERE state = 'waiting'")


def keep(work: Work, subject: str) -> None:
    """An effect that commits with the reaction: one more row a time."""
    work.run(
        """INSERT INTO sign_in_attempt (email_key, address, succeeded, at)
           VALUES (%(subject)s, '', true, now())""",
        subject=subject,
    )


def keep_subjects(work: Work, facts: Sequence[Fact]) -> None:
    for fact in facts:
        keep(work, fact.subject)


def effects(crew: Database) -> Counter[str]:
    with crew.work() as work:
        return Counter(row.email_key for row in work.rows("SELECT email_key FROM sign_in_attempt"))


def test_four_workers_take_disjoint_facts_and_everything_once(
    crew: Database, reacts: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BATCH", 5)
    takers: set[int] = set()

    def follow(work: Work, facts: Sequence[Fact]) -> None:
        takers.add(threading.get_ident())
        time.sleep(0.01)
        for fact in facts:
            keep(work, fact.subject)

    reacts(follow)
    happen(crew, 120)

    def work_until_nothing_waits(_: int) -> int:
        taken = 0
        while waiting(crew):
            taken += worker.work_inside(crew, most=5)
        return taken

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work_until_nothing_waits, range(4))) == 120
    assert len(takers) > 1
    assert effects(crew) == Counter(f"subject {n:03}" for n in range(120))


def test_a_poisonous_fact_lets_the_others_through_and_is_a_dead_letter_in_the_end(
    crew: Database, reacts: Callable[[Any], None]
) -> None:
    def follow(work: Work, facts: Sequence[Fact]) -> None:
        for fact in facts:
            keep(work, fact.subject)
            if fact.subject == "subject 007":
                raise ValueError("this one is poisonous")

    reacts(follow)
    happen(crew, 20)
    worker.drain(crew)
    assert len(effects(crew)) == 19
    assert set(effects(crew).values()) == {1}, "what was rolled back with the poison ran once"
    [left] = waiting(crew)
    assert (left.subject, left.state, left.attempts) == ("subject 007", "waiting", 1)
    assert "poisonous" in left.error
    waits = []
    for _ in range(worker.ATTEMPTS_MAX - 1):
        due(crew)
        worker.drain(crew)
        [left] = waiting(crew)
        with crew.work() as work:
            waits.append(work.value("SELECT next_at - clock_timestamp() FROM fact_waiting"))
    assert left.state == "dead"
    assert left.attempts == worker.ATTEMPTS_MAX
    assert waits[-1] > waits[3] > waits[0], "it waits longer each time"
    assert waits[-1] < timedelta(hours=1.3)
    due(crew)
    assert worker.drain(crew) == 0, "dead letters stay where staff can see them"
    with crew.work() as work:
        broken = [f for f in _invariants(work) if f.wrong]
    assert [finding.invariant for finding in broken] == ["No background task has failed"]

    reacts(keep_subjects)
    with crew.work() as work:
        retry(work, left.id, left.consumer)
    assert worker.drain(crew) == 1
    assert effects(crew)["subject 007"] == 1
    assert waiting(crew) == []


def _invariants(work: Work) -> Any:
    from mainstem import invariants

    return invariants.check(work)


_DIES = """
import os, signal, sys
from mainstem import flow, worker
from mainstem.kit.db import Database

def follow(work, facts):
    work.run("INSERT INTO sign_in_attempt (email_key, address, succeeded, at) VALUES ('killed', '', true, now())")
    print("in the middle", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

flow.REACTIONS["test.happened"] = {"commissions": follow}
worker.work_inside(Database(sys.argv[1]))
"""


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it(
    crew: Database, reacts: Callable[[Any], None]
) -> None:
    happen(crew, 1)
    died = subprocess.run(
        [sys.executable, "-c", _DIES, crew.url], capture_output=True, text=True, timeout=PATIENCE
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert "in the middle" in died.stdout
    reacts(keep_subjects)
    end = time.monotonic() + PATIENCE
    while waiting(crew) and time.monotonic() < end:
        worker.work_inside(crew)
    assert effects(crew) == {"subject 000": 1}


# ---------------------------------------------------------------- outside


def test_a_lease_keeps_others_away_and_runs_out(
    crew: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one talks to the outside nobody else does; had it died, the next one would."""
    inside, go_on = threading.Semaphore(0), threading.Event()

    def call(database: Database, fact: Fact) -> None:
        inside.release()
        assert go_on.wait(PATIENCE)

    monkeypatch.setitem(flow.OUTSIDE, OUTSIDE, {"gateway": call})
    happen(crew, 1, OUTSIDE)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(worker.work_outside, crew)
        assert inside.acquire(timeout=PATIENCE)
        assert worker.work_outside(crew) == 0
        due(crew)  # the lease has run out, as after a death
        second = threads.submit(worker.work_outside, crew)
        assert inside.acquire(timeout=PATIENCE)
        go_on.set()
        assert first.result(PATIENCE) == second.result(PATIENCE) == 1
    assert waiting(crew) == []


_DIES_OUTSIDE = f"""
import os, signal, sys
from mainstem import flow, worker
from mainstem.kit.db import Database

def call(database, fact):
    os.kill(os.getpid(), signal.SIGKILL)

flow.OUTSIDE["{OUTSIDE}"] = {{"gateway": call}}
worker.work_outside(Database(sys.argv[1]))
"""


def test_a_call_that_ends_one_worker_after_another_is_left_to_people(
    crew: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Fact] = []
    monkeypatch.setitem(
        flow.OUTSIDE, OUTSIDE, {"gateway": lambda database, fact: called.append(fact)}
    )
    monkeypatch.setattr(worker, "BROKEN_OFF_MAX", 2)
    happen(crew, 1, OUTSIDE)
    for deaths in (1, 2):
        died = subprocess.run(
            [sys.executable, "-c", _DIES_OUTSIDE, crew.url],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert died.returncode == -signal.SIGKILL, died.stderr
        [left] = waiting(crew)
        assert (left.state, left.attempts) == ("waiting", deaths), "counted by nobody's last words"
        due(crew)
    worker.work_outside(crew)
    [left] = waiting(crew)
    assert (left.state, left.attempts, called) == ("dead", 2, [])
    assert left.error == "2 workers in a row ended in the middle of it"

    with crew.work() as work:
        retry(work, left.id, left.consumer)
    assert worker.work_outside(crew) == 1
    assert (len(called), waiting(crew)) == (1, [])


class Killed(BaseException):
    """Nothing that a worker could catch."""


def test_only_deaths_in_a_row_count_as_such(
    crew: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the gateway is away for days, a worker may well be restarted now and then."""
    ends: list[BaseException | None] = [
        Killed(), GatewayUnavailable("away"), Killed(), GatewayUnavailable("away"), Killed(), None,
    ]  # fmt: skip

    def call(database: Database, fact: Fact) -> None:
        if end := ends.pop(0):
            raise end

    monkeypatch.setitem(flow.OUTSIDE, OUTSIDE, {"gateway": call})
    monkeypatch.setattr(worker, "BROKEN_OFF_MAX", 2)
    happen(crew, 1, OUTSIDE)
    while ends:
        due(crew)
        with contextlib.suppress(Killed):
            worker.work_outside(crew)
    assert waiting(crew) == []


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every call for outside facts of one group, as the subjects it was made for."""
    calls: list[list[str]] = []

    def call(_: Database, facts: Sequence[Fact]) -> None:
        calls.append(sorted(fact.subject for fact in facts))
        if any(fact.subject == "subject 001" for fact in facts):
            raise ValueError("poison")

    monkeypatch.setitem(flow.OUTSIDE_TOGETHER, OUTSIDE, {"gateway": call})
    return calls


def happen_in_groups(crew: Database, groups: dict[str, int]) -> None:
    with crew.work() as work:
        for key, count in groups.items():
            subjects = [(0, f"subject {key}{n:02}") for n in range(count)]
            record_all(work, OUTSIDE, subjects, group_key=key)


def test_outside_facts_of_one_group_are_done_by_one_call(
    crew: Database, together: list[list[str]]
) -> None:
    happen_in_groups(crew, {"a": 5, "b": 1, "c": 2})
    assert worker.drain(crew) == 8
    assert sorted(map(len, together)) == [1, 2, 5]
    assert waiting(crew) == []


def test_a_poisonous_fact_lets_the_rest_of_its_group_through(
    crew: Database, together: list[list[str]]
) -> None:
    happen_in_groups(crew, {"0": 3})
    worker.drain(crew)
    assert together[0] == ["subject 000", "subject 001", "subject 002"]
    assert sorted(together[1:]) == [["subject 000"], ["subject 001"], ["subject 002"]]
    [left] = waiting(crew)
    assert (left.subject, left.attempts, left.state) == ("subject 001", 1, "waiting")


def test_a_fact_whose_call_ended_its_worker_comes_alone_the_next_time(
    crew: Database, together: list[list[str]]
) -> None:
    happen_in_groups(crew, {"a": 3})
    with crew.work() as work:  # as a worker that was killed in the middle has left them
        work.run("UPDATE fact_waiting SET attempts = 1, broken_off = 1")
    worker.drain(crew)
    assert together == [["subject a00"], ["subject a01"], ["subject a02"]]


def test_an_outside_fact_that_fails_is_counted_once_a_try(
    crew: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(database: Database, fact: Fact) -> None:
        raise ValueError("broken")

    monkeypatch.setitem(flow.OUTSIDE, OUTSIDE, {"gateway": call})
    happen(crew, 1, OUTSIDE)
    for tries in range(1, worker.ATTEMPTS_MAX + 1):
        due(crew)
        worker.work_outside(crew)
        [left] = waiting(crew)
        assert (left.attempts, left.broken_off) == (tries, 0)
    assert (left.state, left.error) == ("dead", "ValueError: broken")


def test_no_transaction_is_open_while_the_outside_is_asked(
    crew: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def call(database: Database, fact: Fact) -> None:
        with database.work() as work:
            seen.extend(
                work.rows(
                    """SELECT state FROM pg_stat_activity WHERE datname = current_database()
                          AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%'"""
                )
            )

    monkeypatch.setitem(flow.OUTSIDE, OUTSIDE, {"gateway": call})
    happen(crew, 1, OUTSIDE)
    assert worker.work_outside(crew) == 1
    assert seen == []


def test_a_worker_ends_with_the_piece_of_work_in_hand(
    crew: Database, reacts: Callable[[Any], None]
) -> None:
    started, stop = threading.Event(), threading.Event()

    def follow(work: Work, facts: Sequence[Fact]) -> None:
        started.set()
        assert stop.wait(PATIENCE)
        keep(work, facts[0].subject)

    reacts(follow)
    happen(crew, 1)
    running = threading.Thread(target=worker.run, args=(crew, stop))
    running.start()
    assert started.wait(PATIENCE)
    stop.set()
    running.join(PATIENCE)
    assert not running.is_alive()
    assert effects(crew) == {"subject 000": 1}
    assert [fact for fact in waiting(crew) if fact.name == NAME] == []


def test_what_fails_for_one_consumer_of_a_fact_holds_no_other_up(
    database_url: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its own place in the queue, its own tries, and is tried again for itself alone."""
    is_mended = False

    def commissions(work: Work, facts: Sequence[Fact]) -> None:
        if not is_mended:
            raise ValueError("nobody can be credited")
        keep(work, "commissions")

    def housekeeping(work: Work, facts: Sequence[Fact]) -> None:
        keep(work, "housekeeping")

    def gateway(database: Database, fact: Fact) -> None:
        with database.work() as work:
            keep(work, "gateway")

    monkeypatch.setitem(
        flow.REACTIONS, NAME, {"commissions": commissions, "housekeeping": housekeeping}
    )
    monkeypatch.setitem(flow.OUTSIDE, NAME, {"gateway": gateway})
    tools = Tools(consumers={NAME: ["commissions", "housekeeping", "gateway"]})
    crew = Database(database_url, clock=clock, tools=tools, pool=2)
    try:
        happen(crew, 1)
        assert [row.consumer for row in waiting(crew)] == ["commissions", "housekeeping", "gateway"]
        for _ in range(worker.ATTEMPTS_MAX):
            worker.drain(crew)
            due(crew)
        [left] = waiting(crew)
        assert (left.consumer, left.state) == ("commissions", "dead")
        assert effects(crew) == Counter({"housekeeping": 1, "gateway": 1})
        is_mended = True
        with crew.work() as work:
            assert not retry(work, left.id, "housekeeping"), "that has run"
            assert retry(work, left.id, "commissions")
        worker.drain(crew)
        assert waiting(crew) == []
        assert effects(crew) == Counter({"housekeeping": 1, "gateway": 1, "commissions": 1})
    finally:
        crew.close()


def test_a_consumer_works_inside_or_outside_and_never_both() -> None:
    """The queue is asked by consumer: what talks to the outside must not hold a lock meanwhile."""
    assert not set(flow.INSIDE_CONSUMERS) & set(flow.OUTSIDE_CONSUMERS)
    assert flow.CONSUMERS["clock.daily"] == (
        "commissions", "periods", "housekeeping", "income", "mail",
    )  # fmt: skip
    assert not set(flow.MAIL_CONSUMERS) & {*flow.INSIDE_CONSUMERS, *flow.OUTSIDE_CONSUMERS}
    tables = (*flow.REACTIONS, *flow.OUTSIDE, *flow.OUTSIDE_TOGETHER)
    assert len(tables) == len(flow.CONSUMERS), "a fact stands in one table"
