"""The demo company is a folder, applied as any company's; it is the company that it always was."""

from __future__ import annotations

import json
from pathlib import Path

from tests.simulation import demo_rows

from mainstem.kit.db import Database
from mainstem.simulate import demo

AS_IT_WAS = Path(__file__).with_name("demo_rows.json")


def test_the_demo_applied_from_its_folder_is_the_demo_that_it_always_was(
    database: Database,
) -> None:
    assert demo.found(database) is not None
    with database.work() as work:
        now = demo_rows.rows(work)
    before = json.loads(AS_IT_WAS.read_text())
    differing = {
        table: sorted(
            name
            for name in before[table].keys() | rows.keys()
            if before[table].get(name) != rows.get(name)
        )
        for table, rows in now.items()
    }
    assert {table: names for table, names in differing.items() if names} == {}
    assert len(now["product"]) > 40
