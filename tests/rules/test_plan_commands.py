"""A plan in a file: checked, read and compared where it is written, before anybody publishes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.company import PLAN
from tests.months import MONTHLY, SALES, tiers

from mainstem import cli

PLANS = Path(__file__).parent.parent / "plans"


def said_by(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")


def file(name: str) -> str:
    (found,) = PLANS.glob(f"*/*{name}.toml")
    return str(found)


def test_a_check_says_what_is_found_where_and_on_what_ground(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["plan", "check", file("paid-when-approved")]) == 1
    said = capsys.readouterr().out
    assert said.startswith("refuse  pays_for_recruiting  /rules/0/pays_on\n")
    assert "Koscot" in said
    assert "most that a sale can pay" not in said


def test_a_plan_with_warnings_alone_passes_and_says_what_it_can_cost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["plan", "check", file("at-most-five-hundred")]) == 0
    said = said_by(capsys)
    assert "warn  split_order_gains" in said
    assert "SEK 1,000.00 of SEK 10,000.00, under goods-elsewhere" in said
    assert "Given up: Who splits an order gains, as is shown above." in said
    assert "Holds: Whoever sells more is never paid less." in said


def test_the_dearest_period_is_shown_with_what_none_can_pay_more_than(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    goal = {"id": "goal", "personal_minor": {"SEK": 100_000}, "pays_minor": {"SEK": 1000}}
    said = SALES | {"period": MONTHLY | {"tiers": [tiers("whole")], "goals": [goal]}}
    (tmp_path / "plan.json").write_text(json.dumps(said))
    assert cli.main(["plan", "check", str(tmp_path / "plan.json")]) == 0
    told = said_by(capsys)
    assert (
        "The dearest period that was found: 1 who sell SEK 25,000.00 each, 0 above them. Sales pay"
        " SEK 2,500.00 and its rules SEK 2,260.00: 19.04 %. None can pay more than 19.04 %."
    ) in told
    assert "as A: 1,000.00 SEK" in told.replace("A: 1000.00", "A: 1,000.00")


def test_findings_are_told_in_swedish(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["plan", "check", file("paid-when-approved"), "--language", "sv"])
    assert "Ingenting får betalas för att någon värvas" in capsys.readouterr().out


def test_a_plan_of_the_first_format_is_read_as_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    assert cli.main(["plan", "check", str(plan)]) == 0
    assert "SEK 1,400.00 of SEK 10,000.00, under goods" in said_by(capsys)
    assert cli.main(["plan", "show", str(plan)]) == 0
    assert "Whoever made the sale gets 10" in capsys.readouterr().out


def test_two_plans_are_compared_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "diff", file("two-levels"), file("three-levels")]) == 0
    said = said_by(capsys)
    assert said == "[goods]\n+ The sponsor at level 2 gets 1 % of the same.\n"
    assert cli.main(["plan", "diff", file("two-levels"), file("two-levels")]) == 0
    assert capsys.readouterr().out == "Both say the same.\n"


@pytest.mark.parametrize("said", ["", "no plan [", "[]", '{"rules": {"goods": 1}}'])
@pytest.mark.parametrize("verb", ["check", "show"])
def test_what_is_no_plan_is_refused_in_words(
    verb: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(said)
    assert cli.main(["plan", verb, str(plan)]) == 1
    assert capsys.readouterr().out


def test_a_file_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "show", "nowhere.toml"]) == 1
    assert "nowhere.toml cannot be read" in capsys.readouterr().out
