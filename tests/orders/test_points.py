"""Points of a line: what its pieces counted for when they were ordered."""

from __future__ import annotations

import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, an_order

from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import Placed


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        found = a_company(work)
        work.run("UPDATE variant SET points = 35 WHERE sku = %(sku)s", sku=KETTLE)
        return found


def points(work: Work, placed: Placed) -> list[int]:
    rows = work.rows(
        "SELECT points FROM order_line WHERE order_id = %(id)s ORDER BY line_no", id=placed.order_id
    )
    return [row.points for row in rows]


def test_a_line_has_the_points_of_its_pieces_and_none_where_the_article_has_none(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 3), (SKILLET, 2))
        assert points(work, placed) == [105, 0]


def test_an_article_that_gets_other_points_changes_no_order_that_stands(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        before = an_order(work, company.shop, (KETTLE, 1))
    with database.work() as work:
        work.run("UPDATE variant SET points = 40 WHERE sku = %(sku)s", sku=KETTLE)
        after = an_order(work, company.shop, (KETTLE, 1))
        assert (points(work, before), points(work, after)) == ([35], [40])
