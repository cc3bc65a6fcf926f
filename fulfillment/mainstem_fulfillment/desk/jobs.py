"""Jobs: paid services, from a time in a team's day to work that the client has accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from babel.dates import format_date
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.forms import Form, whole_number
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff import words
from mainstem.web.staff.layout import (
    ORDERS,
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    fact_in_words,
    layout_of,
    names_of,
    reader_of,
    refused,
    said,
    show,
    tone_of,
)
from mainstem_fulfillment import jobs
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.jobs import JobCard, JobKey, JobView, TeamDay

HALF_HOURS = (2, 3, 4, 6, 8, 10, 12, 16)
DAYS_SHOWN = 5
HALF_HOURS_MAX = 24
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


class WaitingJobs(Page, kw_only=True):
    """Jobs without a time, and finished ones that are not accepted."""

    view: str
    jobs: list[JobCard]
    listing: Listing
    counts: dict[str, int]


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


class Choice(msgspec.Struct, frozen=True):
    """A time at which a team could begin."""

    value: str
    label: str
    team: str
    day: Any


class JobPage(Page, kw_only=True):
    """One job. `may` says for each action whether, `why` why not."""

    job: JobView
    url: str
    may: dict[str, bool]
    why: dict[str, str]
    step: str
    duration: int
    durations: list[tuple[int, str]]
    first_day: date
    earlier: date | None
    later: date
    days: list[tuple[date, list[tuple[str, list[Choice]]]]]
    able: bool
    decision: str
    candidates: list[tuple[str, int, str]]
    order_url: str
    timeline: list[Event]


@get("/jobs", sync_to_thread=True)
def waiting(
    request: HttpRequest, work: NamedDependency[Work], view: FromQuery[str] = "unscheduled"
) -> HttpResponse:
    """Jobs that wait for somebody at the desk."""
    view = view if view == "sign-off" else "unscheduled"
    language = language_of(request)
    text = listing.text(
        request,
        "q",
        language.text("Client or number"),
        language.text("Name, phone, e-mail, number"),
    )
    read = jobs.queries.awaiting_sign_off if view == "sign-off" else jobs.queries.unscheduled
    found = read(work, text=text.value, cursor=listing.cursor_of(request))
    page = WaitingJobs(
        **layout_of(request, work, "jobs"),
        view=view,
        jobs=found.rows,
        listing=listing.build("/desk/jobs", found, text, view=view),
        counts=_counts(work),
    )
    return show(request, "desk/jobs.html", page)


def _counts(work: Work) -> dict[str, int]:
    row = work.row(
        """SELECT count(*) FILTER (WHERE state = 'unscheduled') AS unscheduled,
                  count(*) FILTER (WHERE state IN ('done', 'disputed')) AS sign_off
             FROM job WHERE state IN ('unscheduled', 'done', 'disputed')"""
    )
    assert row is not None, "an aggregate has a row"
    return {"unscheduled": row.unscheduled, "sign_off": row.sign_off}


@get("/jobs/board", sync_to_thread=True)
def board(
    request: HttpRequest, work: NamedDependency[Work], day: FromQuery[str] = ""
) -> HttpResponse:
    """Every team's day, half hour by half hour."""
    today = work.now().astimezone(work.tools.zone).date()
    shown = _day(day, today)
    language = language_of(request)
    rows = [
        Row(team, _slots(work, team), _length(language, team.free))
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
        counts=_counts(work),
    )
    return show(request, "desk/board.html", page)


def _day(text: str, otherwise: date) -> date:
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
        at += timedelta(minutes=30)
    return slots


def _length(language: Any, time: timedelta) -> str:
    hours = time / timedelta(hours=1)
    return str(language.text("{hours} h").format(hours=f"{hours:g}".replace(".", ",")
               if language.locale == "sv" else f"{hours:g}"))  # fmt: skip


# ------------------------------------------------------------------------- one job

BASE = "/jobs/{home:int}/{order:uuid}/{line:int}"


@get(BASE, sync_to_thread=True)
def job(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
    hours: FromQuery[str] = "",
    day: FromQuery[str] = "",
) -> HttpResponse:
    """One job, with the times that are free for it."""
    key = JobKey(home, order, line)
    return show(request, "desk/job.html", _page(request, work, key, hours, day))


