"""The real server in a process of its own, for what only a socket shows."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.waits import PATIENCE

SERVE = """
import threading, time
from litestar import Request, get, post
from litestar.di import NamedDependency
from mainstem import app, flow
from mainstem.kit import settings, telemetry
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.web import Form, connections
from mainstem.web.context import network_address
from mainstem_affiliates import storefront

@get("/slow", sync_to_thread=True)
def slow() -> str:
    time.sleep(1.5)
    return "done"

@get("/busy", sync_to_thread=True)
def busy(work: NamedDependency[Work]) -> str:
    work.run("SELECT pg_sleep(0.01)")
    return "done"

@post("/both", sync_to_thread=True)
def both(work: NamedDependency[Work], form: NamedDependency[Form]) -> str:
    return str(work.value("SELECT 1")) + form["word"]

@get("/address", sync_to_thread=False)
def address(request: Request) -> str:
    return network_address(request)

PATIENCE
storefront.routes = [slow, busy, both, address]
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
def patience(request: pytest.FixtureRequest) -> str:
    """A line that changes how patient the served app is."""
    return str(getattr(request, "param", ""))


@pytest.fixture
def server_process(
    request: pytest.FixtureRequest, port: int, database_url: str, tmp_path: Path, patience: str
) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {
        "MAINSTEM_PROXIES": getattr(request, "param", ""),
        "MAINSTEM_DATA": str(tmp_path),
        "MAINSTEM_MODE": "demo",
        "MAINSTEM_DATABASE_URL": database_url,
        "MAINSTEM_PORT": str(port),
    }
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVE.replace("PATIENCE", patience)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        with httpx.Client() as client:  # one for all tries: each reads every certificate there is
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and process.poll() is None:
                try:
                    if client.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
        yield process
        process.kill()
