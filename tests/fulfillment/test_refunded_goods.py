"""Goods whose money goes back stay here, unless somebody says that they still go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.company import INSTALLATION, KETTLE, SKILLET, a_paid_order, an_order, pay
from tests.harness import Harness

from mainstem import orders, payments
from mainstem.console import lists
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.work import Actor
from mainstem.orders import HasLeft, LineWanted, Placed
from mainstem_fulfillment import routing, shipments

PER = Actor("staff", "7")
CEDAR_OF_A_KETTLE = 10000


def key_of(placed: Placed, no: int = 1) -> tuple[int, Any, int]:
    return (placed.home_id, placed.order_id, no)


def steps(harness: Harness, placed: Placed, *names: str, no: int = 1) -> None:
    key = key_of(placed, no)
    with harness.database.work(PER) as work:
        for name in names:
            if name == "pick":
                for line in [
                    one for one in shipments.contents(work, key) if one.picked < one.quantity
                ]:
                    shipments.pick(work, key, line.sku, quantity=line.quantity - line.picked)
            elif name == "pack":
                shipments.pack(work, key, carrier="PostNord", tracking="SE1")
            elif name == "deliver":
                shipments.deliver(work, [key])
            else:
                getattr(shipments, name)(work, key)
    harness.drain()


def refund(
    harness: Harness, placed: Placed, amount: int, *lines: tuple[int, int], **how: Any
) -> None:
    with harness.database.work() as work:
        orders.refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=amount,
            reason="regret",
            lines=lines,
            **how,
        )


def cancel(harness: Harness, placed: Placed) -> None:
    with harness.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")


def money_arrives(harness: Harness) -> None:
    harness.drain()
    harness.webhook_events_arrive()


def at_the_desk(harness: Harness, placed: Placed) -> list[tuple[str, int | None]]:
    """The work for this order that is on the desk's list: its state and how many pieces."""
    with harness.database.work() as work:
        rows = shipments.to_do(work).rows
    return [(row.state, row.pieces) for row in rows if row.order_id == placed.order_id]


def pick_list(harness: Harness, placed: Placed, no: int = 1) -> dict[str, tuple[int, int]]:
    with harness.database.work() as work:
        return {
            line.sku: (line.picked, line.quantity)
            for line in shipments.contents(work, key_of(placed, no))
        }


def promised(harness: Harness) -> int:
    return int(harness.rows("SELECT sum(reserved)::int AS pieces FROM stock_level")[0].pieces)


def on_hand(harness: Harness) -> int:
    return int(harness.rows("SELECT sum(on_hand)::int AS pieces FROM stock_level")[0].pieces)


def lines_of(harness: Harness, placed: Placed) -> list[tuple[int, int, int]]:
    return [
        tuple(row)
        for row in harness.rows(
            """SELECT canceled, shipped, delivered FROM order_line WHERE order_id = %(id)s
                ORDER BY line_no""",
            id=placed.order_id,
        )
    ]


def earned(harness: Harness) -> int:
    return int(
        harness.rows(
            "SELECT coalesce(sum(amount_minor), 0)::int AS net FROM earning WHERE level = 0"
        )[0].net
    )


# ------------------------------------------------------------------------- by line


def test_a_line_refunded_before_picking_is_off_the_list_and_free_at_once(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2), (SKILLET, 1))
    refund(harness, placed, 250000, (1, 250000))
    # Before the gateway has heard of it.
    assert pick_list(harness, placed) == {SKILLET: (0, 1)}
    assert at_the_desk(harness, placed) == [("released", 1)]
    assert promised(harness) == 1
    money_arrives(harness)
    steps(harness, placed, "start_pick", "pick", "pack", "hand_over", "deliver")
    assert lines_of(harness, placed) == [(2, 0, 0), (0, 1, 1)]
    assert harness.order(placed).fulfillment_status == "delivered"
    assert (promised(harness), on_hand(harness)) == (0, 399)
    assert earned(harness) == 6400, "ten percent of the skillet's 640.00"
    harness.every_check_passes()


@pytest.mark.parametrize(
    ("amount", "how", "stay"),
    [
        (125000, {}, 1),
        (125001, {}, 1),
        (10000, {}, 0),
        (10000, {"goods_go": True}, 0),
        (250000, {"pieces": {1: 2}}, 2),
        (375000, {}, 3),
    ],
)
def test_so_many_pieces_stay_as_the_amount_pays_for_or_as_staff_say(
    harness: Harness, amount: int, how: dict[str, Any], stay: int
) -> None:
    placed = harness.a_paid_order((KETTLE, 3), (SKILLET, 1))
    refund(harness, placed, amount, (1, amount), **how)
    assert lines_of(harness, placed)[0] == (stay, 0, 0)
    assert promised(harness) == 4 - stay
    harness.every_check_passes()


