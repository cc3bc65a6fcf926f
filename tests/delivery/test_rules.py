"""Where the company delivers, for how much, and by when: no parcel is promised for Midsummer Eve."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import calendar, delivery
from mainstem.delivery import Band, Goods, Method, Rules, Tariff, Timing, Zone
from mainstem.orders import promised_on

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LETTER = Method(
    "letter", {"en": "Letter", "sv": "Brev"}, "PostNord", "weight",
    {"SEK": Tariff((Band(250, 2900), Band(1000, 4900)))},
    Timing(1, 2, 4),
)  # fmt: skip
PARCEL = Method(
    "parcel", {"en": "Parcel", "sv": "Paket"}, "PostNord", "weight",
    {"SEK": Tariff((Band(2000, 5900), Band(None, 9900)), free_from_minor=50000)},
    Timing(1, 1, 2, time(14)),
)  # fmt: skip
PALLET = Method("pallet", {"en": "Pallet"}, "DSV", "pieces", {"SEK": Tariff((Band(None, 79000),))})
NORDIC = Zone("nordic", frozenset({"SE", "DK"}), (), ("62",), (LETTER, PARCEL, PALLET))
GOTLAND = Zone("gotland", frozenset({"SE"}), ("62",), (), (PARCEL,))
RULES = Rules((NORDIC, GOTLAND))


def offered(
    country: str, postal_code: str, *, value: int = 10000, weight: int = 200, pieces: int = 1
) -> list[tuple[str, str, int]]:
    found = delivery.options(
        RULES,
        country=country,
        postal_code=postal_code,
        goods=Goods(value, weight, pieces),
        currency="SEK",
    )
    return [(option.zone, option.method.code, option.cost_minor) for option in found]


@pytest.mark.parametrize(
    ("country", "postal_code", "goods", "outcome"),
    [
        ("SE", "114 55", {}, [("nordic", "letter", 2900), ("nordic", "parcel", 5900),
                              ("nordic", "pallet", 79000)]),
        ("SE", "114 55", {"weight": 250}, [("nordic", "letter", 2900), ("nordic", "parcel", 5900),
                                           ("nordic", "pallet", 79000)]),
        ("SE", "114 55", {"weight": 251}, [("nordic", "letter", 4900), ("nordic", "parcel", 5900),
                                           ("nordic", "pallet", 79000)]),
        ("DK", "1050", {"weight": 5000}, [("nordic", "parcel", 9900), ("nordic", "pallet", 79000)]),
        ("DK", "1050", {"weight": 5000, "value": 50000}, [("nordic", "parcel", 0),
                                                          ("nordic", "pallet", 79000)]),
        ("SE", "621 57", {}, [("gotland", "parcel", 5900)]),
        ("NO", "0154", {}, []),
    ],
)  # fmt: skip
def test_price_by_zone_and_weight_and_free_from_a_value(
    country: str, postal_code: str, goods: dict[str, int], outcome: list[tuple[str, str, int]]
) -> None:
    assert offered(country, postal_code, **goods) == outcome


@pytest.mark.parametrize(
    ("by", "goods", "cost"),
    [
        ("weight", Goods(1, 500, 1), 100),
        ("weight", Goods(1, 501, 1), None),
        ("value", Goods(500, 1, 1), 100),
        ("value", Goods(501, 1, 1), None),
        ("pieces", Goods(1, 1, 500), 100),
        ("pieces", Goods(1, 1, 501), None),
    ],
)
def test_price_by_weight_value_or_pieces(
    by: delivery.Measure, goods: Goods, cost: int | None
) -> None:
    assert Tariff((Band(500, 100),)).cost(goods, by) == cost


def test_a_country_that_no_zone_names_is_not_served() -> None:
    assert RULES.serves("SE")
    assert not RULES.serves("NO")
    assert delivery.NO_RULES.serves("NO")
    everywhere = Zone("rest", frozenset({delivery.EVERYWHERE}), (), (), (PARCEL,))
    assert Rules((NORDIC, everywhere)).serves("NO")


def test_another_currency_has_no_method() -> None:
    assert not delivery.options(
        RULES, country="SE", postal_code="11455", goods=Goods(1, 1, 1), currency="EUR"
    )


@pytest.mark.parametrize(
    ("paid", "timing", "first", "last"),
    [
        # Before two on a Monday it leaves on Tuesday.
        ("2026-06-01T13:59", Timing(1, 1, 2, time(14)), date(2026, 6, 3), date(2026, 6, 4)),
        # From two on it counts as paid on Tuesday.
        ("2026-06-01T14:00", Timing(1, 1, 2, time(14)), date(2026, 6, 4), date(2026, 6, 5)),
        # At the weekend as on Monday, whatever the time.
        ("2026-05-30T09:00", Timing(1, 1, 2, time(14)), date(2026, 6, 3), date(2026, 6, 4)),
        ("2026-05-30T20:00", Timing(1, 1, 2, time(14)), date(2026, 6, 3), date(2026, 6, 4)),
        # The same day, before the cut-off, arrives on the next.
        ("2026-06-01T09:00", Timing(0, 1, 1, time(14)), date(2026, 6, 2), date(2026, 6, 2)),
        # Midsummer Eve is Friday, 19 June: nobody packs and nobody delivers.
        ("2026-06-17T09:00", Timing(1, 1, 1, time(14)), date(2026, 6, 22), date(2026, 6, 22)),
        ("2026-06-18T09:00", Timing(1, 1, 1, time(14)), date(2026, 6, 23), date(2026, 6, 23)),
    ],
)  # fmt: skip
def test_a_promise_keeps_to_working_days_and_the_cut_off(
    paid: str, timing: Timing, first: date, last: date
) -> None:
    at = datetime.fromisoformat(paid).replace(tzinfo=STOCKHOLM)
    assert delivery.promise(timing, at, country="SE", postal_code="114 55", zone=STOCKHOLM) == (
        first,
        last,
    )


def test_the_days_are_those_where_the_client_lives() -> None:
    """Norway keeps 17 May; Sweden does not, and works on the Monday after it."""
    at = datetime(2027, 5, 13, 9, tzinfo=STOCKHOLM)
    timing = Timing(1, 1, 1)
    there = delivery.promise(timing, at, country="NO", postal_code="0154", zone=STOCKHOLM)
    here = delivery.promise(timing, at, country="SE", postal_code="11455", zone=STOCKHOLM)
    assert (here[1], there[1]) == (date(2027, 5, 17), date(2027, 5, 18))


@given(
    st.integers(0, 3 * 365 * 24 * 60),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.none() | st.integers(0, 23).map(time),
    st.sampled_from(["SE", "DE", "NO", "FI"]),
)
def test_no_parcel_is_promised_for_a_day_on_which_nobody_delivers(
    minutes: int, handling: int, least: int, more: int, cut_off: time | None, country: str
) -> None:
    at = datetime.fromtimestamp(1767225600 + minutes * 60, UTC)
    timing = Timing(handling, least, least + more, cut_off)
    first, last = delivery.promise(timing, at, country=country, postal_code="", zone=STOCKHOLM)
    assert at.astimezone(STOCKHOLM).date() <= first <= last
    for day in (first, last):
        assert calendar.is_working_day(day, calendar.place_of(country, ""))


@given(st.integers(0, 3 * 365 * 24 * 60))
def test_without_methods_a_promise_is_what_it_always_was(minutes: int) -> None:
    """Two working days of ours, and three of the client's, from the day of the payment."""
    at = datetime.fromtimestamp(1767225600 + minutes * 60, UTC)
    ours = calendar.place_of_zone(STOCKHOLM)
    leaves = calendar.add_working_days(at.astimezone(STOCKHOLM).date(), 2, ours)
    arrives = calendar.add_working_days(leaves, 3, calendar.place_of("SE", "114 55"))
    assert promised_on(at, "SE", "114 55", STOCKHOLM) == arrives
