"""Waiting until somebody else's Work waits for ours: how a test makes two of them meet."""

from __future__ import annotations

import time

from mainstem.kit.work import Work

_WAITERS = "SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)) LIMIT 1"


def await_somebody_waits_for(work: Work) -> None:
    """Returns once another transaction waits for a lock that this one holds."""
    end = time.monotonic() + 20
    while not work.value(_WAITERS):
        assert time.monotonic() < end, "nobody waits"
        time.sleep(0.01)
