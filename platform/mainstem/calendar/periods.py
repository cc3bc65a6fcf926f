"""Periods that the law counts in days: when the client's right is over, and with it our hold.

Regulation (EEC, Euratom) No 1182/71: the day of the event is not counted (Article 3(1)), the period
ends with the last hour of its last day (3(2)(b)), and where that is a holiday, a Sunday or a Saturday,
with the last hour of the next working day (3(4)). What the trader owes is never prolonged by that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mainstem.calendar.days import next_working_day
from mainstem.calendar.places import Place

WITHDRAWAL_DAYS = 14
"""The client's right to withdraw (Directive 2011/83/EU, Article 9)."""
REFUND_DAYS = 14
"""Within which the trader pays back after a withdrawal (Article 13)."""

_ONE_DAY = timedelta(days=1)
_QUARTER = 15 * 60
"""Seconds. Everywhere a day begins at a quarter of an hour, so what falls into one counts alike."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a period: its last day where it ends, and the instant at which that day is over."""

    last_day: date
    over_at: datetime


def period_ends(since: datetime, days: int, place: Place) -> Ending:
    """The end of so many days after an event; where a place keeps several times, the latest end."""
    return _latest(int(since.timestamp()) // _QUARTER, days, place)


def withdrawal_ends(since: datetime, place: Place) -> Ending:
    """The end of the client's right to withdraw, counted from the day after an event.

    The event is that the last of the goods was received; for a service, that it was agreed.
    """
    return period_ends(since, WITHDRAWAL_DAYS, place)


def payable_on(ending: Ending, zone: ZoneInfo) -> date:
    """The first day of the company that begins when the period is over where it had to be."""
    local = ending.over_at.astimezone(zone)
    begins = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return local.date() if local == begins else local.date() + _ONE_DAY


def refund_due_on(notice: datetime, place: Place) -> date:
    """The day by which a withdrawal's money must have gone back, whatever day of the week it is."""
    first = min(notice.astimezone(ZoneInfo(zone)).date() for zone in place.zones)
    return first + timedelta(days=REFUND_DAYS)


@lru_cache(maxsize=65536)
def _latest(quarter: int, days: int, place: Place) -> Ending:
    since = datetime.fromtimestamp(quarter * _QUARTER, UTC)
    endings = (_ending(since, days, place, zone) for zone in place.zones)
    return max(endings, key=lambda ending: ending.over_at)


def _ending(since: datetime, days: int, place: Place, zone: str) -> Ending:
    there = ZoneInfo(zone)
    last = _last_day(since.astimezone(there).date(), days, place)
    return Ending(last, datetime.combine(last + _ONE_DAY, time(), there))


@lru_cache(maxsize=65536)
def _last_day(event: date, days: int, place: Place) -> date:
    return next_working_day(event + timedelta(days=days), place)
