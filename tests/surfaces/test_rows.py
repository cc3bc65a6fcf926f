"""The console's rows hold what their fields say: no amount is a text, and nothing is missing unsaid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from tests.surfaces.conftest import Open
from tests.surfaces.staff import KETTLE, REPAIR, Staff, month_passes, order_url, staffed

from mainstem import commissions, worker
from mainstem.console import lists, queries, search
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


LISTS: dict[str, Callable[[Work, int], Sequence[Any]]] = {
    "orders": lambda w, c: lists.orders(w).rows,
    "storefronts": lambda w, c: lists.storefronts(w),
    "payouts": lambda w, c: lists.payouts(w).rows,
    "balances": lambda w, c: lists.balances_of_affiliates(w).rows,
    "entries": lambda w, c: lists.entries(w, c, "payable", "SEK").rows,
    "affiliates": lambda w, c: lists.affiliates(w).rows,
    "facts": lambda w, c: lists.facts(w).rows,
    "facts due": lambda w, c: lists.due(w),
    "the funnel": lambda w, c: [queries.funnel(w)],
    "what is payable": lambda w, c: queries.payable(w),
    "pay accounts": lambda w, c: queries.pay_accounts(w, c),
    "storefronts of one": lambda w, c: queries.storefronts_of(w, c),
    "orders found": lambda w, c: search.orders(w, "Ada"),
    "affiliates found": lambda w, c: search.affiliates(w, "Cedar"),
    "goods found": lambda w, c: search.goods(w, KETTLE, locale="sv"),
}
OF_AN_ORDER: dict[str, Callable[[Work, int, UUID], Sequence[Any]]] = {
    "lines": queries.order_lines,
    "payments": queries.payments_of,
    "refunds": queries.refunds_of,
    "approvals": queries.approvals_of,
    "parcels": queries.parcels_of,
    "jobs": queries.jobs_of,
    "routing": queries.routing_of,
    "facts": lambda w, home, id: queries.facts_of(w, home, [str(id)]),
}


def is_as_typed(rows: Sequence[Any]) -> None:
    for row in rows:
        for name, hint in get_type_hints(type(row)).items():
            TypeAdapter(hint).validate_python(getattr(row, name), strict=True)


def test_every_row_of_a_list_holds_what_its_fields_say(staff: Staff, clock: FixedClock) -> None:
    staff.pay_account(staff.company.cedar)
    staff.delivered((KETTLE, 2))
    month_passes(clock)
    with staff.database.work() as work:
        commissions.release(work, clock.now().date())
    placed = staff.sold((REPAIR, 1))
    fia = staff.reader("fia")
    assert fia.post("/console/payouts").status_code == 303
    canceled = fia.post(f"{order_url(placed)}/cancellation", {"reason": "Moved"})
    assert canceled.status_code == 303
    with staff.database.work() as work:
        for name, read in LISTS.items():
            rows = read(work, staff.company.cedar)
            assert rows, name
            is_as_typed(rows)
    worker.drain(staff.database)
    with staff.database.work() as work:
        for row in lists.orders(work).rows:
            for of_one in OF_AN_ORDER.values():
                is_as_typed(of_one(work, row.home_id, row.id))
