"""The client's word on finished work, as staff have heard it."""

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
    return JOB.of(key).do(
        request,
        work,
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
    return JOB.of(key).do(
        request,
        work,
        lambda: jobs.dispute(work, key, objection=form["objection"]),
        "The objection is saved. Book a time to correct it.",
        form,
    )


routes = [sign_off, dispute]
