"""A connection that was lost, however the pool and the driver say so."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy

from mainstem.kit.db import Database, was_in_the_way, was_lost


def test_a_pool_that_finds_every_connection_closed_has_lost_its_connection(
    database: Database,
) -> None:
    other = Database(database.url, pool=1)

    @sqlalchemy.event.listens_for(other._company, "checkout")
    def is_closed(*_: Any) -> None:
        raise sqlalchemy.exc.InvalidatePoolError

    with pytest.raises(sqlalchemy.exc.InvalidRequestError) as found, other.work() as work:
        work.value("SELECT 1")
    other.close()
    assert was_lost(found.value)
    assert was_in_the_way(found.value)


def test_a_mistake_of_ours_is_no_lost_connection() -> None:
    assert not was_lost(sqlalchemy.exc.InvalidRequestError("This session is in a state of its own"))