def test_more_pieces_than_are_here_are_refused_with_nothing_asked(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    with pytest.raises(HasLeft, match="only 2 of 3 pieces"):
        refund(harness, placed, 125000, (1, 125000), pieces={1: 3})
    assert harness.rows("SELECT 1 FROM refund") == []
    assert promised(harness) == 2


def test_a_refund_after_the_delivery_stops_nothing(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    steps(harness, placed, "start_pick", "pick", "pack", "hand_over", "deliver")
    refund(harness, placed, 125000, (1, 125000))
    money_arrives(harness)
    assert lines_of(harness, placed) == [(0, 2, 2)]
    assert earned(harness) == CEDAR_OF_A_KETTLE
    harness.every_check_passes()


# ------------------------------------------------------------------------- whole


@pytest.mark.parametrize("unnamed", [False, True])
def test_an_order_refunded_whole_is_canceled_and_off_the_desk(
    harness: Harness, unnamed: bool
) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    refund(harness, placed, 250000, *([] if unnamed else [(1, 250000)]))
    assert at_the_desk(harness, placed) == []
    assert (harness.order(placed).state, promised(harness)) == ("canceled", 0)
    money_arrives(harness)
    order = harness.order(placed)
    assert (order.payment_status, order.fulfillment_status) == ("refunded", "canceled")
    harness.every_check_passes()


def test_an_amount_of_no_line_stops_nothing_while_something_is_paid(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    refund(harness, placed, 249999)
    money_arrives(harness)
    assert at_the_desk(harness, placed) == [("released", 2)]
    refund(harness, placed, 1)
    assert at_the_desk(harness, placed) == []
    harness.every_check_passes()


def test_goods_that_staff_let_go_are_sent_though_all_the_money_went_back(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    refund(harness, placed, 250000, (1, 250000), goods_go=True)
    money_arrives(harness)
    assert at_the_desk(harness, placed) == [("released", 2)]
    steps(harness, placed, "start_pick", "pick", "pack", "hand_over", "deliver")
    assert (earned(harness), promised(harness)) == (0, 0)
    harness.every_check_passes()


def at_the_gateways_own_pages(harness: Harness, placed: Placed, amount: int) -> None:
    intent = harness.payment(placed).intent_id
    harness.stripe.v1.refunds.create({"payment_intent": intent, "amount": amount})
    harness.webhook_events_arrive()
    harness.webhook_events_arrive()


def test_a_refund_at_the_gateways_own_pages_stops_the_goods_when_it_is_of_everything(
    harness: Harness,
) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    at_the_gateways_own_pages(harness, placed, 100000)
    assert at_the_desk(harness, placed) == [("released", 2)], "it names no line: people decide"
    at_the_gateways_own_pages(harness, placed, 150000)
    assert (at_the_desk(harness, placed), promised(harness)) == ([], 0)
    assert harness.order(placed).state == "canceled"
    # Once more, and late.
    harness.read(harness.kept)
    harness.drain()
    harness.every_check_passes()


def test_a_refund_that_fails_leaves_the_goods_here_and_is_shown_to_people(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2), (SKILLET, 1))
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
    )
    refund(harness, placed, 250000, (1, 250000))
    harness.drain()
    assert pick_list(harness, placed) == {SKILLET: (0, 1)}
    [failed] = harness.rows("SELECT home_id, id, state, pieces FROM refund")
    assert (failed.state, failed.pieces) == ("failed", {"1": 2})
    with harness.database.work() as work:
        assert [row.id for row in lists.owed_back(work).rows] == [failed.id]
        payments.retry_refund(work, failed.home_id, failed.id)
    money_arrives(harness)
    assert harness.order(placed).refunded_minor == 250000
    assert lines_of(harness, placed)[0] == (2, 0, 0)
    harness.every_check_passes()


# ------------------------------------------------------------------------- a pick that has begun


def test_a_pick_that_has_begun_is_stopped_until_the_box_is_put_right(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 3), (SKILLET, 1))
    steps(harness, placed, "start_pick")
    key = key_of(placed)
    with harness.database.work(PER) as work:
        shipments.pick(work, key, KETTLE, quantity=2)
    refund(harness, placed, 250000, (1, 250000))
    with harness.database.work(PER) as work:
        [stop] = shipments.stops(work, key)
    assert (stop.sku, stop.pieces, stop.in_box) == (KETTLE, 2, 1)
    with (
        pytest.raises(shipments.Stopped, match="Stop: 2 of KETTLE-1 cancelled"),
        harness.database.work(PER) as work,
    ):
        shipments.pick(work, key, SKILLET)
    assert pick_list(harness, placed) == {KETTLE: (1, 1), SKILLET: (0, 1)}
    with harness.database.work(PER) as work:
        assert shipments.put_back(work, key) == 1
        assert shipments.put_back(work, key) == 0, "said twice, it is the same"
    steps(harness, placed, "pick", "pack", "hand_over", "deliver")
    assert lines_of(harness, placed) == [(2, 1, 1), (0, 1, 1)]
    assert (promised(harness), on_hand(harness)) == (0, 398)
    harness.every_check_passes()


@pytest.mark.parametrize(
    "done", [("start_pick",), ("start_pick", "pick"), ("start_pick", "pick", "pack")]
)
def test_whoever_has_canceled_goods_in_hand_is_told_to_put_them_back(
    harness: Harness, done: tuple[str, ...]
) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    steps(harness, placed, *done)
    picked = 2 if "pick" in done else 0
    cancel(harness, placed)
    assert promised(harness) == 0
    with harness.database.work(PER) as work:
        [row] = shipments.to_do(work).rows
        assert (row.state, row.pieces, row.put_back) == ("canceled", None, picked)
        with pytest.raises(shipments.Stopped):
            shipments.hand_over(work, key_of(placed))
    with harness.database.work(PER) as work:
        assert shipments.put_back(work, key_of(placed)) == picked
    assert at_the_desk(harness, placed) == []
    with pytest.raises(InvalidTransition):
        steps(harness, placed, "hand_over")
    money_arrives(harness)
    harness.every_check_passes()


def test_when_all_that_is_left_is_picked_the_list_is_done(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2), (SKILLET, 1))
    steps(harness, placed, "start_pick")
    with harness.database.work(PER) as work:
        shipments.pick(work, key_of(placed), KETTLE, quantity=2)
    refund(harness, placed, 80000, (2, 80000))
    assert at_the_desk(harness, placed) == [("picking", 2)]
    with harness.database.work(PER) as work:
        assert shipments.put_back(work, key_of(placed)) == 0
    assert at_the_desk(harness, placed) == [("picked", 2)]
    harness.every_check_passes()


