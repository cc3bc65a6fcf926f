"""The guide to a company as files, command by command, on a company that has a candle."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mainstem import cli
from mainstem.kit.db import Database
from tests.setup import saying
from tests.setup.test_saving import OWNER, _save

GUIDE = Path(__file__).parents[2] / "docs/guides/company-as-files.md"
CANDLE = saying.PRODUCT | {
    "variants": [{"sku": "CANDLE-1", "prices": {"EUR": 1490, "SEK": 14900}}],
}


def parts() -> list[list[tuple[str, str]]]:
    """The code of each numbered part: its language and its text."""
    numbered = re.split(r"^## \d\. .*$", GUIDE.read_text("utf-8"), flags=re.M)[1:]
    return [re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S) for text in numbered]


@pytest.fixture
def commands(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder to work in, and a company that the commands reach."""
    with database.work(OWNER) as work:
        for name, said in (
            ("company", saying.PROFILE),
            ("departments", saying.DEPARTMENT),
            ("products", CANDLE),
            ("locations", saying.LOCATION),
        ):
            _save(work, name, said)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAINSTEM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    monkeypatch.setenv("MAINSTEM_OWNER_URL", database_url)


def run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    program, *arguments = shlex.split(command)
    assert program == "mainstem"
    assert cli.main(arguments) == 0, capsys.readouterr().err
    told = capsys.readouterr()
    return told.out + told.err


@pytest.mark.usefixtures("commands")
def test_every_command_of_the_guide_does_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [wrote], [changed], [dry, would], [applied, did], [again, key] = parts()
    assert "products.toml" in run(wrote[1], capsys)
    products = tmp_path / "my-company/products.toml"
    was, now = (re.search(rf"^\{mark}(.*)$", changed[1], re.M) for mark in "-+")
    assert was and now and was[1] in products.read_text("utf-8")
    products.write_text(products.read_text("utf-8").replace(was[1], now[1]), "utf-8")
    assert run(dry[1], capsys) == would[1]
    assert run(applied[1], capsys) == did[1]
    assert run(again[1], capsys) == "The company is what the folder says.\n"
    assert run(key[1], capsys).startswith("mik_")
