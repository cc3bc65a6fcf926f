"""The server as it runs: it starts, answers, finishes what is under way, and leaves nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mainstem.kit import settings

SERVE = """
import threading, time
from litestar import Request, get
from litestar.di import NamedDependency
from mainstem import app, flow
from mainstem.kit import settings, telemetry
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.web.pages import address_of
from mainstem_affiliates import storefront

@get("/slow", sync_to_thread=True)
def slow() -> str:
    time.sleep(1.5)
    return "done"

@get("/busy", sync_to_thread=True)
def busy(work: NamedDependency[Work]) -> str:
    work.run("SELECT pg_sleep(0.01)")
    return "done"

@get("/address", sync_to_thread=False)
def address(request: Request) -> str:
    return address_of(request)

storefront.routes = [slow, busy, address]
config = settings.read()
telemetry.configure(json=True)
app.serve(config, Database(config.database_url, tools=flow.tools(), pool=8),
          on_shutdown=[lambda: print("closed", flush=True)])
print("threads", threading.active_count(), flush=True)
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def server_process(
    request: pytest.FixtureRequest, port: int, database_url: str, tmp_path: Path
) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {
        "MAINSTEM_PROXIES": getattr(request, "param", ""),
        "MAINSTEM_DATA": str(tmp_path),
        "MAINSTEM_DATABASE_URL": database_url,
        "MAINSTEM_PORT": str(port),
    }
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process
        process.kill()


def test_a_stop_lets_a_request_end_and_closes_what_was_opened(
    server_process: subprocess.Popen[str], port: int
) -> None:
    answers: list[httpx.Response] = []
    asking = threading.Thread(
        target=lambda: answers.append(httpx.get(f"http://127.0.0.1:{port}/slow", timeout=20))
    )
    asking.start()
    time.sleep(0.5)
    server_process.send_signal(signal.SIGTERM)
    asking.join()
    said, logged = server_process.communicate(timeout=20)
    assert [(a.status_code, a.text) for a in answers] == [(200, "done")], logged
    assert "closed" in said
    assert server_process.returncode in (0, -signal.SIGTERM), logged
    assert '"route": "/slow"' in logged
    assert "Traceback" not in logged


def _address(port: int, *forwarded: str) -> str:
    headers = [("x-forwarded-for", address) for address in forwarded]
    return httpx.get(f"http://127.0.0.1:{port}/address", headers=headers).text


def test_the_server_says_nothing_of_itself_and_takes_no_word_for_an_address(
    server_process: subprocess.Popen[str], port: int
) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/sign-in")
    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert _address(port, "203.0.113.5") == "127.0.0.1"
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(b"GET /sign-in HTTP/1.1\r\nX-Forwarded-Host: 127.0.0.1\r\n\r\n")
        assert raw.recv(200).startswith(b"HTTP/1.1 400"), "a request for no host is for nobody"


@pytest.mark.parametrize("server_process", ["127.0.0.1, 10.0.0.0/8"], indirect=True)
def test_behind_a_named_proxy_a_client_is_where_the_proxy_saw_it(
    server_process: subprocess.Popen[str], port: int
) -> None:
    assert _address(port, "203.0.113.5") == "203.0.113.5"
    # What a client wrote itself stands before what the proxies have added, and is not believed.
    assert _address(port, "198.51.100.9, 203.0.113.5, 10.1.2.3") == "203.0.113.5"
    assert _address(port, "127.0.0.1, 203.0.113.5") == "203.0.113.5"
    assert _address(port, "198.51.100.9", "203.0.113.5") == "203.0.113.5"
    assert _address(port) == "127.0.0.1"


@pytest.mark.parametrize("named", ["*", "proxy.example", "10.0.0.1/8"])
def test_a_proxy_is_named_by_its_address_or_the_company_does_not_start(
    named: str, tmp_path: Path
) -> None:
    with pytest.raises(settings.SettingMissing, match="MAINSTEM_PROXIES lists"):
        settings.read({"MAINSTEM_DATA": str(tmp_path), "MAINSTEM_PROXIES": named})


def test_a_crowd_never_waits_for_a_thread_that_waits_for_a_connection(
    server_process: subprocess.Popen[str], port: int
) -> None:
    async def crowd() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=120)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:
            asked = (client.get(f"http://127.0.0.1:{port}/busy") for _ in range(240))
            return await asyncio.gather(*asked)

    started = time.monotonic()
    answers = asyncio.run(crowd())
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) >= 200
    # A thread that waited in vain would have waited ten seconds for the pool.
    assert time.monotonic() - started < 10
