"""The wheel: everything that the company needs ships, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.waits import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "mainstem",
    "mainstem_gateway",
    "mainstem_postgres",
    "mainstem_affiliates",
    "mainstem_fulfillment",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert built.returncode == 0, built.stderr
    (made,) = folder.glob("*.whl")
    return made


def files_below(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_templates_and_static_files_ship(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    templates = {f"mainstem/templates/{name}" for name in files_below(ROOT / "templates")}
    static = ROOT / "platform" / "mainstem" / "static"
    assets = {f"mainstem/static/{name}" for name in files_below(static)}
    assert templates
    assert assets
    assert (templates | assets) - shipped == set()


def test_our_packages_ship_and_nothing_else(wheel: Path) -> None:
    roots = {name.split("/", 1)[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {root for root in roots if not root.endswith(".dist-info")} == set(PACKAGES)


def test_an_installed_wheel_finds_its_templates_in_itself(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mainstem import paths; print(paths.TEMPLATES); print(paths.STATIC)",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    ).stdout.split()
    assert told == [str(tmp_path / "mainstem/templates"), str(tmp_path / "mainstem/static")]
    assert all(Path(folder).is_dir() for folder in told)


def test_a_checkout_reads_the_templates_that_are_edited() -> None:
    from mainstem import paths

    assert paths.TEMPLATES == ROOT / "templates"
    assert paths.STATIC.is_dir()
