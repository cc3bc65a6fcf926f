"""Service jobs, and when a team could do them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import AliasPath, Field

from mainstem.api.company.listing import Listing, Row, list_route, show_route
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem_fulfillment import jobs
from mainstem_fulfillment.jobs import JobKey

SCOPE, TAG = "jobs:read", "Jobs"
JOB = "/jobs/{home:int}/{order:uuid}/{line:int}"
_VIEWS = {
    "unscheduled": jobs.queries.unscheduled,
    "under_way": jobs.queries.under_way,
    "sign_off": jobs.queries.awaiting_sign_off,
}


class CompanyJob(Row):
    """A job in a list. `home`, `order` and `line` lead to it."""

    home: int = Field(validation_alias=AliasPath("key", "home_id"))
    order: UUID = Field(validation_alias=AliasPath("key", "order_id"))
    line: int = Field(validation_alias=AliasPath("key", "line_no"))
    number: str = Field(validation_alias="order_number")
    state: str
    service: str
    client: str
    phone: str
    street: str
    postal_code: str
    city: str
    team_id: int | None
    team: str
    starts_at: datetime | None
    ends_at: datetime | None
    done_at: datetime | None
    wanted_on: date | None


class JobStep(Row):
    """A step, and whether it can be taken now."""

    name: str
    allowed: bool


class CompanyJobDetails(Row):
    """A job with what was reported and objected, and the steps that it may take."""

    job: CompanyJob = Field(validation_alias="card")
    report: str
    objection: str
    signs_off_at: datetime | None
    signed_off_at: datetime | None
    signed_off_by: str | None
    steps: list[JobStep] = Field(validation_alias="actions")


class TeamTimes(Row):
    """When one team could begin."""

    team: int = Field(validation_alias="team_id")
    code: str
    name: str
    starts: list[datetime]


class FreeTimes(Row):
    """When each team that performs the job could begin it."""

    teams: list[TeamTimes]


def _read(work: Work, *, home: int, order: UUID, line: int) -> Any:
    """One job, with the steps that it may take."""
    return jobs.queries.page(work, JobKey(home, order, line))


def _times(
    work: Work,
    *,
    home: int,
    order: UUID,
    line: int,
    first_day: date | None,
    half_hours: int | None,
) -> dict[str, Any]:
    """When each team that performs the job, where the client lives, could begin it: on five days
    from one on. What the job itself holds counts as free."""
    key = JobKey(home, order, line)
    jobs.queries.page(work, key)
    today = work.now().astimezone(work.tools.zone).date()
    first = max(first_day or today, today)
    if (first - today).days > 3650:
        raise InvalidInput(Problem("/from", "out_of_range", "Give a day, from today on."))
    duration = half_hours * jobs.HALF_HOUR if half_hours else None
    return {"teams": jobs.free_slots(work, key, first_day=first, duration=duration)}


def _find(work: Work, *, view: str, **page: Any) -> Page[Any]:
    return _VIEWS[view](work, **page)


View = Annotated[
    Literal["unscheduled", "under_way", "sign_off"],
    QueryParameter(
        name="view",
        description="`unscheduled`: without a time; `under_way`: with one; `sign_off`: done, and not"
        " accepted yet",
    ),
]
From = Annotated[date | None, QueryParameter(name="from", description="The first day; today")]
HalfHours = Annotated[
    int | None,
    QueryParameter(
        description="How long; as long as a visit for the service takes",
        ge=1,
        le=jobs.HALF_HOURS_MAX,
    ),
]

routes = [
    list_route(
        Listing(
            name="list_jobs",
            path="/jobs",
            row=CompanyJob,
            scope=SCOPE,
            tag=TAG,
            words="Open jobs of one view: those that wait longest, or come next, come first.",
            find=_find,
            filters={"view": (View, "unscheduled")},
        )
    ),
    show_route(JOB, CompanyJobDetails, _read, name="show_job", scope=SCOPE, tag=TAG),
    show_route(
        f"{JOB}/times",
        FreeTimes,
        _times,
        name="show_free_times",
        scope=SCOPE,
        tag=TAG,
        parameters={"first_day": (From, None), "half_hours": (HalfHours, None)},
    ),
]
