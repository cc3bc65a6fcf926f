"""The lock: the same packages everywhere, known by their hashes, from wherever they come."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
RUN, _, TESTS = LOCK.partition("# ---- only for the tests ----\n")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>!~; ]", name, maxsplit=1)[0]).lower()


def names(part: str) -> set[str]:
    return {plain(line) for line in part.splitlines() if line[:1].isalnum()}


def test_it_names_no_place_to_get_packages_from() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^\s*(-i|-f|--index|--extra-index|--find-links)", LOCK, re.MULTILINE)


def test_each_package_has_one_version_and_its_hashes() -> None:
    requirements = re.split(r"^(?=[a-z0-9])", re.sub(r"^#.*\n", "", LOCK, flags=re.M), flags=re.M)
    for requirement in filter(str.strip, requirements):
        first, *rest = [line.strip(" \\") for line in requirement.strip().splitlines()]
        assert re.fullmatch(r"[a-z0-9-]+==[\w.!+]+( ; .+)?", first), first
        assert rest, f"{first} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in rest), first


def test_what_the_company_needs_stands_in_the_first_part() -> None:
    setup = PROJECT["optional-dependencies"]["setup"]
    needed = {plain(name) for name in [*PROJECT["dependencies"], *setup]}
    assert needed - names(RUN) == set()


def test_what_only_the_tests_need_stands_in_the_second() -> None:
    needed = {plain(name) for name in PROJECT["optional-dependencies"]["dev"]}
    assert needed - names(RUN) - names(TESTS) == set()
    assert names(RUN) & names(TESTS) == set()


@pytest.mark.parametrize("heavy", ["mypy", "playwright", "pytest", "hypothesis", "ruff"])
def test_running_the_company_installs_no_test_tool(heavy: str) -> None:
    assert heavy in names(TESTS)
