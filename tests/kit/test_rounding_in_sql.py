"""The database rounds as Python does, and does it in passing."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.kit.db import Database
from mainstem.money import rdiv

MINOR = st.integers(0, 2**53)


def test_a_part_is_the_same_in_the_database_as_in_python(database: Database) -> None:
    with database.work() as work:

        @settings(
            max_examples=200,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )
        @given(MINOR, MINOR, st.integers(1, 2**53))
        def same(whole: int, n: int, d: int) -> None:
            n = min(n, d)
            found = work.value(
                "SELECT part(%(w)s::bigint, %(n)s::bigint, %(d)s::bigint)", w=whole, n=n, d=d
            )
            assert found == rdiv(whole * n, d)

        same()
        for nothing in ("NULL, 1, 2", "1, NULL, 2", "1, 2, NULL", "4294967296, NULL, 2"):
            assert work.value(f"SELECT part({nothing})") is None


def test_a_part_costs_no_call(database: Database) -> None:
    with database.work() as work:
        [plan, *_] = [
            row[0]
            for row in work.rows(
                """EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON)
                   SELECT part(total_minor, delivered, quantity) FROM order_line"""
            )
        ]
    assert "part(" not in str(plan)
    assert "CASE WHEN" in str(plan)
