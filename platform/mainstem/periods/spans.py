"""The months, quarters and years of the company: when each begins and ends, and what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from mainstem.calendar import add_months

Every = Literal["month", "quarter", "year"]
_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
_NAME = re.compile(r"(\d{4})(?:-(?:(\d{2})|Q([1-4])))?")


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a period: from its first up to, and not including, the next one's first."""

    starts_on: date
    every: Every

    @property
    def ends_on(self) -> date:
        """The first day that is no part of it."""
        return add_months(self.starts_on, _MONTHS[self.every])

    @property
    def name(self) -> str:
        """`2026-03`, `2026-Q1` or `2026`."""
        return name_of(self.starts_on, self.every)

    @property
    def next(self) -> Span:
        """The one after it."""
        return Span(self.ends_on, self.every)


def span_of(day: date, every: Every) -> Span:
    """The month, quarter or year that a day is in."""
    months = _MONTHS[every]
    return Span(date(day.year, (day.month - 1) // months * months + 1, 1), every)


def name_of(starts_on: date, every: str) -> str:
    """What a period is called that begins on a day."""
    if every == "year":
        return f"{starts_on.year:04}"
    if every == "quarter":
        return f"{starts_on.year:04}-Q{(starts_on.month + 2) // 3}"
    return f"{starts_on.year:04}-{starts_on.month:02}"


def day_of_name(name: str) -> date | None:
    """The first day of what is called so; None where nothing is."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    year, month, quarter = found.groups()
    number = int(month) if month else (int(quarter) - 1) * 3 + 1 if quarter else 1
    return date(int(year), number, 1) if int(year) and 1 <= number <= 12 else None


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day in a zone."""
    return datetime.combine(day, time(), zone)
