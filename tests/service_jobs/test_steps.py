"""Whatever is tried in whatever order, a job only ever takes the steps there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.company import REPAIR, Company, a_company, a_paid_order

from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.work import Work
from mainstem_fulfillment import jobs
from mainstem_fulfillment.jobs import JOB, Job, JobKey, allowed_actions

# The trade's own words for what may become of a job.
PATHS = {
    ("unscheduled", "scheduled"),
    ("unscheduled", "canceled"),
    ("scheduled", "en_route"),
    ("scheduled", "canceled"),
    ("en_route", "on_site"),
    ("en_route", "canceled"),
    ("on_site", "done"),
    ("done", "signed_off"),
    ("done", "disputed"),
    ("disputed", "scheduled"),
    ("disputed", "signed_off"),
}
ONWARD = ["schedule", "depart", "arrive", "finish", "sign_off"]
FIRST = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)


def test_the_table_holds_the_paths_there_are_and_no_others() -> None:
    steps = {
        (source, step.target)
        for step in JOB.steps.values()
        for source in step.sources
        if step.target not in (None, source)
    }
    assert steps == PATHS


@pytest.mark.parametrize("state", sorted(JOB.states()))
def test_every_closed_button_says_why(state: str) -> None:
    for name in JOB.steps:
        action = JOB.action(state, name)
        if action.allowed:
            assert JOB.step(state, name) in JOB.states()
        else:
            assert f"This job is {state}" in action.reason()
            with pytest.raises(InvalidTransition):
                JOB.step(state, name)


# Random steps alone seldom come far, so each walk begins with some of the way that leads on.
@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    begun=st.integers(0, len(ONWARD)),
    deeds=st.lists(st.sampled_from(sorted(JOB.steps)), min_size=1, max_size=8),
)
def test_only_offered_steps_are_taken_and_every_offered_step_can_be(
    database: Database, begun: int, deeds: list[str]
) -> None:
    company = the_company(database)
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (REPAIR, 1))
        [key] = jobs.open_jobs(work, [(placed.home_id, placed.order_id)])
    for deed in ONWARD[:begun] + deeds:
        with database.work() as work:
            before = work.get(Job, key)
            offered = {action.name for action in allowed_actions(before) if action.allowed}
        try:
            with database.work() as work:
                do(work, company, key, deed)
            done = True
        except Refused:
            done = False
        with database.work() as work:
            after = work.get(Job, key)
            delivered = work.value(
                "SELECT delivered FROM order_line WHERE order_id = %(id)s", id=key.order_id
            )
            held = work.value(
                "SELECT count(*) FROM job_slot WHERE order_id = %(id)s", id=key.order_id
            )
        assert done == (deed in offered)
        if done:
            assert after.state == before.state or (before.state, after.state) in PATHS
        else:
            assert after.state == before.state
        assert delivered == (1 if after.state == "signed_off" else 0)
        assert held == (0 if after.state in ("unscheduled", "canceled") else 1)


def the_company(database: Database) -> Company:
    """The company of this test's database, made for its first example."""
    if database not in _companies:
        with database.work() as work:
            _companies.clear()
            _companies[database] = a_company(work)
    return _companies[database]


_companies: dict[Database, Company] = {}


def do(work: Work, company: Company, key: JobKey, deed: str) -> None:
    if deed in ("schedule", "reschedule", "rework"):
        [north, _] = jobs.free_slots(
            work, key, first_day=FIRST.date(), days=31, duration=timedelta(minutes=30)
        )
        verb = getattr(jobs, deed)
        verb(
            work,
            key,
            team_id=company.north,
            starts_at=north.starts[0],
            duration=timedelta(minutes=30),
        )
    elif deed == "finish":
        jobs.finish(work, key, report="Mended.")
    elif deed == "dispute":
        jobs.dispute(work, key, objection="It hums.")
    elif deed == "sign_off":
        jobs.sign_off(work, key, by="Ada Lind")
    else:
        getattr(jobs, deed)(work, key)
