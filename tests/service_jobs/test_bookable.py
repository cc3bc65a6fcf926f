"""A service can be booked once it says how long it takes, and for so long as it says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import INSTALLATION, REPAIR, Company, a_company, a_lead, a_paid_order, a_team

from mainstem import setup
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.kit.work import Work
from mainstem.setup.resources.catalogue import TOO_LONG, WITHOUT_LENGTH, WITHOUT_TEAM
from mainstem_fulfillment import jobs
from mainstem_fulfillment.jobs import JobKey, ServiceWithoutLength, SlotTaken
from mainstem_fulfillment.jobs.rules import whole_half_hours

HOUR = timedelta(hours=1)
TUESDAY_TEN = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def a_job(work: Work, company: Company, sku: str = REPAIR) -> JobKey:
    placed = a_paid_order(work, company.shop, (sku, 1))
    [key] = jobs.open_jobs(work, [(placed.home_id, placed.order_id)])
    return key


def said_of(work: Work, slug: str, *, visit: int = 120, buffer: int = 0, needs: str = "") -> None:
    """Say of a service how long it takes, and what is needed for it."""
    work.run(
        """UPDATE product SET visit_minutes = %(visit)s, buffer_minutes = %(buffer)s,
                  skills = %(needs)s WHERE slug = %(slug)s""",
        visit=visit,
        buffer=buffer,
        needs=needs.split(),
        slug=slug,
    )


def held(work: Work, key: JobKey) -> int:
    return int(
        work.value(
            """SELECT count(*) FROM job_slot
                WHERE home_id = %(home)s AND order_id = %(order)s AND line_no = %(line)s""",
            home=key.home_id,
            order=key.order_id,
            line=key.line_no,
        )
    )


def test_a_visit_takes_what_its_service_says_up_to_the_half_hour(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        said_of(work, "repair", visit=75)
        key = a_job(work, company)
        [north, _] = jobs.free_slots(work, key, first_day=date(2026, 3, 3), days=1)
        jobs.schedule(work, key, team_id=company.north, starts_at=TUESDAY_TEN)
        card = jobs.queries.page(work, key).card
    assert (card.starts_at, card.ends_at) == (TUESDAY_TEN, TUESDAY_TEN + 1.5 * HOUR)
    assert north.starts[-1] == datetime(2026, 3, 3, 14, 30, tzinfo=UTC), "it ends at four"


def test_the_buffer_after_a_visit_is_held_too(database: Database, company: Company) -> None:
    with database.work() as work:
        said_of(work, "repair", visit=60, buffer=40)
        key, other = a_job(work, company), a_job(work, company)
        jobs.schedule(work, key, team_id=company.north, starts_at=TUESDAY_TEN)
        offered = jobs.free_slots(work, other, first_day=date(2026, 3, 3), days=1)[0].starts
        with pytest.raises(SlotTaken):
            jobs.schedule(work, other, team_id=company.north, starts_at=TUESDAY_TEN + 1.5 * HOUR)
        jobs.schedule(work, other, team_id=company.north, starts_at=TUESDAY_TEN + 2 * HOUR)
        assert (held(work, key), held(work, other)) == (4, 4)
    assert TUESDAY_TEN - 2 * HOUR in offered, "its buffer ends as the next begins"
    assert TUESDAY_TEN - 1.5 * HOUR not in offered, "its buffer would run into the next"
    assert TUESDAY_TEN + 1.5 * HOUR not in offered, "that is the buffer of the one before"
    assert TUESDAY_TEN + 2 * HOUR in offered
    assert TUESDAY_TEN + 6 * HOUR in offered, "a buffer may go on after the day"


def test_a_service_without_a_length_is_not_booked_and_says_so(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        said_of(work, "repair", visit=0)
        key = a_job(work, company)
        assert jobs.free_slots(work, key, first_day=date(2026, 3, 3)) == []
        with pytest.raises(ServiceWithoutLength):
            jobs.schedule(work, key, team_id=company.north, starts_at=TUESDAY_TEN, duration=HOUR)
        view = jobs.queries.page(work, key)
        assert (view.visit, view.card.state, held(work, key)) == (None, "unscheduled", 0)
        assert a_lead(work, company.shop), "a client asks for it as before"


def test_a_team_with_every_skill_that_a_service_asks_for_performs_it(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        said_of(work, "installation", needs="gas lifting")
        a_team(work, "gas", "gas")
        both = a_team(work, "both", "gas", "lifting", "painting")
        key = a_job(work, company, INSTALLATION)
        teams = jobs.free_slots(work, key, first_day=date(2026, 3, 3))
        assert [team.code for team in teams] == ["both", "north"], "north names the department"
        jobs.schedule(work, key, team_id=both, starts_at=TUESDAY_TEN)
        assert jobs.queries.page(work, key).card.team == "Team Both"


@pytest.mark.parametrize(
    ("skills", "needs", "can"),
    [
        (["fit"], [], True),
        (["work"], [], True),
        (["gas"], [], False),
        (["gas"], ["gas"], True),
        (["gas"], ["gas", "lifting"], False),
        (["lifting", "gas", "roof"], ["gas", "lifting"], True),
        ([], [], False),
    ],
)
def test_the_database_and_the_rule_agree_who_can_perform(
    database: Database, skills: list[str], needs: list[str], can: bool
) -> None:
    with database.work() as work:
        found = work.value(
            f"""SELECT {jobs.PERFORMS} FROM (SELECT %(skills)s::text[] AS skills) t,
                  (SELECT 'fit' AS slug, 'work' AS category, %(needs)s::text[] AS skills) p""",
            skills=skills,
            needs=needs,
        )
    assert jobs.can_perform(skills, "fit", "work", needs) is found is can


@given(st.integers(1, 1440))
def test_half_hours_are_enough_and_not_one_too_many(minutes: int) -> None:
    held = whole_half_hours(minutes)
    assert timedelta(0) <= held - timedelta(minutes=minutes) < timedelta(minutes=30)


def test_set_up_says_what_stands_in_the_way_of_a_service(
    database: Database, company: Company
) -> None:
    products = setup.resource("products")
    assert products.warnings
    with database.work() as work:
        said_of(work, "repair", visit=0)
        work.run("UPDATE team SET skills = '{repairs}'")
        repair, fit = (setup.read_one(work, products, slug) for slug in ("repair", "installation"))
        assert repair
        assert fit
        assert products.warnings(work, repair) == [WITHOUT_LENGTH]
        assert products.warnings(work, fit) == [WITHOUT_TEAM]
        assert not _is_done(work, "visits")
        assert not _is_done(work, "teams")
        said_of(work, "repair")
        assert _is_done(work, "visits")
        work.run("UPDATE team SET skills = '{repairs,installations}'")
        assert products.warnings(work, repair.model_copy(update={"visit_minutes": 60})) == []
        long = repair.model_copy(update={"visit_minutes": 600})
        assert products.warnings(work, long) == [TOO_LONG], "a team's day has nine hours"
        assert _is_done(work, "teams")


def _is_done(work: Work, name: str) -> bool:
    return next(step.is_done for step in setup.steps(work) if step.name == name)


def test_a_team_takes_the_skills_that_services_ask_for_and_no_others(
    database: Database, company: Company
) -> None:
    teams = setup.resource("teams")
    said = teams.model.model_validate({"code": "GAS", "name": "Gas", "skills": ["gas licence"]})
    with database.work() as work:
        with pytest.raises(InvalidInput):
            setup.save(work, teams, said)
        work.run("UPDATE product SET skills = '{gas licence}' WHERE slug = 'installation'")
        assert setup.save(work, teams, said).is_new
