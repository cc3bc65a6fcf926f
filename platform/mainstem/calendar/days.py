"""Working days: every day but Saturday, Sunday, and what the law of the place keeps free."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

import holidays

from mainstem.calendar.places import UNKNOWN, Place

_ONE_DAY = timedelta(days=1)
_WEEKEND = {5, 6}

# Days that a law on periods keeps free though they are no public holidays, by the categories in which
# `holidays` keeps them.
_ALSO_FREE = {
    "CH": ("de_facto",),
    # Catholic communes of Bavaria, Saxony and Thuringia; no postal code tells which.
    "DE": ("catholic",),
    # Forbrugeraftaleloven: Constitution Day, Christmas Eve and New Year's Eve.
    "DK": ("optional",),
    # Lag (1930:173) § 2: Midsummer Eve, Christmas Eve and New Year's Eve.
    "SE": ("de_facto",),
}
# Most of their regions' own days are the patron saints' of towns, which no law on periods counts.
_REGIONS_THAT_COUNT = {"IT": (), "PT": ("20", "30")}


def is_working_day(day: date, place: Place) -> bool:
    """Whether people work on this day there."""
    return day.weekday() not in _WEEKEND and not is_public_holiday(day, place)


def is_public_holiday(day: date, place: Place) -> bool:
    """Whether the law of the place keeps this day free, whatever day of the week it is."""
    return day in _free(place.country, place.region, day.year)


def next_working_day(day: date, place: Place) -> date:
    """This day where it is a working day, else the first one after it."""
    while not is_working_day(day, place):
        day += _ONE_DAY
    return day


def add_working_days(day: date, count: int, place: Place) -> date:
    """The working day that comes so many working days after a day; at least one."""
    assert count > 0, "count forward, at least one"
    for _ in range(count):
        day = next_working_day(day + _ONE_DAY, place)
    return day


def add_months(day: date, count: int) -> date:
    """The same day of a later month, or the last one of a month that is too short."""
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=4096)
def _free(country: str, region: str, year: int) -> frozenset[date]:
    """The days of a year that are free there; of an unknown region, those that any region keeps."""
    if country not in holidays.list_supported_countries(include_aliases=False):
        return frozenset()
    national = holidays.country_holidays(country)
    categories = {national.default_category, *_ALSO_FREE.get(country, ())}
    regions: list[str | None] = [None]
    if region in national.subdivisions:
        regions = [region]
    elif region == UNKNOWN:
        regions += _REGIONS_THAT_COUNT.get(country, national.subdivisions)
    return frozenset(
        day
        for one in regions
        for day in holidays.country_holidays(country, subdiv=one, years=year, categories=categories)
    ) | frozenset(_weekend_elsewhere(national.weekend, year))


def _weekend_elsewhere(weekend: set[int], year: int) -> list[date]:
    """The days of a weekend that is not Saturday and Sunday, as on Friday and Saturday."""
    other = weekend - _WEEKEND
    first = date(year, 1, 1)
    return [
        first + timedelta(days=n)
        for n in range(366)
        if (first + timedelta(days=n)).weekday() in other
    ]
