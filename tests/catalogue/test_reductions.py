"""The prior price beside a reduction: what the law asks, for every history of prices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.catalog import Reduction, Step, reduction, timeline

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(n: int) -> datetime:
    return START + timedelta(days=n)


class Listed(NamedTuple):
    valid_from: datetime
    amount_minor: int
    withdrawn: bool = False


class Offered(NamedTuple):
    valid_from: datetime
    valid_until: datetime | None
    amount_minor: int


CASES = [
    ("a plain reduction", [Listed(day(0), 1000)], [Offered(day(40), None, 800)], (800, 1000)),
    (
        "raised just before: the low price of before counts",
        [Listed(day(0), 800), Listed(day(35), 1000)],
        [Offered(day(40), None, 700)],
        (700, 800),
    ),
    (
        "raised before and 'reduced' to what it was: no reduction",
        [Listed(day(0), 800), Listed(day(35), 1000)],
        [Offered(day(40), None, 800)],
        None,
    ),
    (
        "a low price more than thirty days ago does not count",
        [Listed(day(0), 500), Listed(day(5), 1000)],
        [Offered(day(40), None, 800)],
        (800, 1000),
    ),
    (
        "an offer of the last thirty days counts",
        [Listed(day(0), 1000)],
        [Offered(day(20), day(25), 700), Offered(day(40), None, 690)],
        (690, 700),
    ),
    (
        "in steps without a break: the price before the first",
        [Listed(day(0), 1000)],
        [Offered(day(40), day(50), 900), Offered(day(50), None, 700)],
        (700, 1000),
    ),
    (
        "steps that overlap are steps as well",
        [Listed(day(0), 1000)],
        [Offered(day(40), day(90), 900), Offered(day(50), None, 700)],
        (700, 1000),
    ),
    (
        "up and down again is a new reduction",
        [Listed(day(0), 1000)],
        [Offered(day(40), day(50), 700), Offered(day(50), day(60), 900)],
        None,
    ),
    ("nothing sold before: nothing to compare", [Listed(day(40), 1000)], [Offered(day(40), None, 800)], None),
    ("no offer: no reduction, however low the price", [Listed(day(0), 1000), Listed(day(5), 1)], [], None),
    (
        "on sale for a few days only: the lowest of these",
        [Listed(day(38), 1000)],
        [Offered(day(40), None, 800)],
        (800, 1000),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("prices", "offers", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_prior_price_is_the_lowest_of_the_thirty_days_before_the_reduction_began(
    prices: list[Listed], offers: list[Offered], found: tuple[int, int] | None
) -> None:
    at = day(55)
    now = reduction(timeline(prices, offers, at), at)
    assert now == (Reduction(*found) if found else None)


def test_what_perishes_shows_the_price_just_before() -> None:
    prices = [Listed(day(0), 800), Listed(day(39), 1000)]
    steps = timeline(prices, [Offered(day(40), None, 850)], day(41))
    assert reduction(steps, day(41)) is None
    assert reduction(steps, day(41), perishable=True) == Reduction(850, 1000)


@pytest.mark.parametrize(
    ("price", "prior", "percent"), [(800, 1000, 20), (999, 1000, 0), (667, 1000, 33), (0, 5, 100)]
)
def test_the_percentage_is_worked_out_from_the_prior_price_and_never_told_too_high(
    price: int, prior: int, percent: int
) -> None:
    assert Reduction(price, prior).percent == percent


days = st.integers(0, 90)
amounts = st.integers(1, 20).map(lambda n: n * 100)
listed = st.lists(
    st.builds(lambda d, a: Listed(day(d), a), days, amounts), min_size=1, max_size=6,
    unique_by=lambda price: price.valid_from,
)  # fmt: skip
offered = st.lists(
    st.builds(
        lambda d, length, a: Offered(day(d), None if length is None else day(d + length), a),
        days,
        st.none() | st.integers(1, 40),
        amounts,
    ),
    max_size=5,
)


@given(listed, offered, st.integers(0, 120))
def test_no_price_of_the_thirty_days_before_is_lower_than_the_prior_price(
    prices: list[Listed], offers: list[Offered], at: int
) -> None:
    """Asked day by day, in another way than it is worked out."""
    steps = timeline(prices, offers, day(at))
    found = reduction(steps, day(at))
    if found is None:
        return
    asked = {n: price_on(n, prices, offers) for n in range(at + 1)}
    assert asked[at] == (found.price_minor, True)
    began = at
    so_far = found.price_minor
    while began and (earlier := asked[began - 1]) and earlier[1] and earlier[0] >= so_far:
        began, so_far = began - 1, earlier[0]
    before = [one[0] for n in range(max(0, began - 30), began) if (one := asked[n]) is not None]
    assert found.prior_minor == min(before)
    assert found.prior_minor > found.price_minor
    assert 0 <= found.percent <= 100


def price_on(n: int, prices: list[Listed], offers: list[Offered]) -> tuple[int, bool] | None:
    begun = [price for price in prices if price.valid_from <= day(n)]
    if not begun:
        return None
    now = max(begun).amount_minor
    running = [o.amount_minor for o in offers
               if o.valid_from <= day(n) and (o.valid_until is None or o.valid_until > day(n))]  # fmt: skip
    lowest = min([now, *running])
    return lowest, lowest < now


def test_a_step_says_when_how_much_and_whether_it_is_reduced() -> None:
    steps = timeline([Listed(day(0), 1000)], [Offered(day(5), day(9), 800)], day(30))
    assert steps == [
        Step(day(0), 1000, False),
        Step(day(5), 800, True),
        Step(day(9), 1000, False),
    ]
