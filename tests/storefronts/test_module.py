"""A storefront module, by its guide: from `mainstem storefront new` to an order that somebody has paid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import cli, worker
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem_affiliates.contract import installed
from mainstem_affiliates.stores.scaffolding import FolderInUse, scaffold
from tests.company import KETTLE, Company, a_company
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.paying import database, gateway
from tests.surfaces.shopping import ADA_FORM, Buyer, hidden, pay_at
from tests.waits import PATIENCE

__all__ = ["database", "gateway"]

SLUG = "fjord-iron"


def commands(root: Path) -> list[list[str]]:
    """What the guide types, line by line."""
    guide = (root / "docs/guides/storefront-module.md").read_text()
    block = re.search(r"```bash\n(.*?)```", guide, re.DOTALL)
    assert block
    return [line.split() for line in block[1].splitlines() if line]


# ------------------------------------------------------------------------- what is written


def test_a_package_is_written_once_and_nothing_is_written_over(tmp_path: Path) -> None:
    folder = tmp_path / SLUG
    written = scaffold(SLUG, folder)
    assert len(written) == 6 and all(path.is_file() for path in written)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["mainstem.storefronts"] == {
        SLUG: "fjord_iron_storefront:storefront"
    }
    before = {path: path.read_bytes() for path in written}
    with pytest.raises(FolderInUse):
        scaffold(SLUG, folder)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderInUse):
        scaffold(SLUG, tmp_path / "file")
    assert {path: path.read_bytes() for path in written} == before


@pytest.mark.parametrize(
    "name",
    ["", "Fjord", "fjord iron", "-fjord", "fjord-", "1fjord", "../fjord", "fjord--x", "f" * 41, "admin",
     "adm1n", "st0re"],
)  # fmt: skip
def test_a_name_that_no_shop_can_have_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InvalidInput):
        scaffold(name, tmp_path / "shop")
    assert not (tmp_path / "shop").exists()


@given(st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True))
def test_whatever_it_is_called_the_package_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("shop")
    try:
        written = scaffold(name, folder / "new")
    except InvalidInput:
        return
    for path in written:
        text = path.read_text()
        assert "$" not in text
        if path.suffix == ".py":
            compile(text, str(path), "exec")
        elif path.suffix == ".toml":
            tomllib.loads(text)


# ------------------------------------------------------------------------- the whole road


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        work.run("UPDATE affiliate SET slug = 'kulla' WHERE id = %(id)s", id=company.birch)
    return company


@pytest.fixture
def environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> Iterator[Path]:
    """Where the module is installed: a folder of its own, which this process reads like any other."""
    target = tmp_path / "installed"
    target.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(target))
    monkeypatch.setenv("MAINSTEM_MODE", "demo")
    monkeypatch.setenv("MAINSTEM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MAINSTEM_DATABASE_URL", database_url)
    installed.cache_clear()
    yield target
    installed.cache_clear()
    sys.modules.pop("fjord_iron_storefront", None)


def types(command: list[str], target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what a line of the guide says; `pip` installs into the folder of this test."""
    match command:
        case ["mainstem", *arguments]:
            assert cli.main(arguments) == 0, command
        case ["cd", folder]:
            monkeypatch.chdir(folder)
        case ["pip", "install", "."]:
            run("uv", "pip", "install", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable,
                "--target", str(target), ".")  # fmt: skip
            installed.cache_clear()
        case ["pytest"]:
            run(
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                PYTHONPATH=os.pathsep.join([str(target), *sys.path]),
            )
        case _:
            raise AssertionError(f"the guide says something new: {command}")


def run(module: str, *arguments: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_by_the_guide_a_module_sells_its_first_order(
    root: Path,
    company: Company,
    database: Database,
    open_app: Open,
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for command in commands(root):
        types(command, environment, monkeypatch)
    reader = open_app()
    buyer = Buyer(reader, SLUG)
    home = buyer.get()
    assert "Things that last, chosen by Fjord Iron" in words_of(home)
    assert "Fjord Iron is paid when you buy here." in home.text
    assert 'class="theme-fjord-iron"' in home.text
    sheet = re.search(r'href="(/theme/[0-9a-f]+/module\.fjord-iron\.css)"', home.text)
    assert sheet
    styled = reader.client.get(sheet[1])
    assert ".theme-fjord-iron" in styled.text and "immutable" in styled.headers["cache-control"]
    with database.work() as work:
        work.run("UPDATE stock_level SET on_hand = 1")
    assert "The last ones on the shelf" in words_of(buyer.get("p/kettle"))
    buyer.put(KETTLE, 1)
    sent = buyer.send(hidden(buyer.get("checkout")) | ADA_FORM)
    back = pay_at(sent.headers["location"])
    reader.get(back.partition("company.example")[2])
    worker.drain(database)
    with database.work() as work:
        order = work.one(
            "SELECT payment_status, home_id, seller_id FROM orders o JOIN storefront s"
            " USING (home_id) WHERE s.slug = %(slug)s AND o.storefront_id = s.id",
            slug=SLUG,
        )
    assert (order.payment_status, order.home_id, order.seller_id) == (
        "paid",
        company.birch,
        company.birch,
    )


def test_a_module_that_is_not_installed_or_an_affiliate_that_is_not_there_is_told(
    environment: Path, company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["storefront", "open", "nowhere", "--affiliate", "kulla"]) == 1
    assert "No storefront module is called nowhere." in capsys.readouterr().err
