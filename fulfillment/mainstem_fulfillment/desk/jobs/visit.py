"""The visit: on the way, at the client's, done."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
)
from mainstem_fulfillment import jobs
from mainstem_fulfillment.desk.jobs.job import BASE, JOB
from mainstem_fulfillment.jobs import JobKey


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
    return JOB.of(key).do(request, work, lambda: jobs.depart(work, key), "They are on their way.")


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
    return JOB.of(key).do(request, work, lambda: jobs.arrive(work, key), "They are there.")


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
    return JOB.of(key).do(
        request,
        work,
        lambda: jobs.finish(work, key, report=form["report"]),
        "The work is reported. The client has five days to object.",
        form,
    )


routes = [depart, arrive, finish]
