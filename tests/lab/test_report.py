"""What a backtest comes to, as one object: kept as JSON, added up, and stopped on the way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.lab.test_commands import file

from mainstem import lab
from mainstem.cli_plan import plan_in
from mainstem.lab import Facts, Report, Stopped, Watching, as_json, of_json


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("report") / "market"
    lab.simulate(folder, affiliates=300, lines=2_000, seed=7)
    return Facts.at(folder)


def compared(market: Facts, watching: Watching | None = None) -> Report:
    two, three = (plan_in(Path(file(name))) for name in ("two-levels", "three-levels"))
    with lab.engine_at() as engine:
        return lab.backtest(engine, market, before=two, after=three, watching=watching)


def test_a_report_that_was_kept_is_the_same_when_it_is_read_again(market: Facts) -> None:
    found = compared(market)
    assert of_json(as_json(found)) == found
    with pytest.raises(ValueError, match="cells"):
        of_json(as_json(found).replace("cells", "calls"))


def test_its_months_its_rows_and_its_groups_are_the_same_money(market: Facts) -> None:
    found = compared(market)
    for currency in found.currencies:
        changes = [one.change_minor for one in found.groups if one.currency == currency]
        costs = [found.cost(side, currency) for side in lab.SIDES]
        assert sum(changes) == costs[1] - costs[0] > 0
        months = [one.stands_minor for one in found.after.months if one.currency == currency]
        assert sum(months) == costs[1]
        before, after = (found.margin(side, currency) for side in lab.SIDES)
        assert before is not None
        assert after is not None
        # Of nine articles in ten it is known what they cost, and so of less than all that the change costs.
        assert 0 < before - after < costs[1] - costs[0]
    assert len({one.month for one in found.sold}) == 12
    assert all(one.net_minor > 0 < one.orders for one in found.sold)


class _Impatient(Watching):
    """Stops after three months."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def month_done(self, side: lab.Side, month: str, done: int, of: int) -> None:
        self.told.append(f"{side} {month} {done}/{of}")

    def goes_on(self) -> bool:
        return len(self.told) < 3


def test_whoever_stops_a_backtest_gets_no_report_and_it_leaves_nothing(market: Facts) -> None:
    watching = _Impatient()
    with lab.engine_at() as engine, pytest.raises(Stopped):
        lab.backtest(
            engine,
            market,
            before=plan_in(Path(file("two-levels"))),
            after=plan_in(Path(file("three-levels"))),
            watching=watching,
        )
    assert [one[-5:] for one in watching.told] == [" 1/12", " 2/12", " 3/12"]
    assert not engine.folder.exists()


def test_whoever_only_shows_a_report_loads_no_engine() -> None:
    asked = "import mainstem.lab, sys; print({'ibis', 'duckdb', 'sqlglot'} & sys.modules.keys())"
    said = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "set()"
