"""Who is credited with an order, where the rules of attribution meet intake."""

from __future__ import annotations

from tests.company import ADA, KETTLE, REPAIR, a_company, a_lead, a_paid_order, a_request, an_order
from tests.orders.wanting import wanted

from mainstem import leads, orders
from mainstem.kit.db import Database
from mainstem.orders import LineWanted, Placed


def test_a_won_lead_s_seller_who_has_left_earns_nothing_and_nobody_takes_her_place(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work)
        first = a_paid_order(work, company.birch_shop, (KETTLE, 1))
        line = (first.home_id, first.order_id, 1, 1)
        orders.record_shipment(work, [line])
        orders.record_delivery(work, [line])  # Ada is Birch's client from now on
        lead = a_lead(work, company.shop)
        assert work.value("SELECT seller_id FROM lead") == company.birch
        work.run("UPDATE affiliate SET state = 'terminated' WHERE id = %(id)s", id=company.birch)
        placed = an_order(work, company.shop, (REPAIR, 1), channel="lead", lead_id=lead)
        row = work.row(
            "SELECT seller_id, attributed_by, earns, earns_reason FROM orders WHERE id = %(id)s",
            id=placed.order_id,
        )
    assert row is not None
    assert tuple(row) == (company.birch, "binding", False, "nobody_eligible")


def test_a_refused_order_introduces_no_client(database: Database) -> None:
    with database.work() as work:
        company = a_company(work, stock=1)
        refused, placed = orders.place(
            work,
            [
                wanted(shop, (KETTLE, pieces), client=ADA, channel="import", placed_at=work.now(),
                       delivered_at=work.now())
                for shop, pieces in ((company.birch_shop, 50), (company.shop, 1))
            ],
        )  # fmt: skip
        assert isinstance(refused, orders.InsufficientStock)
        assert isinstance(placed, Placed)
        assert work.value("SELECT affiliate_id FROM client_binding") == company.cedar


def test_an_article_no_longer_sold_is_still_delivered_where_it_was_agreed(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work)
        work.run("UPDATE variant SET active = false WHERE sku = %(sku)s", sku=REPAIR)
        [asked, agreed] = orders.place(
            work,
            [
                wanted(company.shop, (REPAIR, 1)),
                wanted(company.shop, channel="lead", lines=[LineWanted(REPAIR, 1, 250000)]),
            ],
        )
    assert [problem.code for problem in getattr(asked, "problems", [])] == ["unknown_sku"]
    assert isinstance(agreed, Placed)
    assert agreed.total_minor == 250000


def test_a_lead_and_an_order_know_one_phone_however_it_is_written(database: Database) -> None:
    with database.work() as work:
        company = a_company(work)
        leads.open(work, a_request(company.shop))
        an_order(work, company.shop, (KETTLE, 1))
        assert (
            work.value("SELECT client ->> 'phone' FROM lead")
            == work.value("SELECT client ->> 'phone' FROM orders")
            == "+46701740605"
        )
