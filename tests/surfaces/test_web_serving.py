"""The server as it runs: it starts, answers, finishes what is under way, and leaves nothing."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.waits import PATIENCE

from mainstem.kit import settings


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
    said, logged = server_process.communicate(timeout=PATIENCE)
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


@pytest.mark.parametrize("named", ["*", "proxy.example", "10.0.0.1/8", "0.0.0.0/0", "::/0"])
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
        async with httpx.AsyncClient(limits=limits, timeout=PATIENCE) as client:
            asked = (client.get(f"http://127.0.0.1:{port}/busy") for _ in range(240))
            return await asyncio.gather(*asked)

    answers = asyncio.run(crowd())
    assert {answer.status_code for answer in answers} <= {200, 503}
    # A thread that waits for the pool in vain answers 503, and so does everybody behind it.
    assert sum(answer.status_code == 200 for answer in answers) >= 200
