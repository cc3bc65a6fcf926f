"""The company as files: written, read, applied, and told where it is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstem import cli_company, setup
from mainstem.kit.db import Database
from mainstem.setup import FolderRefused
from tests.company import a_company
from tests.setup import saying
from tests.setup.test_saving import OWNER, _save

COMPANY = """
name = "Norrsken"
legal_name = "Norrskens Ljusstöperi AB"
country = "SE"
email = "hej@norrsken.example"
languages = ["sv", "en"]
currencies = ["SEK"]

[about]
sv = \"\"\"
Vi stöper ljus.
Av talg och stearin.\"\"\"
"""
LOCATIONS = """
[[location]]
code = "LLA"
name = "Lagret"
country = "SE"

[[location]]
code = "BOD"
name = "Boden"
country = "SE"
position = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that says a little company."""
    (tmp_path / "company.toml").write_text(COMPANY, "utf-8")
    (tmp_path / "locations.toml").write_text(LOCATIONS, "utf-8")
    yield tmp_path


def applied(database: Database, folder: Path) -> list[str]:
    with database.work(OWNER) as work:
        return [str(one) for one in setup.apply(work, setup.read_folder(folder))]


def test_a_folder_is_applied_once_and_then_changes_nothing(
    database: Database, folder: Path
) -> None:
    assert applied(database, folder) == ["+ company", "+ locations/LLA", "+ locations/BOD"]
    assert applied(database, folder) == []
    (folder / "locations.toml").write_text(LOCATIONS.replace('"Boden"', '"Bodens lager"'), "utf-8")
    assert applied(database, folder) == [
        "~ locations/BOD\n    name: 'Boden' -> 'Bodens lager'",
    ]


def test_a_company_is_written_as_files_that_say_the_same_company(
    database: Database, tmp_path: Path
) -> None:
    with database.work(OWNER) as work:
        a_company(work)
        _save(work, "staff", {"email": "chef@norrsken.example", "name": "Cai", "roles": ["admin"]})
        for name, said in (
            ("company", saying.PROFILE | {"about": {"sv": "Vi stöper ljus.\n\nAv talg \"\"\" och\\n."}}),
            ("documents", saying.TERMS),
            ("mail", {"sender_name": "Norrsken", "sender_address": "hej@norrsken.example"}),
            ("affiliates", saying.AFFILIATE | {"sponsor": "birch"}),
            ("storefronts", saying.STOREFRONT | {"assortment": ["kettle"]}),
            ("staff", saying.COLLEAGUE),
            ("programme", saying.PROGRAMME),
            ("tax", saying.TAX),
            ("tax-rates", saying.TAX_RATE),
            ("delivery-zones", saying.ZONE),
            ("departments", saying.DEPARTMENT),
            ("products", saying.PRODUCT),
        ):  # fmt: skip
            _save(work, name, said)
        files = setup.write_folder(work, tmp_path)
        assert {path.name for path in files} == {
            f"{kind.name}.{kind.file}" for kind in setup.RESOURCES.values()
        }
        folder = setup.read_folder(tmp_path)
        assert not folder.wrong
        for kind in setup.RESOURCES.values():
            said_ = {kind.key_of(one): one for k, one, _ in folder.said if k is kind}
            assert said_ == kind.read(work, None), kind.name
        assert setup.apply(work, folder) == []
        before = {path: path.read_bytes() for path in files}
        setup.write_folder(work, tmp_path)
        assert before == {path: path.read_bytes() for path in files}


def test_everything_that_is_wrong_is_told_with_its_file_and_line_and_nothing_is_changed(
    database: Database, folder: Path
) -> None:
    (folder / "locations.toml").write_text(
        LOCATIONS.replace('country = "SE"\nposition = 2', 'country = "ZZ"\nposition = "high"')
        + '\n[[location]]\ncode = "LLA"\nname = "Once more"\ncountry = "SE"\n',
        "utf-8",
    )
    (folder / "stock.csv").write_text("sku,location,on_hand\nMOON,LLA,3\nSUN,LLA,-1\n", "utf-8")
    (folder / "storefronts.toml").write_text("[[storefront]\nslug = 1\n", "utf-8")
    (folder / "planets.toml").write_text("", "utf-8")
    (folder / "staff.toml").write_text("[[person]]\nname = 1\n", "utf-8")
    with pytest.raises(FolderRefused) as no:
        applied(database, folder)
    told = sorted(str(one) for one in no.value.wrong)
    assert [line.split(" ")[0] for line in told] == [
        "locations.toml:10:",
        "locations.toml:11:",
        "locations.toml:13:",
        "planets.toml:1:",
        "staff.toml:1:",
        "stock.csv:2:",
        "stock.csv:3:",
        "storefronts.toml:1:",
    ]
    assert "country: Give a country by its two letters" in told[0]
    assert "position: This must be a number." in told[1]
    assert "LLA stands in line 2 already" in told[2]
    assert "No article has the number MOON." in told[5]
    with database.work() as work:
        assert work.value("SELECT count(*) FROM location") == 0


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"sku,location,on_hand\nA,B\n", 2, "2 cells"),
        (b"sku,shelf\n", 1, "shelf"),
        (b'sku,location,on_hand\n"A,B,1\n', 2, "cannot be read"),
        (b"sku,location,on_hand\nA\0,B,1\n", 2, "zero"),
        (b"sku,location,on_hand\n\xff,B,1\n", 2, "UTF-8"),
        (b"sku,location,on_hand\n" + b"A" * 200_000 + b",B,1\n", 2, "cannot be read"),
    ],
)
def test_a_file_that_nobody_can_read_is_told_by_its_line(
    folder: Path, text: bytes, line: int, words: str
) -> None:
    (folder / "stock.csv").write_bytes(text)
    [wrong] = setup.read_folder(folder).wrong
    assert (wrong.file, wrong.line) == ("stock.csv", line)
    assert words in str(wrong)


def test_a_dry_run_shows_what_would_change_and_changes_nothing(
    database: Database, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = argparse.Namespace(folder=folder, dry_run=True)
    assert cli_company.apply_folder(database, given) == 0
    said = capsys.readouterr().err
    assert "+ locations/LLA" in said and "3 things would change; nothing was." in said
    with database.work() as work:
        assert work.value("SELECT count(*) FROM location") == 0
        assert work.value("SELECT count(*) FROM fact") == 0
    given.dry_run = False
    assert cli_company.apply_folder(database, given) == 0
    assert "3 things changed." in capsys.readouterr().err
    assert cli_company.apply_folder(database, given) == 0
    assert "The company is what the folder says." in capsys.readouterr().err


def test_what_looks_like_a_formula_stays_a_text_in_a_spreadsheet() -> None:
    from mainstem.setup.folder.reading import _plain
    from mainstem.setup.folder.writing import safe

    for text in ("=1+1", "+46 8", "-5", "@home", "plain", "'quoted"):
        assert _plain(safe(text)) == text
        assert safe(text)[0] not in "=+-@"


def test_the_folder_to_begin_with_is_a_company_that_can_sell(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    given = argparse.Namespace(demo=False, folder=folder, dry_run=False)
    assert cli_company.copy_template(given) == 0
    assert cli_company.copy_template(given) == 1, "it is not written over"
    assert "is not empty" in capsys.readouterr().err
    assert cli_company.apply_folder(database, given) == 0
    assert cli_company.apply_folder(database, given) == 0
    assert "The company is what the folder says." in capsys.readouterr().err
    with database.work() as work:
        left = {step.name for step in setup.steps(work) if not step.is_done}
    assert left <= {"staff", "payments", "programme"}


def test_the_demo_is_written_as_files_too(database: Database, tmp_path: Path) -> None:
    given = argparse.Namespace(demo=True, folder=tmp_path / "demo", dry_run=False)
    assert cli_company.copy_template(given) == 0
    assert cli_company.apply_folder(database, given) == 0
