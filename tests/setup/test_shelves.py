"""Shelves: when they are low, what is received, and what is corrected with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from mainstem import setup
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.work import Work
from tests.company import KETTLE, Company, a_company, a_paid_order
from tests.setup.test_pages import owner
from tests.surfaces.conftest import Reader, words_of

__all__ = ["owner"]

STOCK = setup.resource("stock")


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work, stock=10)


def say(work: Work, **said: Any) -> setup.Saved:
    wanted = document(STOCK.model, {"sku": KETTLE, "location": "STO", **said})
    return setup.save(work, STOCK, wanted, seen=setup.ANY)


def movements(work: Work) -> int:
    return int(work.value("SELECT count(*) FROM stock_movement"))


def test_a_shelf_is_low_once_so_few_are_free_and_a_mark_counts_nothing(
    database: Database, company: Company, owner: Reader
) -> None:
    with database.work() as work:
        code = work.value("SELECT code FROM location WHERE id = %(id)s", id=company.stockholm)
        before = movements(work)
        assert say(work, location=code, on_hand=10, low_stock_mark=8).is_changed
        assert not say(work, location=code, on_hand=10, low_stock_mark=8).is_changed
        assert movements(work) == before, "nobody has counted"
        assert STOCK.marks
        assert STOCK.marks(work) == {}
    assert "Low stock 0" in words_of(owner.get("/console"))
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 2))
        assert STOCK.marks(work) == {f"{KETTLE}@{code}": "Low"}
    assert "Low stock 1" in words_of(owner.get("/console"))
    low = owner.get("/console/setup/stock?marked=1")
    assert f"{KETTLE}@{code}".split("@")[0] in low.text
    assert low.text.count("<tr>") == 2, "the heading and the one that is low"
    assert low.text.count(">Low<") == 1
    with database.work() as work:
        assert say(work, location=code, on_hand=10, low_stock_mark=None).is_changed
        assert STOCK.marks(work) == {}
