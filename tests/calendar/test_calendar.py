"""The calendar: when a right is over, which days people work, and whose midnight counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.calendar import (
    WITHDRAWAL_DAYS,
    add_months,
    add_working_days,
    is_working_day,
    next_working_day,
    payable_on,
    period_ends,
    place_of,
    place_of_zone,
    refund_due_on,
    withdrawal_ends,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SWEDEN = place_of("SE", "111 22")


def stockholm(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=STOCKHOLM)


# What each row says was looked up in the law and on a paper calendar, not in the library.
@pytest.mark.parametrize(
    ("country", "postal_code", "received", "last_day"),
    [
        # Christmas Eve, then Christmas, a Saturday, a Sunday: the Monday.
        ("SE", "11122", date(2026, 12, 10), date(2026, 12, 28)),
        ("SE", "11122", date(2026, 12, 13), date(2026, 12, 28)),
        # New Year's Eve is a Thursday and its eve counts in Sweden; the 1st is a holiday.
        ("SE", "11122", date(2026, 12, 17), date(2027, 1, 4)),
        # Midsummer Eve is Friday 19 June.
        ("SE", "11122", date(2026, 6, 5), date(2026, 6, 22)),
        # The day before it is a working day.
        ("SE", "11122", date(2026, 6, 4), date(2026, 6, 18)),
        # Epiphany, a Wednesday.
        ("SE", "11122", date(2026, 12, 23), date(2027, 1, 7)),
        ("NO", "0150", date(2026, 12, 10), date(2026, 12, 24)),
        ("FI", "00100", date(2026, 12, 10), date(2026, 12, 28)),
        ("DK", "2100", date(2026, 12, 10), date(2026, 12, 28)),
        ("DK", "2100", date(2026, 5, 22), date(2026, 6, 8)),
        # Epiphany is kept in Bavaria and not in Hamburg; who might live in either gets it.
        ("DE", "80331", date(2026, 12, 23), date(2027, 1, 7)),
        ("DE", "20095", date(2026, 12, 23), date(2027, 1, 6)),
        ("DE", "01968", date(2026, 12, 23), date(2027, 1, 7)),
        ("DE", "", date(2026, 12, 23), date(2027, 1, 7)),
        # Reformation Day is kept in Hamburg and not in Munich: Friday 31 October 2025.
        ("DE", "20095", date(2025, 10, 17), date(2025, 11, 3)),
        ("DE", "80331", date(2025, 10, 17), date(2025, 10, 31)),
        # Peace of Augsburg, 8 August 2025, a Friday, in that town alone.
        ("DE", "86150", date(2025, 7, 25), date(2025, 8, 11)),
        ("DE", "80331", date(2025, 7, 25), date(2025, 8, 8)),
        # Saint Stephen's day is kept in Alsace and not in Paris: Friday 26 December 2025.
        ("FR", "67000", date(2025, 12, 12), date(2025, 12, 29)),
        ("FR", "75001", date(2025, 12, 12), date(2025, 12, 26)),
        # A country of which no holidays are known has its weekends.
        ("XX", "", date(2026, 11, 1), date(2026, 11, 16)),
    ],
)
def test_a_right_ends_with_a_working_day_of_the_clients_own_calendar(
    country: str, postal_code: str, received: date, last_day: date
) -> None:
    place = place_of(country, postal_code)
    noon = datetime(received.year, received.month, received.day, 12, tzinfo=UTC)
    assert withdrawal_ends(noon, place).last_day == last_day


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 3, 2), 24, date(2028, 3, 2)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 2, 29), 24, date(2030, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
    ],
)
def test_months_ahead_is_the_same_day_of_a_month_or_its_last(
    day: date, months: int, later: date
) -> None:
    assert add_months(day, months) == later


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Europe/Stockholm", "SE"),
        ("Europe/Berlin", "DE"),
        # Names that the time zones had before.
        ("Asia/Calcutta", "IN"),
        ("Europe/Kiev", "UA"),
        ("UTC", "ZZ"),
        ("Etc/GMT-2", "ZZ"),
    ],
)
def test_a_company_works_in_the_country_whose_time_it_keeps(zone: str, country: str) -> None:
    assert place_of_zone(ZoneInfo(zone)) == place_of(country)


def test_goods_received_on_10_december_are_payable_on_the_29th() -> None:
    ending = withdrawal_ends(stockholm(2026, 12, 10, 15), SWEDEN)
    assert ending.last_day == date(2026, 12, 28)
    assert ending.over_at - timedelta(seconds=1) == stockholm(2026, 12, 28, 23, 59, 59)
    assert payable_on(ending, STOCKHOLM) == date(2026, 12, 29)


def test_the_hour_of_receipt_does_not_matter_and_the_local_day_does() -> None:
    late, early = stockholm(2026, 12, 10, 23, 59), stockholm(2026, 12, 10, 0, 0)
    assert withdrawal_ends(late, SWEDEN) == withdrawal_ends(early, SWEDEN)
    # 23:30 in Stockholm is half past midnight in Helsinki.
    finland = place_of("FI", "00100")
    at = stockholm(2026, 11, 1, 23, 30)
    assert withdrawal_ends(at, SWEDEN).last_day == date(2026, 11, 16)
    assert withdrawal_ends(at, finland).last_day == date(2026, 11, 16)
    assert withdrawal_ends(at - timedelta(days=1), SWEDEN).last_day == date(2026, 11, 16)
    assert withdrawal_ends(at + timedelta(days=1), SWEDEN).last_day == date(2026, 11, 16)
    assert withdrawal_ends(at + timedelta(days=1), finland).last_day == date(2026, 11, 17)


@pytest.mark.parametrize(
    ("country", "postal_code", "payable"),
    [
        ("SE", "11122", date(2026, 11, 17)),
        ("FI", "00100", date(2026, 11, 17)),  # over an hour before the company's midnight
        ("PT", "1000-001", date(2026, 11, 18)),  # an hour after it
        ("ES", "28001", date(2026, 11, 17)),
        ("ES", "35001", date(2026, 11, 18)),  # the Canaries
        ("ES", "", date(2026, 11, 18)),  # it might be the Canaries
        ("US", "", date(2026, 11, 18)),
    ],
)
def test_a_date_is_payable_once_it_is_over_where_the_client_lives(
    country: str, postal_code: str, payable: date
) -> None:
    received = stockholm(2026, 11, 2, 12)
    ending = period_ends(received, 14, place_of(country, postal_code))
    assert ending.last_day == date(2026, 11, 16)
    assert payable_on(ending, STOCKHOLM) == payable


def test_what_the_trader_owes_is_not_prolonged_by_a_weekend_or_a_holiday() -> None:
    assert refund_due_on(stockholm(2026, 12, 10, 15), SWEDEN) == date(2026, 12, 24)
    assert refund_due_on(stockholm(2026, 12, 13, 15), SWEDEN) == date(2026, 12, 27)


def test_working_days_are_counted_over_holidays() -> None:
    friday = date(2026, 12, 18)
    assert add_working_days(friday, 1, SWEDEN) == date(2026, 12, 21)
    assert add_working_days(friday, 5, SWEDEN) == date(2026, 12, 29)
    assert add_working_days(friday, 5, place_of("NO")) == date(2026, 12, 28)
    assert add_working_days(date(2026, 12, 20), 1, SWEDEN) == date(2026, 12, 21)
    assert next_working_day(date(2026, 12, 24), SWEDEN) == date(2026, 12, 28)
    assert next_working_day(friday, SWEDEN) == friday


def test_a_weekend_is_the_places_own_and_saturday_and_sunday() -> None:
    israel = place_of("IL")
    friday = date(2026, 11, 13)
    assert [is_working_day(friday + timedelta(days=n), israel) for n in range(4)] == [
        False, False, False, True,
    ]  # fmt: skip


COUNTRIES = st.sampled_from(
    ["SE", "NO", "DK", "FI", "DE", "AT", "FR", "ES", "PT", "IT", "IE", "GB", "PL", "EE", "LT", "NL",
     "BE", "CH", "US", "CA", "AU", "NZ", "JP", "BR", "IL", "AE", "XX"]
)  # fmt: skip
POSTAL_CODES = st.sampled_from(["", "35001", "1000-001", "9500-001", "80331", "20095", "97100"])
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
# The nights when clocks change and years end, hour by hour, among all others.
INSTANTS = st.one_of(
    st.integers(0, 26 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    st.builds(
        lambda year, edge, hours: (
            datetime(year, edge[0], edge[1], tzinfo=UTC) + timedelta(hours=hours)
        ),
        st.integers(2020, 2045),
        st.sampled_from([(12, 10), (12, 17), (12, 18), (3, 15), (10, 11), (6, 5)]),
        st.integers(-40, 400),
    ),
)
ZONES = st.sampled_from(["Europe/Stockholm", "UTC", "America/New_York", "Pacific/Auckland"])


@given(COUNTRIES, POSTAL_CODES, INSTANTS, st.integers(WITHDRAWAL_DAYS, 90), ZONES)
def test_no_period_is_short_or_ends_on_a_free_day_and_none_is_paid_within_it(
    country: str, postal_code: str, at: datetime, days: int, company: str
) -> None:
    place = place_of(country, postal_code)
    ending = period_ends(at, days, place)
    assert is_working_day(ending.last_day, place)
    ends_somewhere = False
    for name in place.zones:
        zone = ZoneInfo(name)
        counted = at.astimezone(zone).date() + timedelta(days=days)
        assert counted <= next_working_day(counted, place)
        between = (next_working_day(counted, place) - counted).days
        assert not any(is_working_day(counted + timedelta(days=n), place) for n in range(between))
        # At the last second of the last day of every zone it might be, the period still runs.
        midnight = datetime.combine(
            next_working_day(counted, place) + timedelta(days=1), datetime.min.time(), zone
        ).astimezone(UTC)
        assert ending.over_at >= midnight
        ends_somewhere |= ending.over_at == midnight
    assert ends_somewhere, "and not later than in the last of them"
    home = ZoneInfo(company)
    payable = payable_on(ending, home)
    begins = datetime.combine(payable, datetime.min.time(), home)
    day_before = datetime.combine(payable - timedelta(days=1), datetime.min.time(), home)
    assert day_before.astimezone(UTC) < ending.over_at.astimezone(UTC) <= begins.astimezone(UTC)


@given(COUNTRIES, POSTAL_CODES, INSTANTS, st.integers(0, 500), st.integers(14, 60))
def test_what_is_received_later_or_held_longer_never_ends_earlier(
    country: str, postal_code: str, at: datetime, hours: int, days: int
) -> None:
    place = place_of(country, postal_code)
    ending = period_ends(at, days, place).over_at.astimezone(UTC)
    later = period_ends(at + timedelta(hours=hours), days, place).over_at.astimezone(UTC)
    longer = period_ends(at, days + 3, place).over_at.astimezone(UTC)
    assert ending <= later
    assert ending <= longer


@given(COUNTRIES, INSTANTS)
def test_an_address_that_tells_less_never_ends_a_right_earlier(country: str, at: datetime) -> None:
    """Whatever the postal code would have told."""
    unknown = withdrawal_ends(at, place_of(country)).over_at.astimezone(UTC)
    for postal_code in (
        "80331",
        "20095",
        "86150",
        "35001",
        "28001",
        "67000",
        "9500-001",
        "22100",
        "97200",
    ):
        told = withdrawal_ends(at, place_of(country, postal_code)).over_at.astimezone(UTC)
        assert told <= unknown
