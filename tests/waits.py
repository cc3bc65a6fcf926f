"""Waiting: for what is to come true, and until somebody else's Work waits for ours.

No test fails because a machine is busy. What is waited for has PATIENCE, which only tells a test that
would never end from one that is slow.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainstem.kit.work import Work

PATIENCE = 300.0
"""Seconds."""

_WAITERS = "SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)) LIMIT 1"


def until(true: Callable[[], Any]) -> Any:
    """What is true at last."""
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return found


def await_somebody_waits_for(work: Work, *, unless: threading.Event | None = None) -> None:
    """Returns once another transaction waits for a lock that this one holds.

    Or, where it should have waited and did not, once it is done: for the test to say so.
    """
    until(lambda: work.value(_WAITERS) or (unless is not None and unless.is_set()))
