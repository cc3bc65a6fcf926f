"""Fixtures of the till, for the suites that take and pay out money."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mainstem.kit.clock import FixedClock
from tests.till import Gateways, Till, a_till


@pytest.fixture(scope="session")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    """One gateway process for the session."""
    running = Gateways(tmp_path_factory.mktemp("till"))
    yield running
    running.close()


@pytest.fixture
def till(database_url: str, clock: FixedClock, gateways: Gateways) -> Iterator[Till]:
    """A company with a till of its own."""
    made = a_till(database_url, clock, gateways)
    yield made
    made.database.close()
