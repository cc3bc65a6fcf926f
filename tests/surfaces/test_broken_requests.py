"""Requests that never end, over real sockets: they cost what they sent, and stop nobody."""

from __future__ import annotations

import contextlib
import socket
import subprocess

import httpx
import pytest

from mainstem.app import create_app
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings

PAGES = {"/": 200, "/sign-in": 200, "/setup": 200, "/busy": 200, "/health/ready": 200}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


class Visitor:
    """Somebody with a token of their own, who sends requests by hand."""

    def __init__(self, port: int) -> None:
        self.port = port
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
            page = browser.get("/sign-in")
            self.token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
            self.cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def head(self, path: str, *further: str, kind: str = FORM) -> bytes:
        """The headers of a post that would be let in."""
        lines = [
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: {self.cookie}",
            f"X-CSRF-Token: {self.token}",
            f"Content-Type: {kind}",
            *further,
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def broken(self, path: str) -> list[bytes]:
        """A post that ends too early, at every depth."""
        whole = b"word=" + b"x" * 95
        part = b'--b\r\nContent-Disposition: form-data; name="word"\r\n\r\nx'
        sized = self.head(path, "Content-Length: 100")
        chunked = self.head(path, "Transfer-Encoding: chunked")
        return [
            b"",
            b"PO",
            sized[: len(sized) // 2],
            sized[:-2],
            sized,
            sized + whole[:1],
            sized + whole[:50],
            sized + whole[:99],
            self.head(path, "Content-Length: 100", "Expect: 100-continue"),
            chunked,
            chunked + b"5",
            chunked + b"5\r\nwo",
            chunked + b"5\r\nword=\r\n",
            chunked + b"5\r\nword=\r\n0\r\n",
            chunked + b"5\r\nword=\r\nnonsense\r\n",
            self.head(path, "Content-Length: 300000") + b"x",
            self.head(path, "Content-Length: 99999999999999999999999") + b"x",
            self.head(path, f"Content-Length: {len(part)}", kind=MULTIPART) + part,
            self.head(path, "Content-Length: 3", kind="multipart/form-data") + b"abc",
            self.head(path, "Content-Length: 2", kind="multipart/form-data; boundary=\xff") + b"x",
        ]

    def send(self, sent: bytes) -> socket.socket:
        """A connection on which this was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        with contextlib.suppress(OSError):
            connection.sendall(sent)
        return connection


@pytest.fixture
def visitor(server_process: subprocess.Popen[str], port: int) -> Visitor:
    """Somebody who has seen a page that is served."""
    return Visitor(port)


def pages_of(port: int) -> dict[str, int]:
    return {path: httpx.get(f"http://127.0.0.1:{port}{path}").status_code for path in PAGES}


PATHS = ["/both", "/sign-in", "/language", "/webhooks/stripe/platform", "/api/v1/orders"]


def test_a_hundred_posts_broken_at_every_depth_stop_nobody(
    visitor: Visitor,
    port: int,
) -> None:
    held = [visitor.send(sent) for path in PATHS for sent in visitor.broken(path)]
    assert len(held) == 100
    assert pages_of(port) == PAGES, "while they are held open"
    for connection in held:
        connection.close()
    assert pages_of(port) == PAGES, "and when they are gone"
    headers = {"cookie": visitor.cookie, "x-csrf-token": visitor.token}
    url = f"http://127.0.0.1:{port}/both"
    assert httpx.post(url, data={"word": "yes"}, headers=headers).text == "1yes"


SHORT = (
    "connections.LimitedProtocol.head_seconds, connections.LimitedProtocol.body_seconds = 0.3, 0.3"
)


@pytest.mark.parametrize("patience", [SHORT], indirect=True)
def test_who_does_not_come_to_the_end_of_a_request_is_asked_to_leave(
    visitor: Visitor,
    port: int,
) -> None:
    said = {}
    for sent in visitor.broken("/both")[:15]:
        with visitor.send(sent) as connection:
            answer = b""
            while more := connection.recv(4096):  # until the server has closed it
                answer += more
            said[sent] = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")[:12]
    assert said.pop(b"") == b"", "nothing was asked"
    assert set(said.values()) == {b"HTTP/1.1 408", b"HTTP/1.1 400"}
    assert pages_of(port) == PAGES


def test_headers_without_end_are_refused(visitor: Visitor) -> None:
    with visitor.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n") as connection:
        answer = b""
        with contextlib.suppress(OSError):
            for n in range(2000):
                connection.sendall(b"X-%d: " % n + b"x" * 1000 + b"\r\n")
        with contextlib.suppress(ConnectionResetError):
            answer = connection.recv(4096)
    assert answer[:12] in (b"HTTP/1.1 431", b""), "closed, whether or not the word still came"


@pytest.mark.parametrize(
    ("patience", "server_process", "most"),
    [
        ("connections.PER_ADDRESS_MAX = connections.LimitedProtocol.per_address_max = 20", "", 20),
        ("connections.LimitedProtocol.per_address_max = 20", "127.0.0.1", 40),
    ],
    indirect=["patience", "server_process"],
)
def test_one_address_holds_so_many_connections_and_a_named_proxy_any_number(
    visitor: Visitor,
    port: int,
    most: int,
) -> None:
    held, served = [], 0
    for _ in range(40):
        connection = visitor.send(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        held.append(connection)
        with contextlib.suppress(ConnectionResetError):
            served += connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert served == most
    for connection in held:
        connection.close()
    assert pages_of(port) == PAGES


def test_readiness_takes_a_place_as_a_page_does(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litestar.testing import TestClient

    from mainstem.web import works

    monkeypatch.setattr(works, "WAIT_SECONDS", 0.05)
    app = create_app(settings, database)
    with TestClient(app) as client:
        assert client.get("/health/ready").status_code == 200
        places = app.state["app_context"].places
        while not places.locked():
            with contextlib.suppress(StopIteration):
                places.acquire().send(None)
        assert client.get("/health/ready").json() == {"status": "not ready", "why": "Busy"}
        places.release()
        assert client.get("/health/ready").status_code == 200


def test_a_work_opens_when_all_else_that_a_page_asks_for_is_there(
    settings: Settings, database: Database
) -> None:
    app = create_app(settings, database)
    opened = 0
    for route in app.routes:
        for _, model in getattr(route, "route_handler_map", {}).values():
            names = [{found.key for found in batch} for batch in model.dependency_batches]
            if any("work" in batch for batch in names):
                opened += 1
                assert names[-1] == {"work"}, (route.path, names)
    assert opened > 20
