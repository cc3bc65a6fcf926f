"""A promised day is kept on the order from its payment on, and nobody is told it as if it were to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import HOME, INSTALLATION, KETTLE, Company, a_company, a_paid_order

from mainstem import orders
from mainstem.calendar import add_working_days, is_working_day, place_of, place_of_zone
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.orders import Placed
from mainstem.orders.promise import HANDLING_DAYS, TRANSIT_DAYS
from mainstem_affiliates.storefront import reads as storefront
from mainstem_fulfillment import routing, shipments

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def company(database: Database, clock: FixedClock) -> Company:
    clock.set(datetime(2026, 11, 27, 9, 0, tzinfo=UTC))
    with database.work() as work:
        return a_company(work)


def sold(
    database: Database, company: Company, *lines: tuple[str, int], **changes: object
) -> Placed:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, *(lines or [(KETTLE, 1)]), **changes)
        routing.route(work, [(placed.home_id, placed.order_id)])
    return placed


def kept(database: Database, placed: Placed) -> date | None:
    with database.work() as work:
        promised: date | None = work.value(
            "SELECT promised_on FROM orders WHERE id = %(id)s", id=placed.order_id
        )
        return promised


@pytest.mark.parametrize(
    ("paid", "country", "day"),
    [
        # Friday morning; five days on which people work.
        (datetime(2026, 11, 27, 9, tzinfo=UTC), "SE", date(2026, 12, 4)),
        # Friday evening in UTC is Saturday in Stockholm, which is no day more.
        (datetime(2026, 11, 27, 23, 30, tzinfo=UTC), "SE", date(2026, 12, 4)),
        # Christmas Eve is free in Sweden and not in Germany; the 25th, 26th and New Year's Day are.
        (datetime(2026, 12, 22, 9, tzinfo=UTC), "SE", date(2027, 1, 4)),
        # Packed in Sweden on Monday 28 December, and three days on which Germans work from there.
        (datetime(2026, 12, 22, 9, tzinfo=UTC), "DE", date(2026, 12, 31)),
        # Nobody packs on Midsummer Eve, and nobody delivers on Germany's day of unity.
        (datetime(2026, 6, 17, 9, tzinfo=UTC), "DE", date(2026, 6, 25)),
        (datetime(2025, 9, 30, 9, tzinfo=UTC), "DE", date(2025, 10, 8)),
        (datetime(2025, 9, 30, 9, tzinfo=UTC), "SE", date(2025, 10, 7)),
    ],
)
def test_two_working_days_of_the_company_and_three_of_the_client(
    paid: datetime, country: str, day: date
) -> None:
    assert orders.promised_on(paid, country, "11455", STOCKHOLM) == day


COUNTRIES = ("SE", "NO", "DK", "FI", "DE", "FR", "ES", "PL", "GB", "CH", "XX")


@given(
    minutes=st.integers(0, 15 * 366 * 24 * 60),
    later=st.integers(0, 20),
    country=st.sampled_from(COUNTRIES),
    zone=st.sampled_from(["Europe/Stockholm", "Europe/Berlin", "America/New_York", "UTC"]),
)
def test_a_promise_leaves_the_company_and_the_carrier_their_working_days(
    minutes: int, later: int, country: str, zone: str
) -> None:
    paid = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    there, ours, theirs = ZoneInfo(zone), place_of_zone(ZoneInfo(zone)), place_of(country)
    begins = paid.astimezone(there).date()
    promised = orders.promised_on(paid, country, "", there)
    days = [begins + timedelta(days=n) for n in range(1, (promised - begins).days + 1)]
    sent = [day for day in days if is_working_day(day, ours)][HANDLING_DAYS - 1]
    travels = [day for day in days if day > sent and is_working_day(day, theirs)]
    assert len(travels) == TRANSIT_DAYS
    assert travels[-1] == promised
    # Who pays later is promised no earlier day, and in one country it is the sum.
    assert orders.promised_on(paid + timedelta(days=later), country, "", there) >= promised
    if ours == theirs:
        assert promised == add_working_days(begins, HANDLING_DAYS + TRANSIT_DAYS, ours)


def test_an_order_keeps_what_it_was_promised(database: Database, company: Company) -> None:
    assert kept(database, sold(database, company)) == date(2026, 12, 4)
    assert kept(database, sold(database, company, (INSTALLATION, 1), channel="lead")) is None
    assert kept(database, sold(database, company, channel="import")) is None, "of a history"


def test_on_29_december_nobody_reads_4_december_as_if_it_were_to_come(
    database: Database, company: Company, clock: FixedClock
) -> None:
    placed = sold(database, company)
    late = {}
    for day in (datetime(2026, 12, 4, 22, tzinfo=UTC), datetime(2026, 12, 29, 9, tzinfo=UTC)):
        clock.set(day)
        with database.work() as work:
            view = storefront.order_view(work, placed.home_id, placed.order_id)
            assert view.promised_by == date(2026, 12, 4)
            late[day.day] = view.is_late
    assert late == {4: False, 29: True}


def test_the_desk_sees_first_what_was_promised_first(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 12, 22, 9, tzinfo=UTC))
    swede = sold(database, company)
    german = sold(database, company, address=type(HOME)("Hauptstr. 1", "10115", "Berlin", "DE"))
    with database.work() as work:
        rows = shipments.to_do(work).rows
    assert [(row.number, row.promised_on) for row in rows] == [
        (german.number, date(2026, 12, 31)),
        (swede.number, date(2027, 1, 4)),
    ]


def test_what_has_arrived_is_not_late(
    database: Database, company: Company, clock: FixedClock
) -> None:
    placed = sold(database, company)
    with database.work() as work:
        gone = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)]
        orders.record_shipment(work, gone)
        orders.record_delivery(work, gone)
    clock.set(datetime(2026, 12, 29, 9, tzinfo=UTC))
    with database.work() as work:
        assert not storefront.order_view(work, placed.home_id, placed.order_id).is_late
