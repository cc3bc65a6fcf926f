"""The page of the demo's clock: the company's time beside the real one, and moved forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency

from mainstem.console.clock import ClockIsReal, let_time_pass
from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.settings import Settings
from mainstem.kit.work import Work
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, refused, show


class ClockPage(Page, kw_only=True):
    """The company's time beside the real one."""

    real_time: datetime
    ahead: timedelta


@get("/clock", sync_to_thread=True)
def clock(
    request: HttpRequest, work: NamedDependency[Work], settings: NamedDependency[Settings]
) -> HttpResponse:
    """The clock, in demo mode only."""
    if not settings.demo:
        raise NotFound("page")
    return show(request, "console/clock.html", _clock(request, work))


def _clock(request: HttpRequest, work: Work) -> ClockPage:
    return ClockPage(
        **layout_of(request, work, "clock"),
        real_time=datetime.now(UTC),
        ahead=work.value("SELECT ahead FROM demo_clock"),
    )


class ClockFields(FormFields):
    """How much time is to pass, and how far ahead the clock was, in seconds, when that was asked."""

    days: Annotated[int | None, whole(digits=6)] = 0
    hours: Annotated[int | None, whole(digits=6)] = 0
    ahead: str = ""


@post("/clock", sync_to_thread=True)
def move_clock(
    request: HttpRequest,
    work: NamedDependency[Work],
    settings: NamedDependency[Settings],
    form: NamedDependency[Form],
) -> HttpResponse:
    """Let time pass. The form says how far ahead the clock was, so that sent twice it moves once."""
    sent_again = False

    def do() -> None:
        nonlocal sent_again
        sent = form.into(ClockFields)
        by = _span(sent)
        if settings.demo:
            ahead = work.value("SELECT ahead FROM demo_clock FOR UPDATE")
            sent_again = sent.ahead != str(int(ahead.total_seconds()))
        if not sent_again:
            let_time_pass(work, by, settings=settings)

    no = refused(work, do)
    if isinstance(no, ClockIsReal):
        raise no
    if no:
        return show(request, "console/clock.html", _clock(request, work), no, form)
    language = language_of(request)
    words = (
        "The clock had been moved already." if sent_again else "The clock has been moved forward."
    )
    return redirect(request, "/console/clock", notice=language.text(words))


def _span(sent: ClockFields) -> timedelta:
    if sent.days is None or sent.hours is None:
        raise InvalidInput(Problem("/days", "invalid_field", "Count in whole days and hours."))
    return timedelta(days=sent.days, hours=sent.hours)


routes = [clock, move_clock]
