"""The guide to a plan in ten minutes, command by command."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from tests.company import KETTLE, a_company, a_paid_order

from mainstem import cli
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

GUIDE = Path(__file__).parents[2] / "docs/guides/design-a-plan.md"


def code(part: int) -> list[tuple[str, str]]:
    """The code of a numbered part: its language and its text."""
    numbered = re.split(r"^## \d\. .*$", GUIDE.read_text("utf-8"), flags=re.M)
    return re.findall(r"^```(\w*)\n(.*?)^```$", numbered[part], re.M | re.S)


def run(line: str, capsys: pytest.CaptureFixture[str], *, status: int = 0) -> str:
    program, *arguments = shlex.split(line)
    assert program == "mainstem", line
    assert cli.main(arguments) == status, capsys.readouterr()
    told = capsys.readouterr()
    return (told.out + told.err).replace("\N{NO-BREAK SPACE}", " ")


def said_in(told: str, expected: str) -> bool:
    return all(line in told for line in expected.splitlines())


def test_every_command_of_the_guide_does_what_it_says(
    database: Database,
    database_url: str,
    clock: FixedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.work() as work:
        company = a_company(work)
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAINSTEM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    monkeypatch.setenv("MAINSTEM_OWNER_URL", database_url)

    [(_, document)] = code(1)
    Path("first.toml").write_text(document)
    [(_, checks), (_, warned)] = code(2)
    assert said_in(run(checks.strip(), capsys), warned)
    Path("first.toml").write_text(document.replace("cap_bp = 1600", "cap_bp = 1800"))
    assert "warn" not in run(checks.strip(), capsys)

    [(_, shows), (_, words)] = code(3)
    english, swedish = shows.strip().splitlines()
    assert said_in(run(english, capsys), words)
    assert "Den som gjorde försäljningen får 15 %" in run(swedish, capsys)

    [(_, tries)] = code(4)
    makes, backtests = tries.strip().splitlines()
    run(makes, capsys)
    tried = run(backtests, capsys)
    assert "goods, level 1" in tried
    assert "met a cap" in tried

    [(_, copies), (_, differs), (_, difference)] = code(5)
    assert copies.strip() == "cp first.toml second.toml"
    shutil.copy("first.toml", "second.toml")
    spring = ', clients = "first_order", starts_on = 2027-03-01, ends_on = 2027-05-30}'
    second = Path("second.toml").read_text().replace(', clients = "first_order"}', spring)
    Path("second.toml").write_text(second.replace("More for the first order", "In spring"))
    assert said_in(run(differs.strip(), capsys), difference)

    [(_, publishes), (_, asks)] = code(6)
    for line in publishes.strip().splitlines():
        assert "is published" in run(line, capsys)
    with database.work() as work:
        assert work.value("SELECT count(*) FROM plan_version") == 3
    asked = asks.strip().replace("7KQ2M-94TXD", placed.number).replace("ylva", "cedar")
    assert "delivered" in run(asked, capsys)
