"""Jobs that wait for a time or a signature."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    show,
)
from mainstem_fulfillment import jobs
from mainstem_fulfillment.jobs import JobCard


class WaitingJobs(Page, kw_only=True):
    """Jobs without a time, and finished ones that are not accepted."""

    view: str
    jobs: list[JobCard]
    listing: Listing
    counts: dict[str, int]


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
        counts=counts_of(work),
    )
    return show(request, "desk/jobs.html", page)


def counts_of(work: Work) -> dict[str, int]:
    """How many jobs wait for what."""
    row = work.row(
        """SELECT count(*) FILTER (WHERE state = 'unscheduled') AS unscheduled,
                  count(*) FILTER (WHERE state IN ('done', 'disputed')) AS sign_off
             FROM job WHERE state IN ('unscheduled', 'done', 'disputed')"""
    )
    assert row is not None, "an aggregate has a row"
    return {"unscheduled": row.unscheduled, "sign_off": row.sign_off}


routes = [waiting]
