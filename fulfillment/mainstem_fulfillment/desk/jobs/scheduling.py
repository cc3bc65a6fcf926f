"""A job given a team and a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form, FormFields, whole_number
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import SERVICE, HttpRequest, HttpResponse
from mainstem_fulfillment import jobs
from mainstem_fulfillment.desk.jobs.board import CALENDAR_YEARS
from mainstem_fulfillment.desk.jobs.job import BASE, JOB
from mainstem_fulfillment.jobs import JobKey


class Booking(Document):
    """A team, when it begins, and for how long."""

    team: int = Field(ge=1, le=2**62, title="Team", description="The `team_id` of a free time.")
    starts_at: datetime = Field(title="Begins", description="With its offset from UTC.")
    half_hours: int = Field(ge=1, le=jobs.HALF_HOURS_MAX, title="Half hours")


def _schedule(work: Work, body: Booking, *, home: int, order: UUID, line: int) -> str | Told:
    """Give the job a time and a team: the first one, another one, or one to put it right.

    The same time again changes nothing.
    """
    if not _is_on_the_calendar(body.starts_at):
        raise InvalidInput(
            Problem("/starts_at", "invalid_field", "Send an instant with its offset from UTC.")
        )
    key, duration = JobKey(home, order, line), body.half_hours * jobs.HALF_HOUR
    card = jobs.queries.page(work, key).card
    wanted = (body.team, body.starts_at, body.starts_at + duration)
    if card.state == "scheduled" and (card.team_id, card.starts_at, card.ends_at) == wanted:
        return Told("The time is booked.", outcome="done_before")
    verbs = {"disputed": jobs.rework, "unscheduled": jobs.schedule}
    verb = verbs.get(card.state, jobs.reschedule)
    verb(work, key, team_id=body.team, starts_at=body.starts_at, duration=duration)
    return "The time is booked."


def _is_on_the_calendar(at: datetime) -> bool:
    return at.tzinfo is not None and at.year in CALENDAR_YEARS


class ShownFields(FormFields):
    """Which free times were shown: of how many half hours, and from which day on."""

    hours: str = ""
    from_: str = Field("", alias="from")


class TimeFields(ShownFields):
    """The free time that was chosen."""

    time: str = ""


def _read(work: Work, form: Form, **_: Any) -> Booking:
    """The free time that was chosen. A form's times are all of the calendar."""
    sent = form.into(TimeFields)
    said, _space, at = sent.time.partition(" ")
    team, half_hours = whole_number(said), whole_number(sent.hours, digits=2) or 0
    try:
        starts_at = datetime.fromisoformat(at)
        if not team or not _is_on_the_calendar(starts_at):
            raise ValueError
        if not 1 <= half_hours <= jobs.HALF_HOURS_MAX:
            raise ValueError
    except ValueError:
        raise InvalidInput(Problem("/time", "missing", "Choose one of the free times.")) from None
    return Booking(team=team, starts_at=starts_at, half_hours=half_hours)


SCHEDULE = Command(
    name="schedule_job",
    path=f"{BASE}/schedule",
    do=_schedule,
    body=Booking,
    read=_read,
    example={"team": 1, "starts_at": "2026-03-04T08:00:00+01:00", "half_hours": 4},
    scope="jobs:write",
    roles=SERVICE,
    tag="Jobs",
)


@form_of(SCHEDULE)
def schedule(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
) -> HttpResponse:
    """Book it; where it cannot be booked, the page shows the times of the same length and days."""
    target = {"home": home, "order": order, "line": line}
    sent = form.into(ShownFields)
    screen = JOB.of(JobKey(home, order, line), sent.hours, sent.from_)
    return screen.act(request, work, lambda: SCHEDULE.sent(work, form, target), form)


commands = [SCHEDULE]
routes = [schedule]
