"""SIGKILL in the middle of the stories: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest

PATIENCE_SECONDS = 400
# What is told after which step, and whose process is killed right then.
KILLS = {
    "web": r"Order \S+ placed",
    "worker": r"Paid on the gateway's page",
    "database": r"Credited, inside the return window, kulla",
}


class RunningStory:
    """`mainstem story` under way, read line by line as it is told."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mainstem", "story", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def wait_for(self, pattern: str, *, after: int = 0) -> int:
        """The number of the first line after one that says so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            for number, line in enumerate(self.lines[after:], start=after):
                if re.search(pattern, line):
                    return number
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"never told: {pattern}\n{''.join(self.lines)}")

    def end(self) -> tuple[int, str]:
        """The exit status, and everything that was told."""
        status = self.process.wait(PATIENCE_SECONDS)
        self.reader.join(10)
        return status, "".join(self.lines)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[RunningStory]:
    told = RunningStory(tmp_path / "company")
    yield told
    if told.process.poll() is None:
        told.process.send_signal(signal.SIGINT)
        told.process.wait(60)
    told.reader.join(10)
    assert told.process.stdout is not None
    told.process.stdout.close()


def _kill(told: RunningStory, part: str) -> None:
    """SIGKILL one part of this story's own company, the way the kernel would."""
    end = time.monotonic() + PATIENCE_SECONDS
    # One that was killed before may be on its way up again.
    while not (victims := _victims(told, part)) and time.monotonic() < end:
        time.sleep(0.05)
    assert victims, f"no {part} to kill"
    for victim in victims:
        with contextlib.suppress(ProcessLookupError):  # it went when its parent did
            os.kill(victim.pid, signal.SIGKILL)


def _victims(told: RunningStory, part: str) -> list[psutil.Process]:
    if part == "database":
        return [p for p in psutil.process_iter(["cmdline"]) if _serves(p, told.data / "pg")]
    family = psutil.Process(told.process.pid).children(recursive=True)
    return [p for p in family if _words(p)[-1:] == [part]]


def _serves(process: psutil.Process, data: Path) -> bool:
    words = _words(process)
    try:
        return any(word.endswith("/postgres") or word == "postgres" for word in words[:1]) and (
            str(process.cwd()).startswith(str(data)) or str(data) in " ".join(words)
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _words(process: psutil.Process) -> list[str]:
    """A process's command line; of one that was just killed, nothing."""
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


@pytest.mark.slow
def test_the_stories_end_right_though_web_worker_and_database_are_killed(
    story: RunningStory,
) -> None:
    at = 0
    for part, when in KILLS.items():
        at = story.wait_for(when, after=at) + 1
        _kill(story, part)
    at = story.wait_for("A service:", after=at)
    _kill(story, "worker")
    at = story.wait_for("Quote accepted", after=at)
    _kill(story, "database")
    at = story.wait_for("is to go back", after=at)
    _kill(story, "web")
    _kill(story, "worker")
    status, told = story.end()
    assert status == 0, told
    assert re.search(r"(\d+)/\1 checks passed", told), told
    # Exactly the money of an undisturbed story.
    assert "Långkok: SEK215.84 arrived" in told.replace("\xa0", "")
    assert "Långkok: SEK107.92 arrived" in told.replace("\xa0", "")
    assert told.count("placed:") == 1
