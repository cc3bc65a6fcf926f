"""The board: every team's day, half hour by half hour."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
from babel.dates import format_date
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    show,
)
from mainstem_fulfillment import jobs
from mainstem_fulfillment.desk.jobs.waiting import counts_of
from mainstem_fulfillment.jobs import JobCard, TeamDay

CALENDAR_YEARS = range(2000, 2200)

DAYS_AWAY_MAX = 3650


class Slot(msgspec.Struct, frozen=True):
    """One half hour of a team's day: free, held by a job, or before now."""

    clock: str
    job: JobCard | None
    begins: bool
    past: bool


class Row(msgspec.Struct, frozen=True):
    """One team's day on the board."""

    team: TeamDay
    slots: list[Slot]
    free: str


class Board(Page, kw_only=True):
    """One day of every team."""

    view: str
    shown: date
    weekday: str
    before: date
    after: date
    is_today: bool
    rows: list[Row]
    counts: dict[str, int]


@get("/jobs/board", sync_to_thread=True)
def board(
    request: HttpRequest, work: NamedDependency[Work], day: FromQuery[str] = ""
) -> HttpResponse:
    """Every team's day, half hour by half hour."""
    today = work.now().astimezone(work.tools.zone).date()
    shown = day_in(day, today)
    language = language_of(request)
    rows = [
        Row(team, _slots(work, team), length_of(language, team.free))
        for team in jobs.queries.day_board(work, shown)
    ]
    page = Board(
        **layout_of(request, work, "jobs"),
        view="board",
        shown=shown,
        weekday=str(format_date(shown, "EEEE", locale=language.locale)).capitalize(),
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        is_today=shown == today,
        rows=rows,
        counts=counts_of(work),
    )
    return show(request, "desk/board.html", page)


def day_in(text: str, otherwise: date) -> date:
    """The day that an address names; another where it names none within reach."""
    try:
        day = date.fromisoformat(text) if text else otherwise
    except ValueError:
        return otherwise
    # The calendar has an end on both sides; nothing was booked a year ago or is in ten.
    return day if abs((day - otherwise).days) < DAYS_AWAY_MAX else otherwise


def _slots(work: Work, team: TeamDay) -> list[Slot]:
    if team.opens_at is None or team.closes_at is None:
        return []
    slots = []
    at = team.opens_at
    while at < team.closes_at:
        job = next(
            (j for j in team.jobs if j.starts_at and j.ends_at and j.starts_at <= at < j.ends_at),
            None,
        )
        clock = f"{at.astimezone(work.tools.zone):%H:%M}"
        slots.append(Slot(clock, job, bool(job and job.starts_at == at), at < work.now()))
        at += jobs.HALF_HOUR
    return slots


def length_of(language: Any, time: timedelta) -> str:
    """A length of time in the reader's words."""
    hours = time / timedelta(hours=1)
    return str(language.text("{hours} h").format(hours=f"{hours:g}".replace(".", ",")
               if language.locale == "sv" else f"{hours:g}"))  # fmt: skip


routes = [board]
