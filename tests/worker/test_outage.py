"""What waits for the gateway outlives the gateway's bad day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mainstem import flow, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record
from mainstem.kit.work import Tools
from mainstem.payments import GatewayUnavailable

NAME = "test.asked"


@pytest.fixture
def crew(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """A database where one fact waits whose reaction asks somebody outside."""
    made = Database(database_url, clock=clock, tools=Tools(consumers={NAME: ["gateway"]}), pool=4)
    with made.work() as work:
        record(work, NAME, "payout")
    yield made
    made.close()


def _tried(crew: Database, times: int) -> Any:
    for _ in range(times):
        with crew.work() as work:
            work.run("UPDATE fact_waiting SET next_at = clock_timestamp()")
        worker.work_outside(crew)
    with crew.work() as work:
        return work.row(
            "SELECT state, attempts, next_at - clock_timestamp() AS wait FROM fact_waiting"
        )


def _raises(error: Exception) -> Callable[[Database, Fact], None]:
    def ask(database: Database, fact: Fact) -> None:
        raise error

    return ask


def test_an_outage_of_two_days_leaves_what_waits_waiting(
    crew: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(flow.OUTSIDE, NAME, {"gateway": _raises(GatewayUnavailable("no route"))})
    # Twelve tries take an hour; after that it is asked once an hour.
    row = _tried(crew, 12 + 47)
    assert (row.state, row.attempts) == ("waiting", 59)
    assert 2800 < row.wait.total_seconds() < 4400
    assert _tried(crew, 30).state == "dead"


def test_a_reaction_that_is_wrong_is_seen_within_the_hour(
    crew: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(flow.OUTSIDE, NAME, {"gateway": _raises(AssertionError("our mistake"))})
    row = _tried(crew, 12)
    assert (row.state, row.attempts) == ("dead", 12)


def test_the_last_recorded_day_is_found_without_reading_the_years_between(
    crew: Database,
) -> None:
    with crew.work() as work:
        work.run(
            """INSERT INTO fact (home_id, id, name, subject, actor, work_id, happened_at)
               SELECT 0, gen_random_uuid(), 'webhook.received', gen_random_uuid()::text, 'gateway',
                      gen_random_uuid(), now() FROM generate_series(1, 20000)"""
        )
    worker.tick(crew)
    with crew.work() as work:
        plan = "\n".join(
            row[0] for row in work.rows("EXPLAIN " + worker.LAST_DAY, today="2026-03-02")
        )
    assert "fact_clock" in plan, plan
