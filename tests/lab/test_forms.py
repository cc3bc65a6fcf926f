"""The one form of a plan's arithmetic: what may be said in it, how large it gets, and what it says in SQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lab.test_engines import BY_RATES

from mainstem.lab.cases import cases_of
from mainstem.lab.emitter import Dialect, Query
from mainstem.lab.engines import DuckDB
from mainstem.lab.expressions import (
    Column,
    Number,
    Product,
    Quotient,
    Whole,
    largest,
    pick,
    rounded,
)
from mainstem.lab.magnitude import largest_number
from mainstem.lab.sale_forms import shares
from mainstem.lab.sale_queries import SaleQueries
from mainstem.money import rdiv
from mainstem.plan import Level, SalePlan, SaleRule, Uplines, When

GOLDEN = Path(__file__).parent / "golden"
ONE = SalePlan((SaleRule("goods", (Level(1000), Level(300)), 1500, 30, When(kind="goods")),))


@given(st.integers(0, 2**53), st.integers(1, 2**53))
def test_rounding_is_moneys_own(dividend: int, divisor: int) -> None:
    assert rounded(Number(dividend), Number(divisor)).of({}) == rdiv(dividend, divisor)


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_number_is_never_out_of_its_bounds(a: int, b: int, most_a: int, most_b: int) -> None:
    known = {"a": (0, max(a, most_a)), "b": (1, max(b, most_b))}
    form: Whole = Quotient(Column("a") * 7 + Column("b"), Column("b") * 2) - Column("a")
    least, most = form.bounds(known)
    assert least <= form.of({"a": a, "b": b}) <= most


@given(st.lists(st.integers(0, 10**6) | st.sampled_from([0, 500]), min_size=1, max_size=6))
def test_what_is_picked_is_the_value_at_its_place_and_never_out_of_bounds(
    values: list[int],
) -> None:
    form = pick("which", values)
    assert [form.of({"which": n}) for n in range(len(values))] == values
    assert form.bounds({}) == (min(values), max(values))


def test_the_largest_number_on_the_way_counts_though_the_last_factor_is_nothing() -> None:
    form = Product((Column("a"), Column("a"), Column("b")))
    assert largest(form, {"a": (0, 2**40), "b": (0, 0)}) == 2**80


def test_an_order_of_ordinary_size_fits_in_64_bits_and_an_absurd_one_does_not() -> None:
    forms = shares(ONE, cases_of(ONE))
    assert largest_number(forms, base=10**9, pieces=100, portions=1).bit_length() <= 63
    assert largest_number(forms, base=2**53, pieces=100, portions=1).bit_length() > 63


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(1, 2**62)), min_size=1, max_size=80))
@settings(max_examples=8)
def test_whole_division_is_exact_where_a_double_is_not(pairs: list[tuple[int, int]]) -> None:
    query = Query("duckdb")
    found = query.derive(
        "found", query.table("pairs", {"a": "int64", "b": "int64"}),
        {"q": Quotient(Column("a"), Column("b"))},
    )  # fmt: skip
    assert found.columns == ("a", "b", "q")
    with DuckDB() as engine:
        rows = ", ".join(f"({a}::BIGINT, {b}::BIGINT)" for a, b in pairs)
        engine.keeps("pairs", f"SELECT * FROM (VALUES {rows}) AS v (a, b)")
        assert sorted(engine.rows(query.text())) == sorted((a, b, a // b) for a, b in pairs)


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
@pytest.mark.parametrize("name", ["standing", "earned"])
def test_what_an_engine_is_sent_is_what_was_read_and_approved(dialect: Dialect, name: str) -> None:
    """Another release of what writes the queries may write others: then somebody must look.

    Remove the file and run this test twice to approve what it writes now.
    """
    queries = SaleQueries(BY_RATES, dialect, sorts=(("goods", "SEK"), ("service", "EUR")))
    text = (queries.standing() if name == "standing" else queries.earned()).replace(
        ",\n", ",\n\n"
    ) + "\n"
    file = GOLDEN / f"{name}.{dialect}.sql"
    if not file.exists():
        file.write_text(text, "utf-8")
        pytest.fail(f"{file} was written: read it, and keep it if it says what the plan says.")
    assert text == file.read_text("utf-8")
    assert "//" not in text or dialect == "duckdb"
    assert " / " not in text
    assert "DOUBLE" not in text.upper()


def test_no_query_asks_for_what_its_plan_does_not() -> None:
    plain = SaleQueries(ONE, "duckdb")
    assert "own_sales" not in plain.standing()
    assert "groups" not in plain.standing()
    assert "price_minor" not in plain.earned()
    passing = SalePlan(ONE.rules, Uplines(inactive="passed_over", own_sales_min=1, days=30))
    assert "own_sales_30" in SaleQueries(passing, "duckdb").standing()
