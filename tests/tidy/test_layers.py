"""Imports point down, and the contracts that say so bite."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.waits import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
ROOTS = ("platform", "affiliates", "fulfillment")
PLANTED = {
    "platform/mainstem/money.py": "import sqlalchemy\n",
    "platform/mainstem/kit/clock.py": "import mainstem.network\n",
    "platform/mainstem/catalog.py": "import stripe\n",
    "platform/mainstem/stock.py": "import litestar\n",
    "platform/mainstem/attribution.py": "import mainstem_gateway\n",
    "platform/mainstem_gateway/wire.py": "import mainstem.orders\n",
    "affiliates/mainstem_affiliates/__init__.py": "import mainstem_fulfillment\n",
}


def lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    # Found before the checkout that the environment points to.
    path = os.pathsep.join(str(checkout / root) for root in ROOTS)
    return subprocess.run(
        [LINT, "--no-cache", "--no-logo"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_every_import_points_down() -> None:
    told = lint(ROOT)
    assert told.returncode == 0, told.stdout + told.stderr


def test_an_import_that_points_up_or_out_is_found(tmp_path: Path) -> None:
    for root in ROOTS:
        ignored = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(ROOT / root, tmp_path / root, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, line in PLANTED.items():
        with (tmp_path / name).open("a") as file:
            file.write(line)
    told = lint(tmp_path).stdout
    for name, line in PLANTED.items():
        importer = name.split("/", 1)[1].removesuffix(".py").replace("/", ".")
        importer, imported = importer.removesuffix(".__init__"), line.split()[1]
        assert re.search(rf"{re.escape(importer)} -> {imported}", told), (importer, imported, told)


def test_every_module_has_its_place_in_the_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    down = next(contract for contract in contracts["contracts"] if contract["id"] == "down")
    placed = set(re.findall(r"mainstem\.(\w+)", " ".join(down["layers"])))
    package = ROOT / "platform" / "mainstem"
    modules = {
        path.stem
        for path in package.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    # Stands alone, or is run by itself: the package's own page and the reaper.
    assert modules - placed - {"__init__", "__main__", "running_reaper", "migrations"} == set()
