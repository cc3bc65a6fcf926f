"""What must hold after any story: every check passes, and the audit comes to the same."""

from __future__ import annotations

from mainstem import audit, invariants, worker
from mainstem.kit.db import Database


def everything_holds(database: Database, *, one_by_one: bool = False) -> None:
    """All that follows has followed, every check passes, and every order is what the audit works out;
    `one_by_one` where it is to bring in by itself what an order hangs together with."""
    worker.drain(database)
    with database.work() as work:
        assert [finding for finding in invariants.check(work) if finding.wrong] == []
        keys = [tuple(row) for row in work.rows("SELECT home_id, id FROM orders")]
        for batch in [[key] for key in keys] if one_by_one else [keys]:
            assert not batch or audit.audit_orders(work, batch).named == []
