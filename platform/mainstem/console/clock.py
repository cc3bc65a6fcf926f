"""The demo's clock: staff may let time pass, so that holds end and payouts come; never back."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from mainstem import payouts
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.settings import Settings
from mainstem.kit.work import Work

MOST = timedelta(days=366)


class ClockIsReal(Refused):
    """In production time passes by itself."""

    code: ClassVar[str] = "clock_is_real"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "The clock is moved in demo mode only. Here it is the real one."


def let_time_pass(work: Work, by: timedelta, *, settings: Settings) -> timedelta:
    """Move the company's clock ahead; how far it is ahead now. Raises ClockIsReal outside the demo.

    Work that is under way keeps its time; what begins after this commits has the new one.
    """
    if not settings.demo:
        raise ClockIsReal
    if not timedelta(0) < by <= MOST:
        raise InvalidInput(
            Problem("/by", "out_of_range", "Move it forward by an hour to a year; never back.")
        )
    ahead = work.value("UPDATE demo_clock SET ahead = ahead + %(by)s RETURNING ahead", by=by)
    assert isinstance(ahead, timedelta)
    payouts.refresh_demo_rates(work, work.now() + by)
    record(work, "company.clock_moved", f"+{by}")
    return ahead
