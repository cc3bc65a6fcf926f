"""Whatever is withdrawn from in whatever order: what goes back adds up to what was paid, never more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.company import KETTLE, SKILLET, a_company, a_paid_order
from tests.withdrawals.stories import given_back, sends, takes_back, withdraws

from mainstem import catalog, invariants, worker
from mainstem.kit.db import Database
from mainstem.orders import Placed
from mainstem.withdrawals import TakenBack

STEPS = st.lists(
    st.tuples(st.sampled_from(["send", "withdraw"]), st.integers(1, 2), st.integers(1, 3)),
    max_size=8,
)


@pytest.fixture
def shop(database: Database):  # type: ignore[no-untyped-def]
    with database.work() as work:
        company = a_company(work, stock=10_000)
        # Prices that no number of pieces divides.
        for sku, minor in ((KETTLE, 124_967), (SKILLET, 79_999)):
            variant = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=sku)
            since = work.now() - timedelta(days=1)
            catalog.set_price(work, variant, "SEK", minor, valid_from=since)
    return company.shop


def an_order(database: Database, shop: object) -> Placed:
    with database.work() as work:
        placed = a_paid_order(work, shop, (KETTLE, 3), (SKILLET, 3))  # type: ignore[arg-type]
    worker.drain(database)
    return placed


def left_of(database: Database, placed: Placed) -> dict[int, tuple[int, int]]:
    """Of each line: what is still here, and what has not been withdrawn from."""
    with database.work() as work:
        rows = work.rows(
            """SELECT line_no, quantity - canceled - shipped AS here,
                      quantity - canceled - coalesce((SELECT sum(returned) FROM withdrawal_line w
                        WHERE w.order_id = l.order_id AND w.line_no = l.line_no), 0)::int AS kept
                 FROM order_line l WHERE order_id = %(id)s""",
            id=placed.order_id,
        )
    return {row.line_no: (row.here, row.kept) for row in rows}


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, deducted=st.integers(0, 500))
def test_any_split_of_withdrawals_gives_back_what_was_paid_and_never_more(
    database: Database, shop: object, steps: list[tuple[str, int, int]], deducted: int
) -> None:
    placed = an_order(database, shop)
    kept_back = 0

    def withdraw(line: int, pieces: int) -> None:
        nonlocal kept_back
        made = withdraws(database, placed, {line: pieces})
        worker.drain(database)
        with database.work() as work:
            waits = work.value(
                """SELECT quantity - canceled FROM withdrawal_line
                    WHERE withdrawal_id = %(id)s""",
                id=made.id,
            )
        if waits:
            less = deducted * waits
            takes_back(database, made, {line: TakenBack(waits, less)}, reason="It was used.")
            worker.drain(database)
            kept_back += less

    for step, line, pieces in steps:
        here, kept = left_of(database, placed)[line]
        if step == "send" and here:
            sends(database, placed, {line: min(pieces, here)})
            worker.drain(database)
        elif step == "withdraw" and kept:
            withdraw(line, min(pieces, kept))
        assert given_back(database, placed.order_id) + kept_back <= placed.total_minor
    for line, (_, kept) in left_of(database, placed).items():
        if kept:
            withdraw(line, kept)
    assert given_back(database, placed.order_id) + kept_back == placed.total_minor
    with database.work() as work:
        assert [one for one in invariants.check(work) if one.wrong] == []
