"""The Plan Lab: a plan is tried over what was sold, by a worker, beside the version in force."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem import backtests, proposals, setup
from mainstem.backtests import BacktestRun
from mainstem.console.lab_told import ReportTold, told_of
from mainstem.console.setup.plan_text import plan_in
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.plan import book
from mainstem.proposals import Proposal
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    names_of,
)
from mainstem.web.staff.screen import Screen, Screens

RUNS = 20
LAB = "/plan/lab"


class LabPage(Page, kw_only=True):
    """What may be tried, and what was."""

    waiting: Proposal | None
    first: str
    last: str
    has_plan: bool
    rows: list[BacktestRun]
    states: dict[str, tuple[str, str]]
    who: dict[str, str]
    listing: Listing


class RunPage(Page, kw_only=True):
    """One run: how far it is, or what it came to."""

    it: BacktestRun
    state: tuple[str, str]
    who: dict[str, str]
    told: ReportTold | None


class Wanted(Document):
    """Which plan is tried over which months."""

    plan: str = Field(
        "",
        title="The plan, as TOML or JSON",
        description="Empty: the plan that waits to be published.",
    )
    from_month: str = Field(title="From the month", description="Such as 2026-01.")
    to_month: str = Field(title="To the month", description="This one, too.")


@get(LAB, sync_to_thread=True)
def lab(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What may be tried, and what was."""
    return LIST.show(request, work)


@get(f"{LAB}/{{run:uuid}}", sync_to_thread=True)
def show_run(
    request: HttpRequest, work: NamedDependency[Work], run: FromPath[UUID]
) -> HttpResponse:
    """One run."""
    return RUN.of(run).show(request, work)


def _list(request: HttpRequest, work: Work) -> LabPage:
    language, today = language_of(request), work.now().astimezone(work.tools.zone).date()
    found = backtests.runs(work, cursor=listing.cursor_of(request), most=RUNS)
    return LabPage(
        **layout_of(request, work, "money"),
        waiting=proposals.waiting(work),
        first=f"{today.year - 1}-{today.month:02}",
        last=f"{today.year}-{today.month:02}",
        has_plan=book.now(work) is not None,
        rows=found.rows,
        states=labelled(language, labels.BACKTEST_STATES),
        who=names_of(work, language, [row.asked_by for row in found.rows]),
        listing=listing.build(f"/console{LAB}", found),
    )


def _run(request: HttpRequest, work: Work, run: UUID) -> RunPage:
    language, it = language_of(request), backtests.run_of(work, run)
    report = backtests.report_of(work, run)
    return RunPage(
        **layout_of(request, work, "money"),
        it=it,
        state=labelled(language, labels.BACKTEST_STATES)[it.state],
        who=names_of(work, language, [it.asked_by]),
        told=told_of(work, language, report) if report else None,
    )


def _request(work: Work, body: Wanted) -> Told:
    """Have a worker work out what a plan would have paid for what was sold in some months, beside the version in
    force: outside the database, one at a time. Its result is kept."""
    first, last = _month(body.from_month, "/from_month"), _month(body.to_month, "/to_month")
    if body.plan.strip():
        document = plan_in(setup.resource("plan").model, body.plan, at="/plan")
    elif (waiting := proposals.waiting(work)) is not None:
        document = proposals.document_of(work, waiting.id)
    else:
        raise InvalidInput(Problem("/plan", "missing", "Say which plan is to be tried."))
    end = last.replace(day=monthrange(last.year, last.month)[1])
    backtests.request(work, document, first_on=first, last_on=end)
    return Told("The backtest has begun. Open it to see how far it is.")


def _month(text: str, pointer: str) -> date:
    found = re.fullmatch(r"(\d{4})-(\d{2})", text.strip())
    try:
        if found:
            return date(int(found[1]), int(found[2]), 1)
    except ValueError:
        pass
    raise InvalidInput(Problem(pointer, "invalid_field", "Write a month, such as 2026-01."))


def _cancel(work: Work, *, run: UUID) -> str:
    """Want a backtest no more: it stops with the month in hand."""
    backtests.cancel(work, run)
    return "Cancelled. Nothing of it is kept."


ASK = Command(
    name="request_backtest", path="/plan/backtests", page=LAB, do=_request, body=Wanted,
    example={"plan": "name = 'Better'", "from_month": "2026-01", "to_month": "2026-03"},
    scope="money:write", roles=MONEY, tag="Plan",
)  # fmt: skip
CANCEL = Command(
    name="cancel_backtest", path="/plan/backtests/{run:uuid}/cancellation",
    page=f"{LAB}/{{run:uuid}}/cancellation", do=_cancel, scope="money:write", roles=MONEY, tag="Plan",
)  # fmt: skip

LIST = Screen("console/lab.html", _list, f"/console{LAB}")
RUN = Screens("console/lab_run.html", _run, f"/console{LAB}/{{}}".format)
commands = [ASK, CANCEL]
routes = [
    lab,
    show_run,
    form_route(ASK, lambda: LIST),
    form_route(CANCEL, lambda run: RUN.of(run), refills=False),
]
