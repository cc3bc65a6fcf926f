"""A paid service: who should do it, when, and what follows when the client signs it off."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.company import (
    INSTALLATION,
    KETTLE,
    REPAIR,
    Company,
    Shop,
    a_company,
    a_paid_order,
    a_quoted_lead,
    pay,
)
from tests.waits import PATIENCE

from mainstem import leads, orders
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Refused
from mainstem.kit.work import Actor, Work
from mainstem_fulfillment import jobs
from mainstem_fulfillment.jobs import (
    Job,
    JobKey,
    OutsideHours,
    SlotTaken,
    TeamElsewhere,
    TeamLacksSkill,
)

DISPATCHER = Actor("staff", "7")
HOUR = timedelta(hours=1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
TUESDAY_TEN = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)  # ten o'clock in Stockholm


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def a_job(work: Work, shop: Shop, sku: str = REPAIR) -> JobKey:
    """A paid service, not scheduled yet."""
    placed = a_paid_order(work, shop, (sku, 1))
    [key] = jobs.open_jobs(work, [(placed.home_id, placed.order_id)])
    return key


def a_finished_job(work: Work, company: Company, *, at: datetime = TUESDAY_TEN) -> JobKey:
    """A job that the northern team says is done."""
    key = a_job(work, company.shop)
    jobs.schedule(work, key, team_id=company.north, starts_at=at, duration=HOUR)
    jobs.depart(work, key)
    jobs.arrive(work, key)
    jobs.finish(work, key, report="New element fitted.")
    return key


# ------------------------------------------------------------------------- jobs come from orders


def test_from_a_request_to_a_performed_service(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop, minor=250000)
        placed = leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind")
        assert jobs.open_jobs(work, [(placed.home_id, placed.order_id)]) == [], "unpaid"
        pay(work, placed)
        [key] = jobs.open_jobs(work, [(placed.home_id, placed.order_id)])
    with database.work(DISPATCHER) as work:
        jobs.schedule(work, key, team_id=company.north, starts_at=TUESDAY_TEN, duration=2 * HOUR)
    clock.set(TUESDAY_TEN)
    with database.work(DISPATCHER) as work:
        jobs.depart(work, key)
        jobs.arrive(work, key)
        jobs.finish(work, key, report=" New element fitted. ")
        assert line_of(work, key).delivered == 0, "finished is not yet accepted"
    with database.work() as work:
        jobs.sign_off(work, key, by="Ada Lind")
    with database.work() as work:
        job, line = work.get(Job, key), line_of(work, key)
        order = order_of(work, key)
        facts = facts_of(work, key)
    assert (job.state, job.report, job.signed_off_by) == (
        "signed_off",
        "New element fitted.",
        "Ada Lind",
    )
    assert (line.shipped, line.delivered) == (1, 1)
    assert (order.fulfillment_status, order.delivered_at) == ("delivered", TUESDAY_TEN)
    assert facts == [
        ("job.opened", key.subject),
        ("job.scheduled", key.subject),
        ("job.departed", key.subject),
        ("job.arrived", key.subject),
        ("job.done", key.subject),
        ("order.shipped", str(key.order_id)),
        ("order.delivered", str(key.order_id)),
        ("job.signed_off", key.subject),
    ]


def test_each_service_line_has_one_job_and_every_team_its_reason(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        busy = a_job(work, company.shop)
        jobs.schedule(work, busy, team_id=company.north, starts_at=TUESDAY_TEN, duration=HOUR)
        placed = a_paid_order(work, company.shop, (KETTLE, 1), (REPAIR, 1), (INSTALLATION, 1))
        order = (placed.home_id, placed.order_id)
        opened = jobs.open_jobs(work, [order, order])
        assert jobs.open_jobs(work, [order]) == [], "once is enough"
        decisions = work.rows(
            """SELECT no, kind, chosen, reason, candidates FROM routing_decision
                WHERE order_id = %(order)s ORDER BY no""",
            order=placed.order_id,
        )
        views = [jobs.queries.page(work, key) for key in opened]
    assert opened == [JobKey(*order, 2), JobKey(*order, 3)]
    assert [(row.no, row.kind, row.chosen) for row in decisions] == [
        (1, "service", "south"),
        (2, "service", "north"),
    ]
    assert [view.card.recommended for view in views] == ["Team South", "Team North"]
    assert decisions[0].reason == "least_booked_of_those_who_can"
    assert decisions[0].candidates == [
        {"line_no": 2, "team": "south", "able": True, "booked_half_hours": 0, "why": "chosen"},
        {"line_no": 2, "team": "north", "able": True, "booked_half_hours": 2, "why": "more_booked"},
    ]
    assert [(told["team"], told["able"], told["why"]) for told in decisions[1].candidates] == [
        ("north", True, "chosen"),
        ("south", False, "lacks_skill"),
    ]


def test_a_service_that_no_team_performs_is_a_job_that_says_so(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run("UPDATE team SET active = false WHERE code = 'north'")
        view = jobs.queries.page(work, a_job(work, company.shop, INSTALLATION))
    assert (view.card.state, view.card.recommended) == ("unscheduled", "")
    assert view.decision == "no_team_has_the_skill"


# ------------------------------------------------------------------------- when


def test_free_times_are_the_half_hours_of_the_working_day_that_nobody_holds(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        busy = a_job(work, company.shop)
        jobs.schedule(work, busy, team_id=company.north, starts_at=TUESDAY_TEN, duration=6 * HOUR)
        key = a_job(work, company.shop)
        teams = jobs.free_slots(
            work, key, first_day=date(2026, 3, 3), days=1, duration=90 * timedelta(minutes=1)
        )
    assert [(team.code, local(team.starts)) for team in teams] == [
        ("north", ["08:00", "08:30"]),
        ("south", [f"{hour:02}:{minute}" for hour in range(8, 16) for minute in ("00", "30")]),
    ]


def test_times_that_have_passed_week_ends_and_teams_without_the_skill_are_not_offered(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 3, 6, 14, 40, tzinfo=UTC))  # Friday, 15:40 in Stockholm
    with database.work() as work:
        key = a_job(work, company.shop, INSTALLATION)
        [north] = jobs.free_slots(work, key, first_day=date(2026, 3, 6), days=3)
        [monday] = jobs.free_slots(work, key, first_day=date(2026, 3, 9), days=1)
    assert (north.code, local(north.starts)) == ("north", ["16:00"])
    assert len(monday.starts) == 17


def test_a_team_keeps_the_public_holidays_of_the_company(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 6, 17, 15, 0, tzinfo=UTC))  # Wednesday; Midsummer Eve is the Friday
    with database.work() as work:
        key = a_job(work, company.shop, INSTALLATION)
        [north] = jobs.free_slots(work, key, first_day=date(2026, 6, 18), days=5)
        days = {at.astimezone(STOCKHOLM).date() for at in north.starts}
        assert days == {date(2026, 6, 18), date(2026, 6, 22)}
        with pytest.raises(OutsideHours, match="except on public holidays"):
            jobs.schedule(
                work,
                key,
                team_id=company.north,
                starts_at=datetime(2026, 6, 19, 9, tzinfo=UTC),
                duration=HOUR,
            )


def test_a_team_works_on_days_of_its_own_and_on_no_public_holiday(
    database: Database, company: Company
) -> None:
    with database.work(DISPATCHER) as work:
        key = a_job(work, company.shop)
        work.run("UPDATE team SET weekdays = '{2,6}' WHERE id = %(id)s", id=company.north)
        # From the Wednesday before Easter: Saturday the 4th is no public holiday, Friday is.
        [north, _] = jobs.free_slots(work, key, first_day=date(2026, 4, 1), days=8)
        assert {at.astimezone(STOCKHOLM).date() for at in north.starts} == {
            date(2026, 4, 4), date(2026, 4, 7)
        }  # fmt: skip
        with pytest.raises(OutsideHours, match="on days of its own"):
            jobs.schedule(
                work,
                key,
                team_id=company.north,
                starts_at=TUESDAY_TEN + timedelta(days=1),
                duration=HOUR,
            )
        jobs.schedule(work, key, team_id=company.north, starts_at=TUESDAY_TEN, duration=HOUR)


def test_a_team_is_offered_and_sent_only_where_it_works(
    database: Database, company: Company
) -> None:
    with database.work(DISPATCHER) as work:
        key = a_job(work, company.shop)  # at 114 55
        work.run("UPDATE team SET postal_codes = '{2,30}' WHERE id = %(id)s", id=company.north)
        work.run("UPDATE team SET postal_codes = '{11 4}' WHERE id = %(id)s", id=company.south)
        offered = jobs.free_slots(work, key, first_day=date(2026, 3, 3), days=1)
        assert [team.code for team in offered] == ["south"]
        with pytest.raises(TeamElsewhere, match="114 55"):
            jobs.schedule(work, key, team_id=company.north, starts_at=TUESDAY_TEN, duration=HOUR)
        jobs.schedule(work, key, team_id=company.south, starts_at=TUESDAY_TEN, duration=HOUR)


@pytest.mark.parametrize(
    ("day", "opens_utc"),
    [(date(2026, 3, 27), 7), (date(2026, 3, 30), 6)],
    ids=["Friday before the clocks change", "Monday after"],
)
def test_a_team_opens_at_eight_by_the_clock_on_the_wall(
    database: Database, company: Company, day: date, opens_utc: int
) -> None:
    with database.work() as work:
        key = a_job(work, company.shop)
        teams = jobs.free_slots(work, key, first_day=day, days=1)
    assert {team.starts[0].astimezone(UTC).hour for team in teams} == {opens_utc}


@pytest.mark.parametrize(
    ("team", "starts_at", "duration", "refusal"),
    [
        ("south", TUESDAY_TEN, HOUR, TeamLacksSkill),
        ("north", TUESDAY_TEN - 2 * HOUR - HOUR / 2, HOUR, OutsideHours),
        ("north", TUESDAY_TEN + 6.5 * HOUR, HOUR, OutsideHours),
        ("north", TUESDAY_TEN + 4 * timedelta(days=1), HOUR, OutsideHours),
        ("north", TUESDAY_TEN + timedelta(minutes=10), HOUR, InvalidInput),
        ("north", TUESDAY_TEN - timedelta(days=7), HOUR, InvalidInput),
        ("north", TUESDAY_TEN, timedelta(minutes=45), InvalidInput),
        ("north", TUESDAY_TEN, timedelta(0), InvalidInput),
        ("north", TUESDAY_TEN, 13 * HOUR, InvalidInput),
        ("north", TUESDAY_TEN + 2 * timedelta(days=365) + timedelta(days=7), HOUR, InvalidInput),
        ("north", datetime(9999, 12, 31, 9, tzinfo=UTC), HOUR, InvalidInput),
        ("nobody", TUESDAY_TEN, HOUR, NotFound),
    ],
)
def test_a_job_is_not_scheduled_where_it_cannot_be_done(
    database: Database,
    company: Company,
    team: str,
    starts_at: datetime,
    duration: timedelta,
    refusal: type[Refused],
) -> None:
    team_id = {"north": company.north, "south": company.south, "nobody": 999}[team]
    with database.work() as work:
        key = a_job(work, company.shop, INSTALLATION)
    with pytest.raises(refusal), database.work() as work:
        jobs.schedule(work, key, team_id=team_id, starts_at=starts_at, duration=duration)
    with database.work() as work:
        assert work.get(Job, key).state == "unscheduled"
        assert work.value("SELECT count(*) FROM job_slot") == 0


def test_of_two_dispatchers_at_one_instant_one_gets_the_time_and_the_other_hears_why(
    database: Database, company: Company
) -> None:
    for day in range(4):
        starts_at = TUESDAY_TEN + timedelta(days=7 * day)
        with database.work() as work:
            keys = [a_job(work, company.shop) for _ in range(3)]
        begins = [starts_at, starts_at + HOUR / 2, starts_at]
        book = partial(jobs.schedule, team_id=company.north, duration=HOUR)
        answers = at_once(
            database,
            [
                partial(book, key=key, starts_at=begin)
                for key, begin in zip(keys, begins, strict=True)
            ],
        )
        taken = [answer for answer in answers if isinstance(answer, SlotTaken)]
        assert (answers.count(None), len(taken)) == (1, 2)
        winner = keys[answers.index(None)]
        with database.work() as work:
            number = order_of(work, winner).number
            held = work.rows("SELECT * FROM job_slot WHERE starts_at >= %(at)s", at=starts_at)
        assert all(f"order {number} " in refusal.text() for refusal in taken)
        assert {JobKey(row.home_id, row.order_id, row.line_no) for row in held} == {winner}
        assert len(held) == 2


def test_a_moved_job_frees_what_it_held_and_may_overlap_itself(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        key, other = a_job(work, company.shop), a_job(work, company.shop)
        jobs.schedule(work, key, team_id=company.north, starts_at=TUESDAY_TEN, duration=2 * HOUR)
        jobs.reschedule(
            work, key, team_id=company.north, starts_at=TUESDAY_TEN + HOUR, duration=2 * HOUR
        )
        jobs.schedule(work, other, team_id=company.north, starts_at=TUESDAY_TEN, duration=HOUR)
    with database.work() as work:
        with pytest.raises(SlotTaken):  # the half hour before is free, the one after is not
            jobs.reschedule(
                work,
                other,
                team_id=company.north,
                starts_at=TUESDAY_TEN - HOUR / 2,
                duration=2 * HOUR,
            )
        # The refusal left nothing behind, even for a Work that goes on.
        assert [row.starts_at for row in slots_of(work, other)] == [
            TUESDAY_TEN,
            TUESDAY_TEN + HOUR / 2,
        ]
        jobs.cancel(work, key)
        assert slots_of(work, key) == []
        jobs.reschedule(work, other, team_id=company.south, starts_at=TUESDAY_TEN, duration=HOUR)
        assert {row.team_id for row in slots_of(work, other)} == {company.south}


# ------------------------------------------------------------------------- done, and accepted


def test_finished_work_is_accepted_after_five_days_without_objection(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        quiet = a_finished_job(work, company)
        objecting = a_finished_job(work, company, at=TUESDAY_TEN + HOUR)
        jobs.dispute(work, objecting, objection="It still hums.")
    clock.move(timedelta(days=5) - timedelta(seconds=1))
    with database.work() as work:
        assert jobs.sign_off_overdue(work) == 0
    clock.move(timedelta(seconds=1))
    with database.work() as work:
        assert jobs.sign_off_overdue(work) == 1
        assert jobs.sign_off_overdue(work) == 0
    with database.work() as work:
        assert work.get(Job, quiet).state == "signed_off"
        assert line_of(work, quiet).delivered == 1
        assert work.get(Job, objecting).state == "disputed"
        assert line_of(work, objecting).delivered == 0
        assert facts_of(work, quiet)[-1][0] == "job.signed_off"


def test_disputed_work_is_done_again_and_its_days_begin_again(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        key = a_finished_job(work, company)
        jobs.dispute(work, key, objection="It still hums.")
        jobs.rework(work, key, team_id=company.south, starts_at=TUESDAY_TEN, duration=HOUR)
    clock.move(timedelta(days=6))
    with database.work() as work:
        assert jobs.sign_off_overdue(work) == 0
        jobs.depart(work, key)
        jobs.arrive(work, key)
        jobs.finish(work, key, report="Now it is quiet.")
        assert jobs.sign_off_overdue(work) == 0
        jobs.sign_off(work, key, by="Ada Lind")
        assert line_of(work, key).delivered == 1


def test_work_is_delivered_once_however_often_and_by_whomever_it_is_signed_off(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        key = a_finished_job(work, company)
    clock.move(timedelta(days=5))
    answers = at_once(
        database,
        [
            lambda work: jobs.sign_off(work, key, by="Ada Lind"),
            jobs.sign_off_overdue,
            lambda work: jobs.sign_off(work, key, by="Ada Lind"),
            jobs.sign_off_overdue,
        ],
    )
    done = [answer for answer in answers if answer in (None, 1)]
    assert len(done) == 1
    assert all(
        answer in (None, 0, 1) or isinstance(answer, InvalidTransition) for answer in answers
    )
    with database.work() as work:
        assert (line_of(work, key).shipped, line_of(work, key).delivered) == (1, 1)
        assert [name for name, _ in facts_of(work, key)].count("order.delivered") == 1


def test_signing_off_work_of_an_order_canceled_meanwhile_delivers_nothing(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        key = a_finished_job(work, company)
        orders.cancel(work, key.home_id, key.order_id, reason="regret")
        jobs.sign_off(work, key, by="Ada Lind")
        assert (line_of(work, key).shipped, line_of(work, key).delivered) == (0, 0)


def test_jobs_of_a_canceled_order_are_canceled_and_their_times_free(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        key, done = a_job(work, company.shop), a_finished_job(work, company)
        jobs.schedule(work, key, team_id=company.south, starts_at=TUESDAY_TEN, duration=HOUR)
        orders.cancel(work, key.home_id, key.order_id, reason="regret")
        assert jobs.cancel_jobs(work, [key[:2], done[:2]]) == 1
        assert work.get(Job, key).state == "canceled"
        assert work.get(Job, done).state == "done"
        assert slots_of(work, key) == []


def test_words_are_asked_for_where_somebody_must_answer_for_them(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        key = a_finished_job(work, company)
        with pytest.raises(InvalidInput):
            jobs.sign_off(work, key, by=" ")
        with pytest.raises(InvalidInput):
            jobs.dispute(work, key, objection=" ")
        with pytest.raises(NotFound):
            jobs.depart(work, JobKey(company.cedar, key.order_id, 9))


# ------------------------------------------------------------------------- small parts


def at_once(database: Database, deeds: list[Callable[[Any], Any]]) -> list[Any]:
    """What each deed gives, or refuses, when all begin at once, each in a Work of its own."""
    gate = Barrier(len(deeds))

    def one(deed: Callable[[Any], Any]) -> Any:
        try:
            with database.work(DISPATCHER) as work:
                work.value("SELECT 1")
                gate.wait(PATIENCE)
                return deed(work)
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def local(times: list[datetime]) -> list[str]:
    """The times as the clock in Stockholm shows them."""
    return [f"{at.astimezone(STOCKHOLM):%H:%M}" for at in times]


def line_of(work: Work, key: JobKey) -> Any:
    return work.row(
        """SELECT * FROM order_line
            WHERE home_id = %(home)s AND order_id = %(order)s AND line_no = %(line)s""",
        home=key.home_id,
        order=key.order_id,
        line=key.line_no,
    )


def order_of(work: Work, key: JobKey) -> Any:
    return work.row(
        "SELECT * FROM orders WHERE home_id = %(home)s AND id = %(order)s",
        home=key.home_id,
        order=key.order_id,
    )


def slots_of(work: Work, key: JobKey) -> list[Any]:
    return work.rows(
        "SELECT * FROM job_slot WHERE order_id = %(order)s ORDER BY starts_at", order=key.order_id
    )


def facts_of(work: Work, key: JobKey) -> list[tuple[str, str]]:
    rows = work.rows(
        """SELECT name, subject FROM fact
            WHERE subject = %(subject)s
               OR (subject = %(order)s AND name IN ('order.shipped', 'order.delivered'))
            ORDER BY recorded_at, id""",
        subject=key.subject,
        order=str(key.order_id),
    )
    return [tuple(row) for row in rows]
