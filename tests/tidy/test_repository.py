"""The repository: what lies where, and what a checkout may never hold."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.waits import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("platform", "affiliates", "fulfillment")
TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.lock",
    "affiliates",
    "benchmarks",
    "docs",
    "fulfillment",
    "platform",
    "templates",
    "tests",
}
# Each would be a detail of one machine or of one person, and no business of the product.
NEVER = {
    "a folder of one machine": r"(?<![\w.~/-])/(root|home|work|Users)/\w",
    "an address of a package registry": r"https?://[^\s\"')>]*(pypi\.|/simple/|registry\.|/npm/)",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a live key of the payment gateway": r"\b[srp]k_live_\w{16}",
}


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.fail(f"These tests read what git tracks, and git does not answer here: {error}")
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).exists()]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )


def test_pythons_own_platform_module_answers_beside_the_folder_platform() -> None:
    told = python("-c", "import platform; print(platform.python_version())")
    assert told.stdout.strip() == ".".join(map(str, sys.version_info[:3])), told.stderr


def test_pytest_starts_as_a_module_from_the_root() -> None:
    told = python("-m", "pytest", "--version")
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_a_source_root_is_no_package(root: str) -> None:
    assert (ROOT / root).is_dir()
    assert not (ROOT / root / "__init__.py").exists()


def test_every_package_folder_says_that_it_is_one() -> None:
    folders = {
        folder
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] in SOURCE_ROOTS
        for folder in path.parents
        if len(folder.parts) > 1 and "migrations" not in folder.parts
    }
    assert [str(folder) for folder in sorted(folders) if not marked(folder)] == []


def marked(folder: Path) -> bool:
    return (ROOT / folder / "__init__.py").exists()


def test_the_top_level_holds_what_the_tour_names_and_nothing_else() -> None:
    top = {path.parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_no_file_holds_a_detail_of_a_machine_or_a_secret() -> None:
    found = [
        f"{path}: {what}: {hit[0]}"
        for path in tracked()
        if (text := text_of(path)) is not None
        for what, pattern in NEVER.items()
        if (hit := re.search(pattern, text)) is not None
    ]
    assert found == []


def text_of(path: Path) -> str | None:
    if ROOT / path == Path(__file__).resolve():
        return None  # the patterns themselves
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_tracked_file_is_one_that_git_ignores() -> None:
    ignored = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert ignored == ""


def test_the_way_of_an_order_is_read_in_five_hundred_lines() -> None:
    readme = (ROOT / "README.md").read_text()
    tour = readme.partition("Fifteen minutes are enough")[2].partition("\n\n")[0]
    named = re.findall(r"\]\(([^)]+\.py)\)", tour)
    assert len(named) == 5
    assert sum(len((ROOT / name).read_text().splitlines()) for name in named) <= 500


def test_every_make_command_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    named = {
        (document.name, command)
        for document in documents
        for command in re.findall(r"(?:^|`|\$ )make ([a-z]+)", document.read_text(), re.MULTILINE)
    }
    assert {(name, command) for name, command in named if command not in targets} == set()
    assert {"install", "run", "test", "story", "real", "bench", "check", "reset", "lock"} <= targets


def test_ruff_has_nothing_to_say() -> None:
    told = python("-m", "ruff", "check", ".")
    assert told.returncode == 0, told.stdout
