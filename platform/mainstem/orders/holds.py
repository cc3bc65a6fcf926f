"""Holds: from when a line's commission is payable, by the calendar that counts the client's right.

The rule is frozen on the line when it is ordered; the days are counted when it has arrived.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from mainstem.calendar import WITHDRAWAL_DAYS, period_ends, place_of, withdrawal_ends
from mainstem.calendar import payable_on as company_day


class Arrived(Protocol):
    """Lines of one kind of one order, as they were read: its address, and what came when."""

    kind: str
    hold_days: int
    placed_at: datetime
    delivered_at: datetime | None
    country: str
    postal_code: str | None


def payable_on(row: Arrived, zone: ZoneInfo) -> date:
    """The company's day on which the hold and the client's right to withdraw are both over, everywhere.

    The hold counts from when the goods were received or the service was performed. So does the right
    to withdraw from goods; from a service it counts from the contract, however late it is performed.
    """
    place = place_of(row.country, row.postal_code or "")
    since = row.delivered_at or row.placed_at
    held = period_ends(since, max(row.hold_days, WITHDRAWAL_DAYS), place)
    right = withdrawal_ends(since if row.kind == "goods" else row.placed_at, place)
    return company_day(max(held, right, key=lambda ending: ending.over_at), zone)
