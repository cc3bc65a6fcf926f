"""A company whose clients can pay: its database, and the embedded gateway to take money through."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainstem import flow
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.payments import Gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[str]:
    """The embedded gateway, by the machine's clock as the real one."""
    running = importlib.import_module("mainstem_gateway.running").running
    with running(tmp_path / "gateway") as address:
        yield str(address)


@pytest.fixture
def database(database_url: str, clock: FixedClock, gateway: str) -> Iterator[Database]:
    """The company's database, with a gateway to take money through."""
    tools = flow.tools(gateway=Gateway("sk_test_embedded", api_base=gateway))
    made = Database(database_url, clock=clock, tools=tools, pool=4)
    yield made
    made.close()
