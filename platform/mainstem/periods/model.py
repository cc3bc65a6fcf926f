"""A period as it is kept: its days, its plan, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import Work
from mainstem.periods.spans import Every, begins, name_of

Progress = Callable[[str, int], None]
"""Is told how far a preview or a close has come: `read`, `worked_out`, `kept` or `booked`, and of how many."""


def in_silence(step: str, many: int) -> None:
    """Progress that nobody waits for."""


COLUMNS = """starts_on, ends_on, every, counted_at, zone, plan_version, plan_hash, state, figured_at, preview,
       previewed_by, previewed_at, outcome_hash, closed_by, closed_at"""


@dataclass(frozen=True, slots=True)
class Period:
    """A row of `period`. It is open, previewed, or closed for ever."""

    starts_on: date
    ends_on: date
    every: Every
    counted_at: str
    zone: str
    plan_version: int
    plan_hash: str
    state: str
    figured_at: datetime
    preview: int
    previewed_by: str | None
    previewed_at: datetime | None
    outcome_hash: str | None
    closed_by: str | None
    closed_at: datetime | None

    @property
    def name(self) -> str:
        """`2026-03`, `2026-Q1` or `2026`."""
        return name_of(self.starts_on, self.every)

    @property
    def last_day(self) -> date:
        """The last day that is part of it."""
        return self.ends_on - timedelta(days=1)

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return begins(self.starts_on, ZoneInfo(self.zone))

    @property
    def ends_at(self) -> datetime:
        """The first instant after it."""
        return begins(self.ends_on, ZoneInfo(self.zone))


class PeriodNotOver(Refused):
    """Its last sale has not been made."""

    code: ClassVar[str] = "period_not_over"
    message: ClassVar[str] = "{period} is not over: it can be previewed from {day} on."


class PeriodClosed(Refused):
    """What was closed stays."""

    code: ClassVar[str] = "period_closed"
    message: ClassVar[str] = "{period} is closed. What comes later is settled by itself."


class PreviewFirst(Refused):
    """Nobody has looked at what it would pay."""

    code: ClassVar[str] = "preview_first"
    message: ClassVar[str] = "Preview {period} first: nobody has seen what it would pay."


class PreviewOutdated(Refused):
    """What it would pay now is not what was previewed."""

    code: ClassVar[str] = "preview_outdated"
    message: ClassVar[str] = (
        "Something has changed since {period} was previewed. Preview it again and look at the difference."
    )


class EarlierPeriodFirst(Refused):
    """Ranks are kept from one period to the next, so they are closed in their order."""

    code: ClassVar[str] = "earlier_period_first"
    message: ClassVar[str] = "Close {period} first: ranks go on from one period to the next."


class SamePerson(Refused):
    """Whoever previewed it is not the second person."""

    code: ClassVar[str] = "same_person"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "You previewed this period yourself. Somebody else has to close it."


class MayNotClose(Refused):
    """Closing is not the reader's to do."""

    code: ClassVar[str] = "may_not_close"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "Only finance closes periods. Ask a colleague there."


def period(work: Work, starts_on: date, *, lock: bool = False) -> Period:
    """The period that begins on a day, locked to be changed where asked. Raises NotFound."""
    found = work.rows_as(
        Period,
        f"SELECT {COLUMNS} FROM period WHERE starts_on = %(day)s" + (" FOR UPDATE" if lock else ""),
        day=starts_on,
    )
    if not found:
        raise NotFound("period")
    return found[0]
