"""What we promise about delivery: said on the product, kept on the order from its payment on."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from mainstem.calendar import add_working_days, place_of

WORKING_DAYS = 5


def promised_on(paid_at: datetime, country: str, postal_code: str, zone: ZoneInfo) -> date:
    """The day by which goods paid at an instant are with the client: so many days on which people
    work where the client lives, from the company's day on which the money came."""
    return add_working_days(
        paid_at.astimezone(zone).date(), WORKING_DAYS, place_of(country, postal_code)
    )


def is_late(promised: date | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a promised day is over. Of what has arrived, nobody asks."""
    return promised is not None and promised < now.astimezone(zone).date()
