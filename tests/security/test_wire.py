"""Requests that say one thing to one reader and another to the next."""

from __future__ import annotations

import contextlib
import socket
import subprocess

from mainstem import identity
from mainstem.kit.db import Database
from tests.surfaces.conftest import PASSWORD, Open, Reader


def said_to(port: int, sent: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(4096):
                answer += more
    return answer


HIDDEN = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


TWO_LENGTHS = [
    b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n0\r\n\r\n",
    b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n",
    b"Content-Length: +%d\r\n\r\n",
    b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\nContent-Length: %d\r\n\r\n",
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n",
]


def test_a_request_with_two_lengths_is_refused_and_what_hides_behind_it_is_not_answered(
    server_process: subprocess.Popen[str], port: int
) -> None:
    head = b"POST /both HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    assert b"alive" in said_to(port, HIDDEN), "alone it is answered"
    for lines in TWO_LENGTHS:
        lines = lines % len(HIDDEN) if b"%d" in lines else lines
        answer = said_to(port, head + lines + HIDDEN)
        assert answer.startswith(b"HTTP/1.1 4"), (lines, answer[:80])
        assert b"alive" not in answer, lines


def test_what_came_is_not_sent_back(reader: Reader) -> None:
    for path in ("/", "/sign-in", "/api/v1/orders", "/static/js/mainstem.js"):
        answer = reader.client.request("TRACE", path, headers={"x-told": "canary"})
        assert answer.status_code in (404, 405), path
        assert "canary" not in answer.text


def test_no_other_site_is_told_that_it_may_read_an_answer(reader: Reader) -> None:
    for path in ("/", "/sign-in", "/api/v1/orders", "/api/v1/openapi.json", "/health/live"):
        for method in ("GET", "OPTIONS"):
            answer = reader.client.request(
                method,
                path,
                headers={
                    "origin": "https://evil.example",
                    "access-control-request-method": "POST",
                    "access-control-request-headers": "authorization",
                },
            )
            told = [name for name in answer.headers if name.startswith("access-control-")]
            assert told == [], (method, path)


def test_what_stands_in_the_address_is_no_field_of_a_form(
    reader: Reader, people: dict[str, int]
) -> None:
    token = reader.token()
    email = "ada@example.com"
    beside = reader.client.post(
        f"/sign-in?email={email}", params={"password": PASSWORD}, data={"csrf_token": token}
    )
    assert beside.status_code == 401
    unsigned = reader.client.post(
        f"/sign-in?csrf_token={token}", data={"email": email, "password": PASSWORD}
    )
    assert unsigned.status_code == 403


def test_a_key_counts_in_its_header_alone(open_app: Open, database: Database) -> None:
    reader = open_app()
    with database.work() as work:
        key = identity.issue_api_key(work, label="The shop's stock", scopes=["orders:read"])
    for where in ({"params": {"authorization": f"Bearer {key}"}}, {"params": {"key": key}},
                  {"headers": {"cookie": f"authorization=Bearer {key}"}}):  # fmt: skip
        answer = reader.client.get("/api/v1/company/orders", **where)  # type: ignore[arg-type]
        assert answer.status_code == 401, where
    asked = {"headers": {"authorization": f"Bearer {key}"}}
    assert reader.client.get("/api/v1/company/orders", **asked).status_code == 200  # type: ignore[arg-type]