def _page(request: HttpRequest, work: Work, key: JobKey, hours: str = "", day: str = "") -> JobPage:
    language = language_of(request)
    view = jobs.queries.page(work, key)
    may = {action.name: action.allowed for action in view.actions}
    step = next((name for name in ("schedule", "reschedule", "rework") if may[name]), "")
    half_hours = _half_hours(hours, view.card)
    today = work.now().astimezone(work.tools.zone).date()
    first = max(_day(day, today), today)
    free = (
        jobs.free_slots(
            work,
            key,
            first_day=first,
            days=DAYS_SHOWN,
            duration=timedelta(minutes=30 * half_hours),
        )
        if step
        else []
    )
    who = names_of(work, language, [entry.actor for entry in view.timeline])
    names = queries.team_names(work)
    return JobPage(
        **layout_of(request, work, "jobs"),
        job=view,
        url=_url(key),
        may=may,
        why={a.name: said(language, a.refusal) if a.refusal else "" for a in view.actions},
        step=step,
        duration=half_hours,
        durations=[(n, _length(language, timedelta(minutes=30 * n))) for n in HALF_HOURS],
        first_day=first,
        earlier=max(first - timedelta(days=7), today) if first > today else None,
        later=first + timedelta(days=7),
        days=_days(work, free, view.card.recommended),
        able=bool(free),
        decision=language.text(words.ROUTED.get(view.decision, view.decision)),
        candidates=[
            (
                names.get(one["team"], one["team"]),
                one["booked_half_hours"],
                language.text(words.CANDIDATE.get(one["why"], one["why"])),
            )
            for one in view.candidates
            if one["line_no"] == key.line_no
        ],
        order_url=(
            f"/console/orders/{key.home_id}/{key.order_id}"
            if reader_of(request).may(*ORDERS)
            else ""
        ),
        timeline=[
            Event(
                at=entry.at,
                text=fact_in_words(language, entry.fact),
                who=who.get(entry.actor, entry.actor),
                tone=tone_of(entry.fact),
            )
            for entry in reversed(view.timeline)
        ],
    )


def _half_hours(text: str, card: JobCard) -> int:
    if 1 <= (typed := whole_number(text, digits=2) or 0) <= HALF_HOURS_MAX:
        return typed
    if card.starts_at and card.ends_at:
        return max(1, (card.ends_at - card.starts_at) // timedelta(minutes=30))
    return 4


def _days(
    work: Work, free: list[jobs.FreeTimes], recommended: str
) -> list[tuple[date, list[tuple[str, list[Choice]]]]]:
    days: dict[date, dict[str, list[Choice]]] = {}
    for team in sorted(free, key=lambda team: (team.name != recommended, team.name)):
        for at in team.starts:
            local = at.astimezone(work.tools.zone)
            choice = Choice(
                f"{team.team_id} {at.isoformat()}", f"{local:%H:%M}", team.name, local.date()
            )
            days.setdefault(local.date(), {}).setdefault(team.name, []).append(choice)
    return [(day, list(days[day].items())) for day in sorted(days)]


def _url(key: JobKey) -> str:
    return f"/desk/jobs/{key.home_id}/{key.order_id}/{key.line_no}"


def _do(
    request: HttpRequest,
    work: Work,
    key: JobKey,
    verb: Callable[[], object],
    done: str,
    form: Form | None = None,
) -> HttpResponse:
    no = refused(work, verb)
    if no:
        hours = form["hours"] if form else ""
        day = form["from"] if form else ""
        return show(request, "desk/job.html", _page(request, work, key, hours, day), no, form)
    return redirect(request, _url(key), notice=language_of(request).text(done))


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

    return _do(request, work, key, book, "The time is booked.", form)


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


@post(f"{BASE}/departure", sync_to_thread=True)
def depart(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
) -> HttpResponse:
    """The team is on its way."""
    key = JobKey(home, order, line)
    return _do(request, work, key, lambda: jobs.depart(work, key), "They are on their way.")


@post(f"{BASE}/arrival", sync_to_thread=True)
def arrive(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
) -> HttpResponse:
    """The team is there."""
    key = JobKey(home, order, line)
    return _do(request, work, key, lambda: jobs.arrive(work, key), "They are there.")


@post(f"{BASE}/report", sync_to_thread=True)
def finish(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
) -> HttpResponse:
    """The work is done, and this is what was done."""
    key = JobKey(home, order, line)
    return _do(
        request,
        work,
        key,
        lambda: jobs.finish(work, key, report=form["report"]),
        "The work is reported. The client has five days to object.",
        form,
    )


@post(f"{BASE}/signature", sync_to_thread=True)
def sign_off(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
) -> HttpResponse:
    """The client has accepted the work, and told us."""
    key = JobKey(home, order, line)
    return _do(
        request,
        work,
        key,
        lambda: jobs.sign_off(work, key, by=form["by"]),
        "The work is accepted. Its commission is on the way.",
        form,
    )


@post(f"{BASE}/objection", sync_to_thread=True)
def dispute(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    line: FromPath[int],
) -> HttpResponse:
    """The client says that it is not done, and told us."""
    key = JobKey(home, order, line)
    return _do(
        request,
        work,
        key,
        lambda: jobs.dispute(work, key, objection=form["objection"]),
        "The objection is saved. Book a time to correct it.",
        form,
    )


routes = [waiting, board, job, schedule, depart, arrive, finish, sign_off, dispute]
