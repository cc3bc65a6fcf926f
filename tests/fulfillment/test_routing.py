"""Which location does the work of a paid order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.company import KETTLE, SKILLET, a_company, a_paid_order
from tests.waits import PATIENCE, await_somebody_waits_for

from mainstem import invariants, stock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem_fulfillment import routing


def _move_first_location_abroad(work: Work) -> None:
    work.run("UPDATE location SET country = 'NO' WHERE code = 'STH'")


def test_an_order_is_shipped_from_the_clients_country_with_all_its_lines(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work)
        _move_first_location_abroad(work)
        # The same article on two lines is wanted twice.
        order = a_paid_order(work, company.shop, (KETTLE, 2), (SKILLET, 1), (KETTLE, 3))
        routing.route(work, [(order.home_id, order.order_id)])
    with database.work() as work:
        assert [
            tuple(row)
            for row in work.rows(
                """SELECT f.no, l.code, f.state FROM fulfilment f JOIN location l ON l.id = f.location_id
                    ORDER BY f.no"""
            )
        ] == [(1, "STH", "canceled"), (2, "MMA", "released")]
        assert [
            tuple(row)
            for row in work.rows(
                """SELECT r.line_no, r.quantity FROM reservation r WHERE released_at IS NULL
                    ORDER BY line_no"""
            )
        ] == [(1, 2), (2, 1), (3, 3)]
        assert work.value("SELECT chosen || ': ' || reason FROM routing_decision") == (
            "MMA: whole_order_from_the_best_location"
        )
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def test_an_order_is_not_moved_to_where_not_all_of_it_lies(database: Database) -> None:
    with database.work() as work:
        company = a_company(work)
        _move_first_location_abroad(work)
        work.run("UPDATE stock_level SET on_hand = 4 WHERE location_id = %(id)s", id=company.malmo)
        order = a_paid_order(work, company.shop, (KETTLE, 2), (KETTLE, 3))
        routing.route(work, [(order.home_id, order.order_id)])
        assert [
            tuple(row)
            for row in work.rows(
                """SELECT f.no, l.code, f.state FROM fulfilment f JOIN location l ON l.id = f.location_id"""
            )
        ] == [(1, "STH", "released")]


def test_routing_again_changes_nothing_and_says_nothing(database: Database) -> None:
    with database.work() as work:
        company = a_company(work)
        order = a_paid_order(work, company.shop, (KETTLE, 2))
        for _ in range(3):
            routing.route(work, [(order.home_id, order.order_id)])
        assert work.value("SELECT count(*) FROM fact WHERE name = 'order.routed'") == 1
        assert work.value("SELECT count(*) FROM routing_decision") == 1


def test_what_one_order_takes_the_next_of_the_batch_does_not_find(database: Database) -> None:
    with database.work() as work:
        company = a_company(work)
        _move_first_location_abroad(work)
        work.run("UPDATE stock_level SET on_hand = 4 WHERE location_id = %(id)s", id=company.malmo)
        placed = [a_paid_order(work, company.shop, (KETTLE, 3)) for _ in range(2)]
        routing.route(work, [(order.home_id, order.order_id) for order in placed])
    with database.work() as work:
        assert [
            (row.chosen, row.reason)
            for row in work.rows("SELECT * FROM routing_decision ORDER BY order_id")
        ] == [
            ("MMA", "whole_order_from_the_best_location"),
            ("STH", "better_location_was_taken_meanwhile"),
        ]
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def test_a_batch_of_orders_takes_its_shelves_as_a_basket_does(database: Database) -> None:
    """The first order wants the later shelf: whoever holds the earlier one still gets the later."""
    with database.work() as work:
        company = a_company(work)
        _move_first_location_abroad(work)
        placed = [
            a_paid_order(work, company.shop, (SKILLET, 1)),
            a_paid_order(work, company.shop, (KETTLE, 1)),
        ]
        shelf = {row.sku: row.id for row in work.rows("SELECT id, sku FROM variant ORDER BY id")}
        assert shelf[KETTLE] < shelf[SKILLET]

    def route() -> None:
        with database.work() as work:
            routing.route(work, [(order.home_id, order.order_id) for order in placed])

    with ThreadPoolExecutor(1) as threads:
        with database.work() as basket:
            stock.lock(basket, [shelf[KETTLE]])
            routed = threads.submit(route)
            await_somebody_waits_for(basket)
            basket.run("SET LOCAL lock_timeout = '1s'")
            assert stock.lock(basket, [shelf[SKILLET]]).free
        routed.result(PATIENCE)
    with database.work() as work:
        assert [
            tuple(row)
            for row in work.rows("SELECT chosen, count(*) FROM routing_decision GROUP BY 1")
        ] == [("MMA", 2)]


def test_an_order_stays_where_it_was_promised_when_every_location_has_closed(
    database: Database,
) -> None:
    with database.work() as work:
        company = a_company(work)
        order = a_paid_order(work, company.shop, (KETTLE, 1))
        work.run("UPDATE location SET active = false")
        routing.route(work, [(order.home_id, order.order_id)])
        assert work.value("SELECT state FROM fulfilment") == "released"
        assert work.value("SELECT reason FROM routing_decision") == "no_location_is_open"
