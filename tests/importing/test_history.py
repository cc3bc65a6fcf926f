"""The steps of a history, each for any number of orders, and each harmless when repeated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.company import ADA, HOME, KETTLE, REPAIR, SKILLET, Company, Shop, a_company, an_order

from mainstem import invariants, ledger, orders, payments
from mainstem.importing import history
from mainstem.importing.history import Sale
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import LineWanted, OrderWanted, Placed
from mainstem.payments import PastRefund
from mainstem_fulfillment.jobs import NobodyPerforms

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
LATER = MONDAY + timedelta(days=3)


def a_sale(shop: Shop, *lines: tuple[str, int, int], name: str = "one") -> Sale:
    """Lines (sku, quantity, total) that were paid at once on a Monday in January."""
    wanted = OrderWanted(
        storefront_id=shop.id,
        home_id=shop.home_id,
        channel="import",
        key=f"imported order: {name}",
        fingerprint=name.encode(),
        currency=shop.currency,
        locale="sv",
        client=ADA,
        address=HOME,
        lines=[LineWanted(*line) for line in lines],
        external_id=name,
        placed_at=MONDAY,
    )
    return Sale(wanted, MONDAY, f"bank {name}")


def brought(work: Work, *sales: Sale) -> list[Placed]:
    placed = [answer for answer in history.place(work, sales) if isinstance(answer, Placed)]
    assert len(placed) == len(sales)
    history.pay(work, sales, placed)
    return placed


def a_refund(order: Placed, line: int, minor: int, name: str = "first") -> PastRefund:
    return PastRefund(
        order.home_id, order.order_id, name, minor, [(line, minor)], "returned", LATER
    )


def standing(work: Work, company: Company) -> dict[str, int]:
    names = {company.cedar: "cedar", company.birch: "birch", company.alder: "alder"}
    found = ledger.balances(work, list(names))
    return {names[owner]: minor for (owner, _, _), minor in found.items()}


def test_an_order_that_costs_nothing_is_paid_delivered_and_earns_nothing(
    database: Database, clock: FixedClock
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        company = a_company(work)
        [order] = brought(work, a_sale(company.shop, (KETTLE, 1, 0)))
        key = (order.home_id, order.order_id)
        assert history.ship(work, {key: LATER}) == 1
        assert history.deliver(work, {key: LATER}) == 1
        assert standing(work, company) == {}
        orders.close_finished(work)
        assert work.value("SELECT state || ' ' || fulfillment_status FROM orders") == (
            "closed delivered"
        )
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def test_an_order_that_is_paid_in_part_is_not_yet_sent(
    database: Database, clock: FixedClock
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        company = a_company(work)
        order = an_order(work, company.shop, (KETTLE, 1))
        part = payments.record_external(
            work, [(order.home_id, order.order_id, 100, order.currency, work.now(), "part")]
        )
        assert orders.mark_paid(work, part) == []
        assert work.value("SELECT state FROM orders") == "pending"
        assert work.value("SELECT count(*) FROM fact WHERE name = 'order.paid'") == 0


def test_each_step_is_news_once(database: Database, clock: FixedClock) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        company = a_company(work)
        sales = [
            a_sale(company.shop, (KETTLE, 2, 250000), (REPAIR, 1, 100000), name=f"sale {n}")
            for n in range(3)
        ]
        placed = brought(work, *sales)
        keys = [(order.home_id, order.order_id) for order in placed]
        again = history.place(work, sales)
        assert [answer.replayed for answer in again if isinstance(answer, Placed)] == [True] * 3
        assert history.pay(work, sales, placed) == 0
        at = dict.fromkeys(keys, LATER)
        assert [history.ship(work, at), history.ship(work, at)] == [3, 0]
        assert [history.deliver(work, at), history.deliver(work, at)] == [6, 0]
        back = [a_refund(placed[0], 1, 125000), a_refund(placed[0], 2, 50000, "second")]
        assert [history.refund(work, back), history.refund(work, back)] == [2, 0]
        # Goods 2,000.00 net at 10, 3, 1 %; repairs 800.00 at 6, 1.5, 0.5 %; half of one went back.
        assert standing(work, company) == {
            "cedar": 5 * (20000 + 4800) // 2,
            "birch": 5 * (6000 + 1200) // 2,
            "alder": 5 * (2000 + 400) // 2,
        }
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def test_more_than_a_line_cost_never_goes_back(database: Database, clock: FixedClock) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        company = a_company(work)
        [order] = brought(work, a_sale(company.shop, (KETTLE, 1, 125000), (SKILLET, 1, 80000)))
    for refunds in (
        [a_refund(order, 2, 80001)],
        [a_refund(order, 2, 80000), a_refund(order, 2, 1, "second")],
    ):
        with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
            history.refund(work, refunds)
    with database.work() as work:
        assert work.value("SELECT count(*) FROM refund") == 0


def test_a_service_that_no_team_performs_is_refused_by_name(
    database: Database, clock: FixedClock
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        company = a_company(work)
        work.run("UPDATE team SET active = false")
        [order] = brought(work, a_sale(company.shop, (REPAIR, 1, 100000)))
        with pytest.raises(NobodyPerforms, match="No team performs repairs"):
            history.deliver(work, {(order.home_id, order.order_id): LATER})
