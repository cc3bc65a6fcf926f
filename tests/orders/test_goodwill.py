"""Goodwill: the company bears it, and commission stands while the sale does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.audited import everything_holds
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order

from mainstem import identity, ledger, orders, payments, withdrawals, worker
from mainstem.console import goodwill as report
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import SYSTEM, Actor, Work
from mainstem.orders import Placed, WithdrawnFrom
from mainstem.orders.goodwill import Part, standing
from mainstem.withdrawals import Statement


@pytest.fixture
def company(database: Database) -> Iterator[Company]:
    with database.work() as work:
        made = a_company(work)
    yield made
    everything_holds(database)


def staff(database: Database, *roles: str) -> list[Actor]:
    with database.work() as work:
        actors = []
        for no, role in enumerate(roles):
            id = identity.create_person(work, email=f"p{no}@example.com", name=f"Person {no}")
            identity.grant(work, id, role)
            actors.append(Actor("staff", str(id)))
    return actors


def delivered(database: Database, company: Company, *lines: tuple[str, int]) -> Placed:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, *(lines or [(KETTLE, 2)]))
        parts = [
            orders.LineQuantity(placed.home_id, placed.order_id, no, many)
            for no, (_, many) in enumerate(lines or [(KETTLE, 2)], start=1)
        ]
        orders.record_shipment(work, parts)
        orders.record_delivery(work, parts)
    worker.drain(database)
    return placed


def back(database: Database, placed: Placed, minor: int, **how: Any) -> str:
    with database.work(how.pop("by", SYSTEM)) as work:
        lines = how.pop("lines", [(1, minor)])
        outcome = orders.refund(
            work, placed.home_id, placed.order_id, amount_minor=minor, reason="Late.", lines=lines,
            **how,
        )  # fmt: skip
    worker.drain(database)
    return outcome


def of_cedar(database: Database, company: Company) -> int:
    with database.work() as work:
        found = ledger.balances(work, [company.cedar])
    return sum(minor for (_, account, _), minor in found.items() if account == "pending")


def test_goodwill_leaves_commission_standing_and_a_refund_does_not(
    database: Database, company: Company
) -> None:
    """2,500.00 with tax, 2,000.00 without, of which level 0 gets 10 %."""
    placed = delivered(database, company)
    assert of_cedar(database, company) == 20000
    back(database, placed, 50000, goodwill=True)
    assert of_cedar(database, company) == 20000
    back(database, placed, 50000)
    assert of_cedar(database, company) == 16000


def test_when_the_goods_come_back_whole_nothing_is_left(
    database: Database, company: Company
) -> None:
    placed = delivered(database, company)
    back(database, placed, 50000, goodwill=True)
    back(database, placed, 200000)
    assert of_cedar(database, company) == 0


def test_goodwill_for_all_that_is_left_leaves_what_is_kept(
    database: Database, company: Company
) -> None:
    """One kettle comes back; for the other everything is given back, and the client keeps it."""
    placed = delivered(database, company)
    back(database, placed, 125000)
    back(database, placed, 125000, goodwill=True)
    assert of_cedar(database, company) == 10000


def test_goodwill_for_no_line_in_particular_is_of_all_of_them(
    database: Database, company: Company
) -> None:
    placed = delivered(database, company, (KETTLE, 2), (SKILLET, 1))
    before = of_cedar(database, company)
    back(database, placed, 33000, lines=[], goodwill=True)
    assert of_cedar(database, company) == before
    with database.work() as work:
        lines = dict(
            tuple(row) for row in work.rows("SELECT line_no, goodwill_minor FROM order_line")
        )
        left = payments.left_to_refund(work, placed.home_id, placed.order_id)
    assert lines == {1: 25000, 2: 8000}
    for no, minor in sorted(left.lines.items()):
        if minor:
            back(database, placed, minor, lines=[(no, minor)])
    assert of_cedar(database, company) == 0


def test_what_the_clients_bank_takes_back_besides_leaves_nothing(
    database: Database, company: Company
) -> None:
    placed = delivered(database, company)
    back(database, placed, 50000, goodwill=True)
    with database.work() as work:
        work.run("UPDATE orders SET disputed_minor = 200000, payment_status = 'disputed'")
        from mainstem import earnings

        earnings.settle(work, [(placed.home_id, placed.order_id)])
    assert of_cedar(database, company) == 0
    with database.work() as work:
        # Won: the money is the company's again, and so is the sale.
        work.run("UPDATE orders SET disputed_minor = 0, payment_status = 'partially_refunded'")
        earnings.settle(work, [(placed.home_id, placed.order_id)])
    assert of_cedar(database, company) == 20000


def withdraw(work: Work, placed: Placed, shop: Any) -> Any:
    said = Statement(
        home_id=placed.home_id,
        storefront_id=shop.id,
        channel="order_page",
        locale="sv",
        name="Ada Lind",
        number=placed.number,
        contact="ada@example.com",
        lines={1: 2},
        order_id=placed.order_id,
    )
    return withdrawals.submit(work, said).id


def test_what_the_law_gives_back_is_never_goodwill(database: Database, company: Company) -> None:
    placed = delivered(database, company)
    with database.work() as work:
        withdraw(work, placed, company.shop)
    worker.drain(database)
    with pytest.raises(WithdrawnFrom):
        back(database, placed, 50000, goodwill=True)
    assert of_cedar(database, company) == 20000


def test_goods_that_were_given_for_nothing_and_are_withdrawn_from_leave_nothing(
    database: Database, company: Company
) -> None:
    """All of the price went back as goodwill, so that a withdrawal has no money left to send back."""
    placed = delivered(database, company)
    back(database, placed, 250000, goodwill=True)
    assert of_cedar(database, company) == 20000
    with database.work() as work:
        id = withdraw(work, placed, company.shop)
    worker.drain(database)
    with database.work() as work:
        withdrawals.accept(work, placed.home_id, id)
    worker.drain(database)
    assert of_cedar(database, company) == 0


def test_a_second_person_agrees_to_goodwill_as_it_was_asked_for(
    database: Database, company: Company
) -> None:
    li, fia = staff(database, "lead_desk", "finance")
    placed = delivered(database, company, (KETTLE, 8))
    before = of_cedar(database, company)
    assert back(database, placed, 600000, by=li, goodwill=True) == "needs_approval"
    with database.work(fia) as work:
        [waits] = work.rows("SELECT id, goodwill FROM approval")
        assert waits.goodwill
        orders.approve(work, placed.home_id, waits.id)
    worker.drain(database)
    assert of_cedar(database, company) == before
    with database.work() as work:
        [row] = report.by_month(work)
        # It is whoever asked who gave it.
        assert (row.by, row.count, row.minor) == (str(li), 1, 600000)


def test_goodwill_is_not_agreed_to_once_the_client_has_withdrawn(
    database: Database, company: Company
) -> None:
    li, fia = staff(database, "lead_desk", "finance")
    placed = delivered(database, company, (KETTLE, 8))
    back(database, placed, 600000, by=li, goodwill=True)
    with database.work() as work:
        withdraw(work, placed, company.shop)
    worker.drain(database)
    with database.work(fia) as work:
        approval = work.value("SELECT id FROM approval")
        with pytest.raises(WithdrawnFrom):
            orders.approve(work, placed.home_id, approval)


def test_goodwill_is_reported_by_month_and_colleague(
    database: Database, company: Company, clock: FixedClock
) -> None:
    from datetime import timedelta

    fia, flo = staff(database, "finance", "finance")
    placed = delivered(database, company)
    back(database, placed, 1000, by=fia, goodwill=True)
    back(database, placed, 500, by=flo, goodwill=True)
    back(database, placed, 700, by=flo)
    clock.move(timedelta(days=40))
    back(database, placed, 2000, by=fia, goodwill=True)
    with database.work() as work:
        told = [(row.by, row.count, row.minor) for row in report.by_month(work)]
        assert told == [(str(fia), 1, 2000), (str(fia), 1, 1000), (str(flo), 1, 500)]
        page = report.given(work, most=2)
        assert [row.amount_minor for row in page.rows] == [2000, 500]
        rest = report.given(work, most=2, cursor=page.next)
        assert [row.amount_minor for row in rest.rows] == [1000]


MOVES = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 60), st.booleans()), max_size=12)


@given(MOVES)
def test_goodwill_that_stands_is_a_part_of_what_went_back(
    moves: list[tuple[int, int, bool]],
) -> None:
    totals = {1: 100, 2: 80}
    back_so_far = dict.fromkeys(totals, 0)
    parts: list[Part] = []
    for no, wanted, is_goodwill in moves:
        minor = min(wanted, totals[no] - back_so_far[no])
        if minor:
            back_so_far[no] += minor
            parts.append(Part(no, minor, is_goodwill))
    stands = standing(totals, parts)
    for no, total in totals.items():
        of_line = [part for part in parts if part.line_no == no]
        given_away = sum(part.minor for part in of_line if part.is_goodwill)
        assert 0 <= stands[no] <= given_away <= back_so_far[no]
        whole = back_so_far[no] == total
        if whole and not of_line[-1].is_goodwill:
            assert stands[no] == 0, "the goods came back whole"
        if not whole:
            assert stands[no] == given_away, "nothing else takes it along"
