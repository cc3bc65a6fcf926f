"""The Lab from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mainstem import cli

PLANS = Path(__file__).parent.parent / "plans"


def file(name: str) -> str:
    (found,) = PLANS.glob(f"*/*{name}.toml")
    return str(found)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab") / "market"
    made = ["simulate", "market", "--affiliates", "300", "--lines", "2000", "--to", str(folder)]
    assert cli.main(made) == 0
    return folder


def backtest(*arguments: str) -> int:
    return cli.main(["plan", "backtest", file("three-levels"), *arguments])


def test_a_backtest_says_what_both_cost_who_gains_and_how_far_it_is(
    market: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest("--against", file("two-levels"), "--facts", str(market)) == 0
    told = capsys.readouterr()
    assert told.out.startswith("a market of 300 affiliates and 2000 lines, seed 7\n")
    assert "goods, level 2" in told.out
    assert "orders met a cap" in told.out
    assert "before  2026-01  1 of 12" in told.err
    assert "after  2026-12  12 of 12" in told.err


def test_its_figures_add_up(market: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--against", file("two-levels"), "--facts", str(market), "--json"]
    assert backtest(*given) == 0
    told = json.loads(capsys.readouterr().out)

    def cost(side: str) -> int:
        return sum(cell["stands_minor"] for cell in told[side]["cells"])

    # Whoever gains or loses does so by what the whole costs more or less.
    assert sum(group["change_minor"] for group in told["groups"]) == cost("after") - cost("before")
    assert cost("after") > cost("before") > 0
    assert all(change["after_minor"] > change["before_minor"] for change in told["most"])
    # A level more moves what is left over of a unit: by one at an order, from one to another.
    assert all(change["after_minor"] < change["before_minor"] for change in told["least"])


def test_a_plan_against_itself_changes_nobody(
    market: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest("--against", file("three-levels"), "--facts", str(market), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["groups"] == []
    assert sum(one["affiliates"] for one in told["unchanged"]) > 0


def test_only_what_was_sold_in_the_days_asked_for_counts(
    market: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--against", file("two-levels"), "--facts", str(market), "--json"]

    def orders(*days: str) -> int:
        assert backtest(*given, *days) == 0
        covered = json.loads(capsys.readouterr().out)["after"]["covered"]
        return sum(one["orders"] for one in covered)

    half = orders("--from", "2026-03-01", "--to", "2026-03-15")
    rest = orders("--from", "2026-03-16", "--to", "2026-03-31")
    assert 0 < half < half + rest == orders("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--engine", "oracle://"], "is no engine"),
        (["--from", "2031-01-01"], "Nothing was sold"),
    ],
)
def test_what_cannot_be_run_is_said(
    market: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert backtest("--against", file("two-levels"), "--facts", str(market), *more) == 1
    assert said in capsys.readouterr().err


def test_a_folder_without_facts_and_a_plan_that_is_none_are_said(
    market: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert backtest("--against", file("two-levels"), "--facts", str(tmp_path)) == 1
    assert "holds no facts" in capsys.readouterr().err
    assert backtest("--against", "nowhere.toml", "--facts", str(market)) == 1
    assert "nowhere.toml cannot be read" in capsys.readouterr().err
