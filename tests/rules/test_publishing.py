"""Publishing a plan: numbered, once, and one at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.company import PLAN
from tests.waits import await_somebody_waits_for

from mainstem import planbook
from mainstem.kit.db import Database

OTHER = PLAN | {"name": "Second plan"}


def test_the_same_plan_again_is_the_version_that_it_has(database: Database) -> None:
    with database.work() as work:
        start = work.now()
        first = planbook.publish(work, PLAN, effective_from=start)
        # However it was typed, it is the same plan.
        again = planbook.publish(work, dict(reversed(PLAN.items())), effective_from=start)
        assert (first.version, again.version) == (1, 1)
        assert work.value("SELECT count(*) FROM plan_version") == 1


def test_a_plan_from_another_day_on_is_told_which_version_it_is(database: Database) -> None:
    """Were it only handed its old version back, who publishes would believe in the new day."""
    with database.work() as work:
        start = work.now()
        planbook.publish(work, PLAN, effective_from=start)
        planbook.publish(work, OTHER, effective_from=start)
        with pytest.raises(planbook.PublishedAlready) as refusal:
            planbook.publish(work, PLAN, effective_from=start + timedelta(days=1))
    assert refusal.value.text() == (
        "This very plan is version 1, in force from 2026-03-02."
        " To bring it back, publish it under another name."
    )


def test_two_who_publish_at_once_get_a_version_each(database: Database) -> None:
    def publish_the_other() -> int:
        with database.work() as work:
            return planbook.publish(work, OTHER, effective_from=work.now()).version

    with ThreadPoolExecutor(1) as threads:
        with database.work() as work:
            assert planbook.publish(work, PLAN, effective_from=work.now()).version == 1
            second = threads.submit(publish_the_other)
            await_somebody_waits_for(work)
        assert second.result(20) == 2
