"""Fixtures of the payment harness, for the suites that take and pay out money."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mainstem.kit.clock import FixedClock
from tests.harness import Gateways, Harness, a_harness


@pytest.fixture(scope="session")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    """One gateway process for the session."""
    running = Gateways(tmp_path_factory.mktemp("harness"))
    yield running
    running.close()


@pytest.fixture
def harness(database_url: str, clock: FixedClock, gateways: Gateways) -> Iterator[Harness]:
    """A company with a payment harness of its own."""
    made = a_harness(database_url, clock, gateways)
    yield made
    made.database.close()
