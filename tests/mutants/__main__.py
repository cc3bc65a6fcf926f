"""Plant each bug of the list and see its test fail.

    python -m tests.mutants [--only WORDS] [--workers N] [--write]

Every bug is planted in a copy of the repository, never in the repository itself. First the tests
that are named must pass as they are; then each must fail with its bug. `--write` puts the result,
with its date, into docs/reliability.md. Ends with 1 when a bug was not caught.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.planted import ROOT, Planted, planted

SOURCES = ("platform", "affiliates", "fulfillment")
COPIED = (*SOURCES, "templates", "tests", "docs")
REPORT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- planted bugs: begin -->", "<!-- planted bugs: end -->"
PATIENCE_SECONDS = 600


def copy_of_the_repository(folder: Path) -> Path:
    """What the tests need, in a folder of its own."""
    skipped = shutil.ignore_patterns("__pycache__", ".venv", ".data")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    for name in ("pyproject.toml", "README.md", "Makefile"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(copy: Path, tests: Sequence[str]) -> int:
    """The exit status of pytest for these tests of a copy."""
    ahead = os.pathsep.join(str(copy / source) for source in SOURCES)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": ahead, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if ended.returncode not in (0, 1):  # neither passed nor failed: the run itself is broken
        raise SystemExit(f"pytest ended with {ended.returncode}:\n{ended.stdout[-3000:]}")
    return ended.returncode


def catch(copy: Path, bug: Planted) -> bool:
    """Whether the bug's test fails while it is planted in this copy."""
    place = copy / bug.file
    text = place.read_text()
    place.write_text(bug.in_text(text))
    try:
        return run(copy, [bug.caught_by]) == 1
    except subprocess.TimeoutExpired:
        return True  # it hangs: nobody would take that for a pass
    finally:
        place.write_text(text)


def report(results: Sequence[tuple[Planted, bool]]) -> str:
    """The result as it stands in the documentation."""
    caught = sum(was_caught for _, was_caught in results)
    lines = [
        BEGIN,
        f"{datetime.now(UTC):%d %B %Y}: **{caught} of {len(results)}** caught (`make mutants`).",
        "",
        "| Planted bug | In | Caught by |",
        "|---|---|---|",
    ]
    for bug, was_caught in results:
        file = bug.file.split("/", 2)[2]
        by = f"`{bug.test}`" if was_caught else "**nothing**"
        lines.append(f"| {bug.bug} | `{file}` | {by} |")
    return "\n".join([*lines, END])


def write(text: str) -> None:
    """Put the result where the documentation has its place for it."""
    said = REPORT.read_text()
    before, _, rest = said.partition(BEGIN)
    _, _, after = rest.partition(END)
    REPORT.write_text(before + text + after)


def main() -> int:
    """Plant, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="bugs whose words or file hold this text")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="the result into docs/reliability.md")
    given = parser.parse_args()
    bugs = [bug for bug in planted() if given.only in f"{bug.bug} {bug.file} {bug.caught_by}"]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(given.workers):
            copies.put(copy_of_the_repository(Path(folder) / str(number)))
        as_they_are = copies.get()
        if run(as_they_are, sorted({bug.caught_by for bug in bugs})) != 0:
            raise SystemExit("A named test fails without any bug: mend that first.")
        copies.put(as_they_are)

        def plant(bug: Planted) -> tuple[Planted, bool]:
            copy = copies.get()
            try:
                was_caught = catch(copy, bug)
            finally:
                copies.put(copy)
            print(f"{'caught' if was_caught else 'MISSED'}  {bug.bug}", flush=True)
            return bug, was_caught

        with ThreadPoolExecutor(given.workers) as threads:
            results = list(threads.map(plant, bugs))
    caught = sum(was_caught for _, was_caught in results)
    print(
        f"{caught} of {len(results)} planted bugs were caught, in {time.monotonic() - began:.0f} s"
    )
    if given.write:
        write(report(results))
    return 0 if caught == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
