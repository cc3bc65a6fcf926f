"""One plan, two executions: order by order in Python and set-based in DuckDB, equal to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.lab.histories import Row, histories, line, member, plans, write

from mainstem.lab import runs
from mainstem.lab.engines import DuckDB
from mainstem.lab.expressions import TooLarge
from mainstem.lab.facts import About, Facts, NotKnown
from mainstem.lab.replay import lines_query, replay, uplines_query
from mainstem.lab.runs import EnginesDiffer, queries_for, read, refuse_difference
from mainstem.plan import Level, SalePlan, SaleRule, Uplines, When

MONTH = "2027-03"


def both(
    plan: SalePlan, lines: list[Row], uplines: list[Row], kept: bool = False
) -> tuple[list[Any], list[Any]]:
    """What Python and what DuckDB find: every earning of these lines."""
    with TemporaryDirectory() as folder, DuckDB() as engine:
        facts = write(Path(folder), lines, uplines)
        queries = queries_for(engine, facts, plan, [MONTH], kept=kept)
        read(engine, facts, MONTH)
        engine.keeps("standing", queries.standing())
        one_by_one = replay(
            plan,
            engine.rows(lines_query(plan, unnamed=True, kept=kept)),
            engine.rows(uplines_query(plan)),
        )
        engine.keeps("earned", queries.earned())
        return sorted(one_by_one), sorted(engine.rows(queries.one_by_one()))


@given(plans(), histories(), st.booleans())
@settings(max_examples=40)
def test_an_order_and_a_million_are_worked_out_alike(
    plan: SalePlan, history: tuple[list[Row], list[Row]], kept: bool
) -> None:
    try:
        python, duckdb = both(plan, *history, kept)
    except TooLarge:
        event("refused: too large")
        return
    event("somebody earned" if python else "nobody earned")
    assert duckdb == python


@given(plans(), histories(), st.booleans())
@settings(max_examples=40)
def test_what_a_run_adds_up_is_what_all_its_orders_earn(
    plan: SalePlan, history: tuple[list[Row], list[Row]], kept: bool
) -> None:
    with TemporaryDirectory() as folder, DuckDB() as engine:
        facts = write(Path(folder), *history)
        try:
            ran = runs.run(engine, facts, plan, kept=kept)
        except TooLarge:
            event("refused: too large")
            return
        of_affiliates = engine.rows(
            f"SELECT affiliate_id, credited_minor, stands_minor FROM {ran.affiliates}"
        )
        read(engine, facts, MONTH)
        earned = list(
            replay(
                plan,
                engine.rows(lines_query(plan, unnamed=True, kept=kept)),
                engine.rows(uplines_query(plan)),
            )
        )
    event("something went back" if any(back for *_, back in earned) else "nothing went back")
    by_level = added(
        (f"{rule} {level}", credited, back) for _, rule, level, _, _, credited, back in earned
    )
    by_affiliate = added((to, credited, back) for _, _, _, to, _, credited, back in earned)
    assert by_level == added(
        (f"{cell.rule} {cell.level}", cell.credited_minor, cell.credited_minor - cell.stands_minor)
        for cell in ran.cells
    )
    assert by_affiliate == added(
        (to, credited, credited - stands) for to, credited, stands in of_affiliates
    )


def added(rows: Iterable[tuple[object, int, int]]) -> dict[object, tuple[int, int]]:
    """By name: what was credited, and what of it went back; nobody who got nothing."""
    found: dict[object, tuple[int, int]] = {}
    for name, credited, back in rows:
        so_far = found.get(name, (0, 0))
        found[name] = so_far[0] + credited, so_far[1] + back
    return {name: amounts for name, amounts in found.items() if amounts[0]}


PLAN = SalePlan((SaleRule("goods", (Level(1000), Level(500)), 2000, 30),))
LINES = [line(n, 0, 0, 1005) for n in range(3)]
ABOVE = [member(0, 0, 11), member(0, 1, 12)]


def test_a_planted_cent_is_found_and_named() -> None:
    python, duckdb = both(PLAN, LINES, ABOVE)
    refuse_difference(python, duckdb, ("Python", "DuckDB"))
    order, rule, level, affiliate, uncapped, credited, back = duckdb[1]
    duckdb[1] = (order, rule, level, affiliate, uncapped, credited + 1, back)
    with pytest.raises(EnginesDiffer, match=rf"differ in 2 earnings.*\({order}, 'goods', {level}"):
        refuse_difference(python, duckdb, ("Python", "DuckDB"))


def test_a_run_gives_no_answer_where_its_sample_comes_out_differently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = write(tmp_path, LINES, ABOVE)

    def one_cent_more(*given: Any) -> Any:
        for *others, credited, back in replay(*given):
            yield (*others, credited + 1, back)

    with DuckDB() as engine:
        assert [cell.credited_minor for cell in runs.run(engine, facts, PLAN).cells] == [300, 150]
    monkeypatch.setattr(runs, "replay", one_cent_more)
    with DuckDB() as engine, pytest.raises(EnginesDiffer):
        runs.run(engine, facts, PLAN)


def test_what_is_too_large_is_refused_before_anything_is_worked_out(tmp_path: Path) -> None:
    deep = SaleRule("goods", (Level(1000),) * 9, 9000, 30, levels_of="level_below")
    facts = write(tmp_path, [line(1, 0, 0, 2**52)], ABOVE)
    with DuckDB() as engine, pytest.raises(TooLarge, match="bits"):
        runs.run(engine, facts, SalePlan((deep,)))


def test_facts_in_which_more_went_back_than_came_are_refused(tmp_path: Path) -> None:
    facts = write(tmp_path, [line(1, 0, 0, 100, commissionable_back_minor=101)], ABOVE)
    with DuckDB() as engine, pytest.raises(NotKnown, match="1 lines have more going back"):
        runs.run(engine, facts, PLAN)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (
            SalePlan(PLAN.rules, Uplines(own_sales_min=1, days=45)),
            "within 45 days; these facts count 90",
        ),
        (SalePlan((SaleRule("r", (Level(100, rank_from=1),), 200, 30),)), "who had which"),
        (
            SalePlan(PLAN.rules, Uplines(own_sales_min=1, days=90, active_at="delivery")),
            "these facts count them at the sale",
        ),
        (
            SalePlan((SaleRule("r", (Level(100),), 200, 30, When("service", milestone="won")),)),
            "r pays for a milestone of a service",
        ),
        (
            SalePlan((SaleRule("r", (Level(300),), 300, 30),), cap_bp=200, cap_by="priority"),
            "later ones",
        ),
    ],
)
def test_what_facts_do_not_say_is_never_guessed(tmp_path: Path, plan: SalePlan, said: str) -> None:
    facts = write(tmp_path, LINES, ABOVE)
    About("less", own_sales_days=[90]).write(tmp_path)
    facts = Facts.at(tmp_path)
    with DuckDB() as engine, pytest.raises(NotKnown, match=said):
        runs.run(engine, facts, plan)