def test_a_parked_list_of_which_all_is_picked_goes_on_as_picked(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2), (SKILLET, 1))
    steps(harness, placed, "start_pick")
    with harness.database.work(PER) as work:
        shipments.pick(work, key_of(placed), KETTLE, quantity=2)
    dispute = harness.trigger(
        "disputes/open", charge=harness.payment(placed).charge_id, amount=1000, inquiry=True
    )
    harness.webhook_events_arrive()
    refund(harness, placed, 80000, (2, 80000))
    with harness.database.work(PER) as work:
        shipments.put_back(work, key_of(placed))
    harness.trigger("disputes/close", dispute=dispute["id"], outcome="won")
    harness.webhook_events_arrive()
    assert at_the_desk(harness, placed) == [("picked", 2)]
    harness.every_check_passes()


# ------------------------------------------------------------------------- the rest of an order


def split(harness: Harness) -> Placed:
    """Ten kettles from Stockholm and seven from Malmö: two parcels."""
    with harness.database.work() as work:
        work.run(
            """UPDATE stock_level SET on_hand = CASE location_id WHEN %(north)s THEN 10 ELSE 7 END
                WHERE variant_id = (SELECT id FROM variant WHERE sku = 'KETTLE-1')""",
            north=harness.company.stockholm,
        )
    return harness.a_paid_order((KETTLE, 17))


@pytest.mark.parametrize("arrived", [True, False])
def test_the_rest_of_an_order_is_canceled_with_its_refund_and_its_commission(
    harness: Harness, arrived: bool
) -> None:
    placed = split(harness)
    steps(harness, placed, "start_pick", "pick", "pack", "hand_over")
    if arrived:
        steps(harness, placed, "deliver")
        assert earned(harness) == 10 * CEDAR_OF_A_KETTLE
    cancel(harness, placed)
    assert at_the_desk(harness, placed) == []
    money_arrives(harness)
    if not arrived:
        steps(harness, placed, "deliver")
    [back] = harness.rows("SELECT amount_minor, lines, state FROM refund")
    assert (back.amount_minor, back.state) == (7 * 125000, "succeeded")
    assert back.lines == [{"line_no": 1, "amount_minor": 875000}]
    order = harness.order(placed)
    assert (order.state, order.fulfillment_status) == ("placed", "delivered")
    assert earned(harness) == 10 * CEDAR_OF_A_KETTLE, "what was delivered stands"
    kinds = {row.kind for row in harness.rows("SELECT kind FROM earning")}
    assert not kinds & {"reversal", "restored"}
    assert promised(harness) == 0
    harness.every_check_passes()
    with pytest.raises(InvalidTransition):
        cancel(harness, placed)


