"""Money: what is split adds up, what is rounded is rounded once, and a full reversal is exact."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mainstem.kit.db import Database
from mainstem.money import MINOR_MAX, Money, exponent, largest_remainder, net_of_tax, rdiv

AMOUNTS = st.integers(0, MINOR_MAX)
INT64 = 2**63


def half_away_from_zero(value: Fraction) -> int:
    whole = floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**15))
def test_rdiv_is_half_away_from_zero_and_symmetric(a: int, b: int) -> None:
    assert rdiv(a, b) == half_away_from_zero(Fraction(a, b))
    assert rdiv(-a, b) == -rdiv(a, b)


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        (5, 10, 1),
        (-5, 10, -1),
        (4, 10, 0),
        (-4, 10, 0),
        (15, 10, 2),
        (0, 7, 0),
        (7, 7, 1),
        (3, 2, 2),
    ],
)
def test_the_middle_goes_away_from_zero(a: int, b: int, result: int) -> None:
    assert rdiv(a, b) == result


def test_nothing_is_divided_by_zero_or_less() -> None:
    for b in (0, -1):
        with pytest.raises(AssertionError):
            rdiv(1, b)


RATES = st.lists(st.integers(0, 10**4), min_size=1, max_size=12)


@given(st.integers(0, 10**12), RATES, st.integers(1, 10**5))
@example(10, [1, 1, 1], 3)
@example(50, [1000, 500, 300, 200, 100], 10_000)
def test_parts_add_up_and_are_their_exact_shares_to_the_unit(
    amount: int, rates: list[int], per: int
) -> None:
    parts = largest_remainder(amount, rates, per)
    assert sum(parts) == floor(Fraction(amount * sum(rates), per))
    for part, rate in zip(parts, rates, strict=True):
        exact = Fraction(amount * rate, per)
        assert floor(exact) <= part <= floor(exact) + 1
        if exact.denominator == 1:
            assert part == exact


@given(st.integers(0, 10**12), RATES)
def test_a_whole_is_split_without_a_rest(amount: int, rates: list[int]) -> None:
    if sum(rates):
        assert sum(largest_remainder(amount, rates, sum(rates))) == amount


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 10**4))
def test_a_tie_goes_to_the_earlier_part(amount: int, count: int, rate: int) -> None:
    parts = largest_remainder(amount, [rate] * count, 10_000)
    assert parts == sorted(parts, reverse=True)
    assert max(parts) - min(parts) <= 1


@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**4), min_size=2, max_size=6))
@example(1, [6000, 4000])
def test_who_has_the_larger_rate_never_has_the_smaller_part(amount: int, rates: list[int]) -> None:
    ordered = sorted(rates, reverse=True)
    assert all(one >= after for one, after in pairwise(largest_remainder(amount, ordered, 10_000)))


@given(AMOUNTS, st.integers(0, 10_000))
def test_net_and_tax_add_up_to_the_price(gross: int, tax_bp: int) -> None:
    net = net_of_tax(gross, tax_bp)
    assert 0 <= net <= gross
    assert abs(Fraction(gross * 10_000, 10_000 + tax_bp) - net) <= Fraction(1, 2)


def test_money_is_whole_and_never_mixed() -> None:
    assert Money(250, "SEK") + Money(50, "SEK") - Money(1, "SEK") == Money(299, "SEK")
    assert -Money(5, "EUR") == Money(-5, "EUR")
    assert Money(999, "SEK").part(1, 3) == Money(333, "SEK")
    assert not Money(0, "SEK")
    unfit: list[tuple[Any, str]] = [(1.0, "SEK"), (True, "SEK"), (1, "sek")]
    for minor, currency in unfit:
        with pytest.raises(AssertionError):
            Money(minor, currency)
    with pytest.raises(AssertionError):
        Money(1, "SEK") + Money(1, "EUR")


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("SEK", 2),
        ("JPY", 0),
        ("KWD", 3),
        ("ISK", 0),
        ("MGA", 2),
        ("RSD", 2),
        ("IQD", 3),
        ("CLF", 4),
    ],
)
def test_a_currency_knows_its_decimals(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals == Money(1, currency).exponent


# ---------------------------------------------------------------- the same in SQL

BOUNDARIES = [0, 1, 2, 3, 9_999, 10_000, 10_001, 2**31 - 1, 2**31, 2**53, 2**61, 2**62 - 10_001]


def test_sql_rounds_as_python_does(database: Database) -> None:
    with database.work() as work:

        def in_sql(pairs: list[tuple[int, int]]) -> list[int]:
            rows = work.rows(
                """SELECT rdiv(a, b) AS r FROM unnest(%(a)s::bigint[], %(b)s::bigint[])
                     WITH ORDINALITY AS x (a, b, no) ORDER BY no""",
                a=[a for a, _ in pairs],
                b=[b for _, b in pairs],
            )
            return [row.r for row in rows]

        edges = [
            (sign * a, b)
            for a in BOUNDARIES
            for b in (1, 2, 3, 7, 10_000, 12_500, 2**31)
            for sign in (1, -1)
            if 2 * a + b < INT64
        ]
        assert in_sql(edges) == [rdiv(a, b) for a, b in edges]

        @settings(max_examples=60)
        @given(
            st.lists(
                st.tuples(st.integers(-(2**61), 2**61), st.integers(1, 2**61)),
                min_size=1,
                max_size=200,
            )
        )
        def agrees(pairs: list[tuple[int, int]]) -> None:
            assert in_sql(pairs) == [rdiv(a, b) for a, b in pairs]

        agrees()


def test_a_part_of_the_largest_amount_is_the_same_in_sql(database: Database) -> None:
    """A product of two amounts leaves 64 bits; a large order in rupiah must settle all the same."""
    with database.work() as work:

        def in_sql(asked: list[tuple[int, int, int]]) -> list[int]:
            rows = work.rows(
                """SELECT part(w, n, d) AS r
                     FROM unnest(%(w)s::bigint[], %(n)s::bigint[], %(d)s::bigint[])
                     WITH ORDINALITY AS x (w, n, d, no) ORDER BY no""",
                w=[w for w, _, _ in asked],
                n=[n for _, n, _ in asked],
                d=[d for _, _, d in asked],
            )
            return [row.r for row in rows]

        amounts = [0, 1, 2, 3, 2**31 - 1, 2**31, 2**31 + 1, 3_000_000_019, MINOR_MAX - 1, MINOR_MAX]
        edges = [(w, n, d) for d in amounts if d for n in amounts if n <= d for w in amounts]
        assert in_sql(edges) == [rdiv(w * n, d) for w, n, d in edges]

        @settings(max_examples=60)
        @given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=200))
        def agrees(some: list[tuple[int, int, int]]) -> None:
            asked = [(w, min(n, d), d) for w, n, d in some if d]
            assert in_sql(asked) == [rdiv(w * n, d) for w, n, d in asked]

        agrees()
