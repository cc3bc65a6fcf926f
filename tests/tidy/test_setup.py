"""Setting up: what this machine lacks is said in a sentence, and a second time costs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from tests.waits import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "sed", "awk", "make", "id", "test", "touch", "mkdir", "rm", "echo")


class Machine:
    """A checkout on a machine that has a handful of tools, and what a test puts beside them."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.programs = folder / "mainstem", folder / "bin"
        self.programs.mkdir()
        self.checkout.mkdir()
        for name in ("Makefile", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, self.checkout)
        for tool in TOOLS:
            if place := shutil.which(tool):
                (self.programs / tool).symlink_to(place)

    def has(self, name: str, does: str) -> Path:
        program = self.programs / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
        return program

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "HOME": str(self.checkout.parent)}
        return subprocess.run(
            [self.programs / "make", *arguments],
            cwd=self.checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def is_set_up(self) -> None:
        environment = self.checkout / ".venv"
        (environment / "bin").mkdir(parents=True)
        for name in ("python", "uv", "ruff", "mypy", "lint-imports", "pytest", "mainstem"):
            self.has(str(environment / "bin" / name), f"echo {name} ran")
        for stamp in (".ready-to-run", ".ready-to-test"):
            (environment / stamp).touch()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_without_python_is_told_which_and_how(machine: Machine) -> None:
    told = machine.make("install")
    assert told.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in told.stderr
    assert "apt-get install python3 python3-venv python3-pip" in told.stderr
    assert not (machine.checkout / ".venv").exists()


def test_an_old_python_is_refused(machine: Machine) -> None:
    machine.has("python3.9", "exit 1")
    told = machine.make("install", "PYTHON=python3.9")
    assert told.returncode != 0
    assert "python3.9 is not Python 3.11, 3.12 or 3.13" in told.stderr


def test_a_python_that_cannot_make_environments_is_said(machine: Machine) -> None:
    machine.has("python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    told = machine.make("install")
    assert told.returncode != 0
    assert "its venv module is missing" in told.stderr
    assert "apt-get install python3-venv" in told.stderr


def test_what_is_set_up_is_not_set_up_again(machine: Machine) -> None:
    machine.is_set_up()
    told = machine.make("install")
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_set_up_anew(machine: Machine, changed: str) -> None:
    machine.is_set_up()
    later = time.time() + 5
    os.utime(machine.checkout / changed, (later, later))
    assert "Setting up" in machine.make("install").stdout


def test_make_run_hands_over_to_the_company(machine: Machine) -> None:
    machine.is_set_up()
    assert machine.make("run").stdout == "mainstem ran\n"


def test_without_a_browser_the_tests_fail_with_a_sentence(machine: Machine) -> None:
    machine.is_set_up()
    told = machine.make("test")
    assert told.returncode != 0
    assert "there is no chromium here" in told.stderr
    assert "ran" not in told.stdout


def test_with_a_browser_the_tests_run_style_types_imports_and_tests(machine: Machine) -> None:
    machine.is_set_up()
    machine.has("chromium", "exit 0")
    ran = [line.split()[0] for line in machine.make("test").stdout.splitlines() if "ran" in line]
    assert ran[0] == "ruff"
    assert sorted(ran) == ["lint-imports", "mypy", "pytest", "ruff"]


@pytest.mark.parametrize("broken", ["ruff", "mypy", "lint-imports", "pytest"])
def test_the_tests_fail_where_one_of_their_parts_does(machine: Machine, broken: str) -> None:
    machine.is_set_up()
    machine.has("chromium", "exit 0")
    (machine.checkout / ".venv" / "bin" / broken).write_text("#!/bin/sh\nexit 1\n")
    assert machine.make("test").returncode != 0
