"""One whole company and one browser for the stories; each actor has a browser profile of their
own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from mainstem import running
from tests.browser.inspector import DESK, PHONE, Inspector
from tests.browser.people import PATIENCE_MS, Company, Person
from tests.surfaces.conftest import open_app, settings

__all__ = ["open_app", "settings"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_SECONDS = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every story here needs the browser, and shares its company with the others."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The demo company as `mainstem run` starts it, on ports and in a folder of its own.

    MAINSTEM_TEST_COMPANY names the data folder of one that runs already, to write stories with.
    """
    if given := os.environ.get("MAINSTEM_TEST_COMPANY"):
        yield _found(Path(given), Path(given) / "out.txt")
        return
    with running_company(tmp_path_factory.mktemp("company")) as (data, told):
        yield _found(data, told)


@contextmanager
def running_company(folder: Path, *options: str) -> Iterator[tuple[Path, Path]]:
    """A company as `mainstem run` starts it, in a folder of its own: its data, and what it says."""
    data, told = folder / "data", folder / "told.txt"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAINSTEM_", "STRIPE_"))}
    env |= {"MAINSTEM_DATA": str(data), "MAINSTEM_PORT": str(_free_port())}
    with told.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "mainstem", "run", *options],
            env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        end = time.monotonic() + START_SECONDS
        while not running.addresses(data):
            assert process.poll() is None, f"the company did not start:\n{told.read_text()}"
            assert time.monotonic() < end, f"the company is not up yet:\n{told.read_text()}"
            time.sleep(0.2)
        yield data, told
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)


def _found(data: Path, told: Path) -> Company:
    places = running.addresses(data)
    return Company(places["web"], places["gateway"], is_told(told, r"the password +(\S+)"), data)


def is_told(told: Path, pattern: str) -> str:
    """What a company says once it is up, by the first group of a pattern."""
    end = time.monotonic() + START_SECONDS
    while not (found := re.search(pattern, told.read_text())):
        assert time.monotonic() < end, f"nobody has said it:\n{told.read_text()}"
        time.sleep(0.1)
    return found[1]


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


# Not for the session: while it is open, no other test of this process could run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real browser. Without one these tests fail: a story that nobody saw is not told."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.fail(
            "No chromium is installed, and these tests drive a real browser. On Debian: "
            "apt-get install chromium",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def inspector(request: pytest.FixtureRequest) -> Inspector:
    """What is noticed on the pages, and where pictures of them go."""
    pictures = request.config.rootpath / "artifacts" / "screenshots"
    pictures.mkdir(parents=True, exist_ok=True)
    return Inspector(pictures)


@pytest.fixture
def enter(
    browser: Browser, company: Company, inspector: Inspector
) -> Iterator[Callable[..., Person]]:
    """Let somebody in: `enter()` is a new visitor with a browser profile of their own."""
    with letting_in(browser, company, inspector) as enter:
        yield enter


@contextmanager
def letting_in(
    browser: Browser, company: Company, inspector: Inspector
) -> Iterator[Callable[..., Person]]:
    """Lets people in to a company. When the story is over, nothing may have been wrong with any page
    that anybody saw in it."""
    contexts: list[BrowserContext] = []

    def enter(*, language: str = "en", script: bool = True, phone: bool = False) -> Person:
        context = browser.new_context(
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
            locale={"en": "en-GB", "sv": "sv-SE"}[language],
            java_script_enabled=script,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        inspector.watch(page)
        return Person(page, company, inspector)

    inspector.wrong.clear()
    yield enter
    for context in contexts:
        context.close()
    assert not inspector.wrong, "\n".join(inspector.wrong)
