"""Twenty guests at a real web process: ten units are ten orders."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from tests.company import KETTLE, a_company
from tests.orders.wanting import promised, stock_of
from tests.waits import PATIENCE

from mainstem import identity
from mainstem.kit.db import Database
from mainstem.kit.ids import new_id

GUESTS = 20


@pytest.fixture
def key(database: Database) -> str:
    with database.work() as work:
        shop = a_company(work).shop
        stock_of(work, KETTLE, 10)
        return identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)


@pytest.fixture
def address(database_url: str, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "MAINSTEM_MODE": "demo",
        "MAINSTEM_DATABASE_URL": database_url,
        "MAINSTEM_DATA": str(tmp_path),
        "MAINSTEM_PORT": str(port),
        "MAINSTEM_LOG": "json",
    }
    with (tmp_path / "web.log").open("wb") as log:
        web = subprocess.Popen(
            [sys.executable, "-m", "mainstem", "web"], env=environment, stdout=log, stderr=log
        )
        try:
            for _ in range(400):
                try:
                    urllib.request.urlopen(
                        f"http://127.0.0.1:{port}/health/ready", timeout=2
                    ).close()
                    break
                except OSError:
                    assert web.poll() is None, (tmp_path / "web.log").read_text()
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            web.terminate()
            web.wait(PATIENCE)


def order(address: str, key: str, *, request: str = "") -> tuple[int, dict[str, Any]]:
    body = {
        "currency": "SEK",
        "locale": "sv",
        "client": {"name": "Guest", "email": f"{new_id()}@example.com"},
        "address": {
            "line1": "Storgatan 1", "postal_code": "11455", "city": "Stockholm", "country": "SE",
        },
        "lines": [{"sku": KETTLE, "quantity": 1}],
    }  # fmt: skip
    if request:
        body["client"] = {"name": "Guest", "email": "guest@example.com"}
    asked = urllib.request.Request(
        f"{address}/api/v1/orders",
        json.dumps(body).encode(),
        {
            "authorization": f"Bearer {key}",
            "idempotency-key": request or f"request-{new_id()}",
            "content-type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


@pytest.mark.parametrize("barrier", [True, False], ids=["at one instant", "as they come"])
def test_twenty_guests_over_http_buy_exactly_what_is_there(
    database: Database, key: str, address: str, barrier: bool
) -> None:
    gate = Barrier(GUESTS if barrier else 1)

    def guest(_: int) -> tuple[int, str]:
        gate.wait(PATIENCE)
        status, told = order(address, key)
        return status, told.get("code", told.get("state", ""))

    with ThreadPoolExecutor(GUESTS) as threads:
        answers = list(threads.map(guest, range(GUESTS)))
    assert Counter(answers) == {(201, "pending"): 10, (409, "insufficient_stock"): 10}
    with database.work() as work:
        assert promised(work)[KETTLE] == (10, 10)
        assert work.value("SELECT count(*) FROM orders") == 10


def test_one_request_sent_many_times_at_once_is_one_order(
    database: Database, key: str, address: str
) -> None:
    gate = Barrier(GUESTS)

    def send(_: int) -> tuple[int, dict[str, Any]]:
        gate.wait(PATIENCE)
        return order(address, key, request="the-same-request-0001")

    with ThreadPoolExecutor(GUESTS) as threads:
        answers = list(threads.map(send, range(GUESTS)))
    assert {status for status, _ in answers} == {201}, "a repeat waits for the first one's answer"
    assert all(told == answers[0][1] for _, told in answers)
    with database.work() as work:
        assert work.value("SELECT count(*) FROM orders") == 1
