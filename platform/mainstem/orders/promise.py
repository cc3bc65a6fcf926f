"""What we promise about delivery: said on the product, kept on the order from its payment on."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from mainstem.calendar import add_working_days, place_of, place_of_zone

HANDLING_DAYS = 2
"""From the payment to the carrier: days on which the company works."""
TRANSIT_DAYS = 3
"""From the carrier to the client: days on which people work where the client lives."""


def promised_on(paid_at: datetime, country: str, postal_code: str, zone: ZoneInfo) -> date:
    """The day by which goods paid at an instant are with the client, counted from the company's day
    on which the money came.

    Nobody packs where the company keeps a day free, and nobody delivers where the client does. Which
    location packs is decided after the payment, so the company's own country counts for all of them.
    """
    dispatched = add_working_days(
        paid_at.astimezone(zone).date(), HANDLING_DAYS, place_of_zone(zone)
    )
    return add_working_days(dispatched, TRANSIT_DAYS, place_of(country, postal_code))


def is_late(promised: date | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a promised day is over. Of what has arrived, nobody asks."""
    return promised is not None and promised < now.astimezone(zone).date()
