"""How long the desk has: five working days of the company's, counted from the day after it was asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mainstem.calendar import add_working_days, is_working_day, place_of_zone

ANSWER_DAYS = 5
"""Working days."""


def due_after(asked_at: datetime, zone: ZoneInfo) -> date:
    """The last day on which an inquiry is answered in time, by the company's calendar."""
    return add_working_days(asked_at.astimezone(zone).date(), ANSWER_DAYS, place_of_zone(zone))


def days_left(today: date, due_on: date, zone: ZoneInfo) -> int:
    """How many working days are left to answer, the last one included; below zero once it is over."""
    place = place_of_zone(zone)
    first, last = sorted((today, due_on))
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    count = sum(is_working_day(day, place) for day in days)
    # Over is over, also at a weekend: the day after is a day late.
    return count if today <= due_on else -max(count, 1)
