"""What the dispatcher and the client read about jobs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.company import (
    BO,
    INSTALLATION,
    REPAIR,
    Company,
    a_company,
    a_paid_order,
    a_quoted_lead,
    pay,
)

from mainstem import leads
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Actor, Work
from mainstem_affiliates.storefront import reads
from mainstem_fulfillment import jobs
from mainstem_fulfillment.jobs import JobKey

HOUR = timedelta(hours=1)
TUESDAY_TEN = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def jobs_of(work: Work, company: Company, *skus: str, **changes: object) -> list[JobKey]:
    placed = a_paid_order(work, company.shop, *((sku, 1) for sku in skus), **changes)
    return jobs.open_jobs(work, [(placed.home_id, placed.order_id)])


def test_the_dispatcher_sees_what_waits_and_each_teams_day(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        [older] = jobs_of(work, company, REPAIR)
        clock.move(HOUR)
        [newer, planned] = jobs_of(work, company, REPAIR, INSTALLATION, client=BO)
        jobs.schedule(
            work, planned, team_id=company.north, starts_at=TUESDAY_TEN, duration=2 * HOUR
        )
    with database.work() as work:
        waiting = jobs.queries.unscheduled(work).rows
        north, south = jobs.queries.day_board(work, date(2026, 3, 3))
        sunday = jobs.queries.day_board(work, date(2026, 3, 8))
    assert [card.key for card in waiting] == [older, newer]
    assert (waiting[0].client, waiting[0].service, waiting[0].city, waiting[0].recommended) == (
        "Ada Lind",
        "Repair (sv)",
        "Stockholm",
        "Team North",
    )
    assert [(card.key, card.client, card.ends_at) for card in north.jobs] == [
        (planned, "Bo Ek", TUESDAY_TEN + 2 * HOUR)
    ]
    assert (north.free, south.free) == (7 * HOUR, 9 * HOUR)
    assert (north.opens_at, north.closes_at) == (TUESDAY_TEN - 2 * HOUR, TUESDAY_TEN + 7 * HOUR)
    assert south.jobs == []
    assert {day.free for day in sunday} == {timedelta(0)}


def test_finished_work_waits_for_its_client_with_objections_first(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        keys = jobs_of(work, company, REPAIR, INSTALLATION)
        for i, key in enumerate(keys):
            jobs.schedule(
                work, key, team_id=company.north, starts_at=TUESDAY_TEN + i * HOUR, duration=HOUR
            )
            jobs.depart(work, key)
            jobs.arrive(work, key)
            jobs.finish(work, key, report="Done.")
        jobs.dispute(work, keys[1], objection="It hums.")
        waiting = jobs.queries.awaiting_sign_off(work).rows
        view = jobs.queries.page(work, keys[1])
        accepted_on = jobs.queries.page(work, keys[0]).signs_off_at
    assert [card.key for card in waiting] == [keys[1], keys[0]]
    assert (view.objection, view.signs_off_at) == ("It hums.", None)
    assert [entry.fact for entry in view.timeline] == [
        "job.disputed",
        "job.done",
        "job.arrived",
        "job.departed",
        "job.scheduled",
        "job.opened",
    ]
    assert {action.name for action in view.actions if action.allowed} == {"sign_off", "rework"}
    assert accepted_on == datetime(2026, 3, 7, 9, 0, tzinfo=UTC)


def test_a_client_follows_the_jobs_of_an_order_and_may_answer_when_they_are_done(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        [key] = jobs_of(work, company, REPAIR)
        [before] = jobs.queries.of_order(work, key.home_id, key.order_id)
        jobs.schedule(work, key, team_id=company.south, starts_at=TUESDAY_TEN, duration=HOUR)
        jobs.depart(work, key)
        jobs.arrive(work, key)
        jobs.finish(work, key, report="New element fitted.")
        [after] = jobs.queries.of_order(work, key.home_id, key.order_id)
    assert (before.state, before.team, before.starts_at) == ("unscheduled", "", None)
    assert not any(action.allowed for action in before.actions)
    assert (after.state, after.team, after.report) == ("done", "Team South", "New element fitted.")
    assert [action.name for action in after.actions if action.allowed] == ["sign_off", "dispute"]


def test_what_was_agreed_stands_on_the_job_and_on_the_clients_page(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        lead = a_quoted_lead(work, company.shop)
        placed = leads.accept_quote(work, company.cedar, lead, 1, name="Ada Lind")
        pay(work, placed)
        [key] = jobs.open_jobs(work, [(placed.home_id, placed.order_id)])
        number = work.value("SELECT number FROM lead")
    with database.work() as work:
        job = jobs.queries.page(work, key)
        client = reads.order_view(work, placed.home_id, placed.order_id)
    scope = "Take it apart, mend it, put it together again."
    assert (job.scope, job.quote_number) == (scope, f"{number}-1")
    assert (client.agreed, client.agreed_number) == (scope, f"{number}-1")


def test_a_job_is_seen_in_its_own_home_only(database: Database, company: Company) -> None:
    with database.work() as work:
        [key] = jobs_of(work, company, REPAIR)
    with database.work(Actor("affiliate"), home=company.cedar) as work:
        assert jobs.queries.page(work, key).card.key == key
    with database.work(Actor("affiliate"), home=company.birch) as work:
        assert jobs.queries.unscheduled(work).rows == []
        with pytest.raises(NotFound):
            jobs.queries.page(work, key)
