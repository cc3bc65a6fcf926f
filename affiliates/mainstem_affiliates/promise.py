"""What we promise about delivery: said on the product, kept on the order, seen by the affiliate."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WORKING_DAYS_MIN, WORKING_DAYS_MAX = 2, 5


def by(paid_at: datetime, zone: ZoneInfo) -> date:
    """The day by which goods paid at an instant are with the client: so many working days on."""
    day, left = paid_at.astimezone(zone).date(), WORKING_DAYS_MAX
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day