@pytest.mark.parametrize("total", [100, 101, 333, 9_999_999])
def test_the_commission_of_what_was_delivered_stands_to_the_cent(
    harness: Harness, total: int
) -> None:
    """Sums that do not divide by the pieces: no cent of the canceled rest is taken from the others."""
    with harness.database.work() as work:
        work.run("UPDATE stock_level SET on_hand = 10000")
        placed = an_order(
            work,
            harness.company.shop,
            lines=[LineWanted(KETTLE, 17, total)],
            channel="lead",
        )
        pay(work, placed)
    harness.drain()
    with harness.database.work() as work:
        orders.record_shipment(work, [orders.LineQuantity(placed.home_id, placed.order_id, 1, 10)])
        orders.record_delivery(work, [orders.LineQuantity(placed.home_id, placed.order_id, 1, 10)])
    harness.drain()
    before = earned(harness)
    cancel(harness, placed)
    harness.drain()
    assert earned(harness) == before
    kinds = {row.kind for row in harness.rows("SELECT kind FROM earning")}
    assert not kinds & {"reversal", "restored"}


def test_a_canceled_service_cancels_its_job(harness: Harness) -> None:
    with harness.database.work() as work:
        placed = a_paid_order(
            work, harness.company.shop, (KETTLE, 1), (INSTALLATION, 1), channel="lead"
        )
        routing.route(work, [(placed.home_id, placed.order_id)])
    refund(harness, placed, 100000, (2, 100000))
    harness.drain()
    assert [row.state for row in harness.rows("SELECT state FROM job")] == ["canceled"]
    assert at_the_desk(harness, placed) == [("released", 1)]
    harness.every_check_passes()


# ------------------------------------------------------------------------- before it is routed


def test_what_is_refunded_before_the_order_is_routed_is_not_routed(harness: Harness) -> None:
    with harness.database.work() as work:
        work.run(
            """UPDATE stock_level SET on_hand = 0 WHERE location_id = %(here)s
                  AND variant_id = (SELECT id FROM variant WHERE sku = 'SKILLET-1')""",
            here=harness.company.stockholm,
        )
        placed = an_order(work, harness.company.shop, (KETTLE, 2), (SKILLET, 1))
        pay(work, placed)
    refund(harness, placed, 250000, (1, 250000))
    harness.drain()
    assert at_the_desk(harness, placed) == [("released", 1)]
    assert promised(harness) == 1
    harness.every_check_passes()


# ------------------------------------------------------------------------- beside each other


@pytest.mark.parametrize("step", ["start_pick", "pick", "hand_over"])
def test_a_step_beside_a_refund_ends_one_way_or_the_other(harness: Harness, step: str) -> None:
    before = {
        "start_pick": (),
        "pick": ("start_pick",),
        "hand_over": ("start_pick", "pick", "pack"),
    }
    placed = harness.a_paid_order((KETTLE, 2))
    steps(harness, placed, *before[step])

    def its_step() -> None:
        with harness.database.work(PER) as work:
            if step == "pick":
                shipments.pick(work, key_of(placed), KETTLE)
            else:
                getattr(shipments, step)(work, key_of(placed))

    def tried(what: Any) -> bool:
        try:
            what()
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        went, refunded = threads.map(
            tried, [its_step, lambda: refund(harness, placed, 125000, (1, 125000), pieces={1: 1})]
        )
    money_arrives(harness)
    order = harness.order(placed)
    if step == "hand_over" and went:
        assert not refunded, "it had left"
        assert lines_of(harness, placed) == [(0, 2, 0)]
        assert (order.refunded_minor, on_hand(harness), promised(harness)) == (0, 398, 0)
    else:
        assert refunded
        assert (lines_of(harness, placed), order.refunded_minor) == ([(1, 0, 0)], 125000)
        assert (on_hand(harness), promised(harness)) == (400, 1)
    harness.every_check_passes()


def test_two_refunds_at_once_cancel_each_piece_once(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2), (SKILLET, 1))

    def click(_: int) -> bool:
        try:
            refund(harness, placed, 125000, (1, 125000))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(click, range(4))) == 2
    assert lines_of(harness, placed)[0] == (2, 0, 0)
    assert promised(harness) == 1
    money_arrives(harness)
    harness.every_check_passes()
