"""A job given a team and a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.forms import Form, whole_number
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
)
from mainstem_fulfillment import jobs
from mainstem_fulfillment.desk.jobs.board import CALENDAR_YEARS
from mainstem_fulfillment.desk.jobs.job import BASE, HALF_HOURS_MAX, JOB
from mainstem_fulfillment.jobs import JobKey


@post(f"{BASE}/schedule", sync_to_thread=True)
def schedule(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
) -> HttpResponse:
    """Give the job a time and a team: the first one, another one, or one to put it right.

    The same time again is the same answer, so a form that is sent twice is harmless.
    """
    key = JobKey(home, order, line)

    def book() -> None:
        team, starts_at, duration = _time(form)
        view = jobs.queries.page(work, key)
        card = view.card
        wanted = (team, starts_at, starts_at + duration)
        if card.state == "scheduled" and (card.team_id, card.starts_at, card.ends_at) == wanted:
            return
        verbs = {"disputed": jobs.rework, "unscheduled": jobs.schedule}
        verb = verbs.get(card.state, jobs.reschedule)
        verb(work, key, team_id=team, starts_at=starts_at, duration=duration)

    # Where it cannot be booked, the page shows the times of the same length and days.
    screen = JOB.of(key, form["hours"], form["from"])
    return screen.do(request, work, book, "The time is booked.", form)


def _time(form: Form) -> tuple[int, datetime, timedelta]:
    said, _, at = form["time"].partition(" ")
    team, half_hours = whole_number(said), whole_number(form["hours"], digits=2) or 0
    try:
        starts_at = datetime.fromisoformat(at)
        if team is None or starts_at.tzinfo is None or starts_at.year not in CALENDAR_YEARS:
            raise ValueError
        if not 1 <= half_hours <= HALF_HOURS_MAX:
            raise ValueError
    except ValueError:
        raise InvalidInput(Problem("/time", "missing", "Choose one of the free times.")) from None
    return team, starts_at, timedelta(minutes=30 * half_hours)


routes = [schedule]
