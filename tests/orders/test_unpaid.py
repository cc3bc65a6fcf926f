"""Nobody keeps the shelf for nothing, and whoever means to buy does not notice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE, Company, a_company, pay
from tests.orders.wanting import promised, stock_of, wanted

from mainstem import invariants, orders, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.work import Actor
from mainstem.orders import ClientDetails, Placed, TooManyUnpaid

HERE = "198.51.100.7"
HALF_AN_HOUR, A_QUARTER = timedelta(minutes=30), timedelta(minutes=15)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def by(name: str) -> dict[str, Any]:
    return {
        "channel": "storefront",
        "client": ClientDetails(name=name.title(), email=f"{name}@example.com"),
    }


def order(database: Database, company: Company, pieces: int = 1, *, who: str, **more: Any) -> Any:
    asked = {"ip_address": HERE} | by(who) | more
    with database.work() as work:
        [answer] = orders.place(work, [wanted(company.shop, (KETTLE, pieces), **asked)])
    return answer


def test_four_unpaid_orders_from_one_place_no_longer_hold_the_last_pieces(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        stock_of(work, KETTLE, 4)
    answers = [order(database, company, who=f"nobody{no}") for no in range(4)]
    assert [type(one) for one in answers] == [Placed, Placed, Placed, TooManyUnpaid]
    assert [one.pay_by - clock.now() for one in answers[:3]] == [A_QUARTER] * 3
    assert isinstance(order(database, company, who="ada", ip_address="203.0.113.9"), Placed)
    # Again and again, as soon as the time is over: not from here, for two hours.
    clock.move(A_QUARTER + timedelta(seconds=1))
    with database.work() as work:
        assert orders.expire_unpaid(work) == 4
        assert promised(work)[KETTLE] == (0, 0)
    assert isinstance(order(database, company, who="nobody9"), TooManyUnpaid)
    assert isinstance(order(database, company, who="bo", ip_address="203.0.113.9"), Placed)
    clock.move(timedelta(hours=2))
    assert isinstance(order(database, company, who="nobody9"), Placed)


def test_what_others_order_under_a_clients_name_keeps_them_from_nothing(
    database: Database, company: Company
) -> None:
    """Whoever knows an e-mail address can order by it, from anywhere, and pay for nothing."""
    with database.work() as work:
        stock_of(work, KETTLE, 40)
    for no in range(12):
        assert isinstance(order(database, company, who="eva", ip_address=f"203.0.113.{no}"), Placed)
    assert isinstance(order(database, company, who="eva"), Placed)


def test_an_ordinary_client_does_not_notice(
    database: Database, company: Company, clock: FixedClock
) -> None:
    for no in range(9):  # many behind one address, each with a piece of plenty
        placed = order(database, company, who=f"client{no}")
        assert isinstance(placed, Placed)
        assert placed.pay_by - clock.now() == HALF_AN_HOUR
        if no % 2:
            with database.work() as work:
                pay(work, placed)
    # The client comes back to it twice, pays, and buys again.
    for _ in range(3):
        placed = order(database, company, who="eva", ip_address="203.0.113.1")
        assert isinstance(placed, Placed)
        with database.work() as work:
            pay(work, placed)
    assert isinstance(order(database, company, who="eva", ip_address="203.0.113.1"), Placed)


def test_so_many_orders_wait_to_be_paid_and_no_more(
    database: Database, company: Company, clock: FixedClock
) -> None:
    for _ in range(3):
        assert isinstance(order(database, company, who="eva", ip_address="203.0.113.9"), Placed)
    refused = order(database, company, who="eva", ip_address="203.0.113.9")
    assert isinstance(refused, TooManyUnpaid)
    assert "30 minutes" in refused.text()
    for no in range(10):
        assert isinstance(order(database, company, who=f"client{no}"), Placed)
    assert isinstance(order(database, company, who="client10"), TooManyUnpaid)
    clock.move(HALF_AN_HOUR + timedelta(seconds=1))
    with database.work() as work:
        orders.expire_unpaid(work)
    assert isinstance(order(database, company, who="client10"), Placed)
    assert isinstance(order(database, company, who="eva"), Placed)


def test_a_batch_counts_its_own_orders(database: Database, company: Company) -> None:
    with database.work() as work:
        stock_of(work, KETTLE, 6)
        asked = [
            wanted(company.shop, (KETTLE, 2), ip_address=HERE, **by("nobody")) for _ in range(3)
        ]
        answers = orders.place(work, asked)
    assert [type(one) for one in answers] == [Placed, Placed, TooManyUnpaid]
    with database.work() as work:
        assert promised(work)[KETTLE] == (4, 4)


def test_whoever_somebody_answers_for_is_not_counted(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        stock_of(work, KETTLE, 6)
    for _ in range(6):
        placed = order(database, company, who="eva", ip_address="", channel="api")
        assert isinstance(placed, Placed)
        assert placed.pay_by - clock.now() == HALF_AN_HOUR
    with database.work() as work:
        assert work.value("SELECT count(*) FROM checkout_origin") == 0


def test_the_desk_sees_what_is_held_and_frees_it(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        stock_of(work, KETTLE, 4)
    ordinary = order(database, company, who="ada", ip_address="")
    large = order(database, company, 2, who="nobody")
    with database.work() as work:
        held = orders.unpaid_holds(work)
        assert [(one.number, one.large, one.address) for one in held] == [
            (large.number, True, HERE),
            (ordinary.number, False, ""),
        ]
        assert held[0].goods == [{"sku": KETTLE, "name": "Kettle (sv)", "quantity": 2, "left": 1}]
    with database.work(Actor("staff", "3")) as work:
        orders.free(work, large.home_id, large.order_id)
        assert promised(work)[KETTLE] == (1, 1)
        facts = work.rows(
            "SELECT name, actor FROM fact WHERE subject = %(id)s ORDER BY id",
            id=str(large.order_id),
        )
        # Both happened at one instant: neither is the first.
        assert {tuple(fact) for fact in facts[1:]} == {
            ("order.freed", "staff:3"),
            ("order.expired", "staff:3"),
        }
    worker.drain(database)
    with database.work() as work:
        assert [one.number for one in orders.unpaid_holds(work)] == [ordinary.number]
        assert not [finding for finding in invariants.check(work) if finding.wrong]
        pay(work, ordinary)
        assert orders.unpaid_holds(work) == []
    for over in (large, ordinary):
        with pytest.raises(InvalidTransition), database.work() as work:
            orders.free(work, over.home_id, over.order_id)
    with pytest.raises(NotFound), database.work() as work:
        orders.free(work, company.birch, large.order_id)


def test_money_that_comes_for_a_freed_order_goes_back(database: Database, company: Company) -> None:
    placed = order(database, company, who="nobody")
    with database.work() as work:
        orders.free(work, placed.home_id, placed.order_id)
        pay(work, placed)
        [back] = work.rows("SELECT amount_minor, reason FROM refund")
        assert tuple(back) == (placed.total_minor, "paid_too_late")


def test_where_an_order_came_from_is_forgotten_after_two_days(
    database: Database, company: Company, clock: FixedClock
) -> None:
    order(database, company, who="ada")
    clock.move(timedelta(days=2, seconds=1))
    with database.work() as work:
        assert orders.forget_origins(work) == 1
        assert work.value("SELECT count(*) FROM checkout_origin") == 0
