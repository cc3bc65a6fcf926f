"""Who is credited with an order, where the rules of attribution meet intake."""

from __future__ import annotations

import pytest
from tests.company import (
    ADA,
    HOME,
    KETTLE,
    REPAIR,
    a_company,
    a_lead,
    a_paid_order,
    a_request,
    an_order,
)
from tests.orders.wanting import wanted

from mainstem import leads, orders
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.orders import Address, ClientDetails, LineWanted, Placed


def test_a_won_lead_s_seller_who_has_left_earns_nothing_and_nobody_takes_their_place(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work)
        first = a_paid_order(work, company.birch_shop, (KETTLE, 1))
        line = orders.LineQuantity(first.home_id, first.order_id, 1, 1)
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


def test_a_lead_and_an_order_keep_a_phone_as_it_was_typed_and_know_it_where_it_can_be_read(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work)
        leads.open(work, a_request(company.shop))
        an_order(work, company.shop, (KETTLE, 1))
        assert (
            work.value("SELECT client ->> 'phone' FROM lead")
            == work.value("SELECT client ->> 'phone' FROM orders")
            == ADA.phone
            == "070-174 06 05"
        )
        assert work.value("SELECT phone_key FROM lead") == "+46701740605"


@pytest.mark.parametrize("phone", ["12", "070-000", "ask at the counter", "+46 1", "0" * 300])
def test_no_phone_keeps_an_order_or_a_lead_out(database: Database, phone: str) -> None:
    somebody = ClientDetails(name="Bo Ek", email="bo@example.com", phone=f" {phone}\u200b ")
    with database.work() as work:
        company = a_company(work)
        leads.open(work, a_request(company.shop, client=somebody))
        an_order(work, company.shop, (KETTLE, 1), client=somebody)
        assert work.value("SELECT phone_key FROM lead") is None
        for table in ("lead", "orders"):
            assert work.value(f"SELECT client ->> 'phone' FROM {table}") == phone[:200]


@pytest.mark.parametrize(
    ("name", "email", "address", "said"),
    [
        ("", "bo@example.com", HOME, [("/client/name", "missing")]),
        ("Bo\nEk", "bo@example.com", HOME, [("/client/name", "invalid_field")]),
        ("Bo", "\u200bbo@example.com", HOME, [("/client/email", "email_invalid")]),
        ("Bo", "bo@", Address("", "1", "", "SE"), [
            ("/client/email", "email_invalid"), ("/address/line1", "missing"),
            ("/address/city", "missing"), ("/address/postal_code", "postal_code_invalid"),
        ]),
        ("Bo", "bo@example.com", Address("Queen's Road 1", "", "Central", "HK"), []),
        ("Bo", "bo@example.com", Address("Souk 1", "", "Dubai", "AE"), []),
        ("Bo", "bo@example.com", Address("Main Street 1", "", "Cork", "IE"), []),
        ("Bo", "bo@example.com", Address("Storgatan 1", "SE-114 55", "Stockholm", "SE"), []),
        ("Bo", "bo@example.com", Address("Gatan 1", "", "Lund", "SE"),
         [("/address/postal_code", "postal_code_invalid")]),
    ],
)  # fmt: skip
def test_an_order_and_a_lead_say_the_same_of_the_same_person(
    database: Database, name: str, email: str, address: Address, said: list[tuple[str, str]]
) -> None:
    somebody = ClientDetails(name=name, email=email)
    with database.work() as work:
        company = a_company(work)
        shop = company.shop
        [order] = orders.place(work, [wanted(shop, (KETTLE, 1), client=somebody, address=address)])
        problems = []
        try:
            leads.open(work, a_request(shop, client=somebody, address=address))
        except InvalidInput as refused:
            problems = refused.problems
        assert [(one.pointer, one.code) for one in problems] == said
        assert [(one.pointer, one.code) for one in getattr(order, "problems", [])] == said
        assert isinstance(order, Placed) == (not said)
