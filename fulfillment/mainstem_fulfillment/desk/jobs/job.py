"""The page of one job."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from mainstem import withdrawals
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff import words
from mainstem.web.staff.layout import (
    ADMIN,
    ORDERS,
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    fact_in_words,
    layout_of,
    names_of,
    reader_of,
    said,
    tone_of,
)
from mainstem.web.staff.screen import Screen, Screens
from mainstem_fulfillment import jobs
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.desk.jobs.board import day_in, length_of
from mainstem_fulfillment.desk.jobs.free_times import HALF_HOURS, Choice, by_day, half_hours_of
from mainstem_fulfillment.jobs import JobKey, JobView

DAYS_SHOWN = 5


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
    needs_length: bool
    length_url: str
    decision: str
    candidates: list[tuple[str, int, str]]
    order_url: str
    not_before: date | None
    """The last day on which the client may withdraw, where they have not asked us to begin before."""
    timeline: list[Event]


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
    return JOB.of(JobKey(home, order, line), hours, day).show(request, work)


def page_of(
    request: HttpRequest, work: Work, key: JobKey, hours: str = "", day: str = ""
) -> JobPage:
    """The job, with the times that are free for a visit of so many half hours from a day on."""
    language = language_of(request)
    view = jobs.queries.page(work, key)
    may = {action.name: action.allowed for action in view.actions}
    step = next((name for name in ("schedule", "reschedule", "rework") if may[name]), "")
    half_hours = half_hours_of(hours, view)
    today = work.now().astimezone(work.tools.zone).date()
    first = max(day_in(day, today), today)
    free = (
        jobs.free_slots(
            work,
            key,
            first_day=first,
            days=DAYS_SHOWN,
            duration=half_hours * jobs.HALF_HOUR,
        )
        if step and view.visit
        else []
    )
    who = names_of(work, language, [entry.actor for entry in view.timeline])
    names = queries.team_names(work)
    return JobPage(
        **layout_of(request, work, "jobs"),
        job=view,
        url=url_of(key),
        may=may,
        why={a.name: said(language, a.refusal) if a.refusal else "" for a in view.actions},
        step=step,
        duration=half_hours,
        durations=[
            (n, length_of(language, n * jobs.HALF_HOUR)) for n in sorted({*HALF_HOURS, half_hours})
        ],
        first_day=first,
        earlier=max(first - timedelta(days=7), today) if first > today else None,
        later=first + timedelta(days=7),
        days=by_day(work, free, view.card.recommended),
        able=bool(free),
        needs_length=view.visit is None,
        length_url=(
            f"/console/setup/products/edit?key={view.product}"
            if reader_of(request).may(*ADMIN)
            else ""
        ),
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
        not_before=withdrawals.may_not_begin_until(work, key.home_id, key.order_id)
        if step == "schedule"
        else None,
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


def url_of(key: JobKey, hours: str = "", day: str = "") -> str:
    """Where the job's page is."""
    return f"/desk/jobs/{key.home_id}/{key.order_id}/{key.line_no}"


JOB = Screens("desk/job.html", page_of, url_of)


def of_job(home: int, order: UUID, line: int) -> Screen:
    """The page of the job that an address names."""
    return JOB.of(JobKey(home, order, line))


routes = [job]
