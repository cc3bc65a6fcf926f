"""Goods whose money goes back stay here, unless somebody says that they still go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.company import INSTALLATION, KETTLE, SKILLET, a_paid_order, an_order, pay
from tests.till import Till

from mainstem import orders, payments
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.work import Actor
from mainstem.orders import HasLeft, LineWanted, Placed
from mainstem.web.console import lists
from mainstem_fulfillment import routing, shipments

PER = Actor("staff", "7")
CEDAR_OF_A_KETTLE = 10000


def key_of(placed: Placed, no: int = 1) -> tuple[int, Any, int]:
    return (placed.home_id, placed.order_id, no)


def steps(till: Till, placed: Placed, *names: str, no: int = 1) -> None:
    key = key_of(placed, no)
    with till.database.work(PER) as work:
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
    till.drain()


def refund(till: Till, placed: Placed, amount: int, *lines: tuple[int, int], **how: Any) -> None:
    with till.database.work() as work:
        orders.refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=amount,
            reason="regret",
            lines=lines,
            **how,
        )


def cancel(till: Till, placed: Placed) -> None:
    with till.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")


def money_arrives(till: Till) -> None:
    till.drain()
    till.letters_arrive()


def at_the_desk(till: Till, placed: Placed) -> list[tuple[str, int | None]]:
    """The work for this order that is on the desk's list: its state and how many pieces."""
    with till.database.work() as work:
        rows = shipments.to_do(work).rows
    return [(row.state, row.pieces) for row in rows if row.order_id == placed.order_id]


def pick_list(till: Till, placed: Placed, no: int = 1) -> dict[str, tuple[int, int]]:
    with till.database.work() as work:
        return {
            line.sku: (line.picked, line.quantity)
            for line in shipments.contents(work, key_of(placed, no))
        }


def promised(till: Till) -> int:
    return int(till.rows("SELECT sum(reserved)::int AS pieces FROM stock_level")[0].pieces)


def on_hand(till: Till) -> int:
    return int(till.rows("SELECT sum(on_hand)::int AS pieces FROM stock_level")[0].pieces)


def lines_of(till: Till, placed: Placed) -> list[tuple[int, int, int]]:
    return [
        tuple(row)
        for row in till.rows(
            """SELECT canceled, shipped, delivered FROM order_line WHERE order_id = %(id)s
                ORDER BY line_no""",
            id=placed.order_id,
        )
    ]


def earned(till: Till) -> int:
    return int(
        till.rows(
            "SELECT coalesce(sum(amount_minor), 0)::int AS net FROM commission WHERE level = 0"
        )[0].net
    )


# ------------------------------------------------------------------------- by line


def test_a_line_refunded_before_picking_is_off_the_list_and_free_at_once(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2), (SKILLET, 1))
    refund(till, placed, 250000, (1, 250000))
    # Before the gateway has heard of it.
    assert pick_list(till, placed) == {SKILLET: (0, 1)}
    assert at_the_desk(till, placed) == [("released", 1)]
    assert promised(till) == 1
    money_arrives(till)
    steps(till, placed, "start_pick", "pick", "pack", "hand_over", "deliver")
    assert lines_of(till, placed) == [(2, 0, 0), (0, 1, 1)]
    assert till.order(placed).fulfillment_status == "delivered"
    assert (promised(till), on_hand(till)) == (0, 399)
    assert earned(till) == 6400, "ten percent of the skillet's 640.00"
    till.every_truth_holds()


@pytest.mark.parametrize(
    ("amount", "how", "stay"),
    [
        (125000, {}, 1),
        (125001, {}, 2),
        (10000, {}, 1),
        (10000, {"goods_go": True}, 0),
        (250000, {"pieces": {1: 2}}, 2),
        (375000, {}, 3),
    ],
)
def test_so_many_pieces_stay_as_the_amount_pays_for_or_as_staff_say(
    till: Till, amount: int, how: dict[str, Any], stay: int
) -> None:
    placed = till.a_paid_order((KETTLE, 3), (SKILLET, 1))
    refund(till, placed, amount, (1, amount), **how)
    assert lines_of(till, placed)[0] == (stay, 0, 0)
    assert promised(till) == 4 - stay
    till.every_truth_holds()


def test_more_pieces_than_are_here_are_refused_with_nothing_asked(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    with pytest.raises(HasLeft, match="only 2 of 3 pieces"):
        refund(till, placed, 125000, (1, 125000), pieces={1: 3})
    assert till.rows("SELECT 1 FROM refund") == []
    assert promised(till) == 2


def test_a_refund_after_the_delivery_stops_nothing(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    steps(till, placed, "start_pick", "pick", "pack", "hand_over", "deliver")
    refund(till, placed, 125000, (1, 125000))
    money_arrives(till)
    assert lines_of(till, placed) == [(0, 2, 2)]
    assert earned(till) == CEDAR_OF_A_KETTLE
    till.every_truth_holds()


# ------------------------------------------------------------------------- whole


@pytest.mark.parametrize("unnamed", [False, True])
def test_an_order_refunded_whole_is_canceled_and_off_the_desk(till: Till, unnamed: bool) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    refund(till, placed, 250000, *([] if unnamed else [(1, 250000)]))
    assert at_the_desk(till, placed) == []
    assert (till.order(placed).state, promised(till)) == ("canceled", 0)
    money_arrives(till)
    order = till.order(placed)
    assert (order.payment_status, order.fulfillment_status) == ("refunded", "canceled")
    till.every_truth_holds()


def test_an_amount_of_no_line_stops_nothing_while_something_is_paid(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    refund(till, placed, 249999)
    money_arrives(till)
    assert at_the_desk(till, placed) == [("released", 2)]
    refund(till, placed, 1)
    assert at_the_desk(till, placed) == []
    till.every_truth_holds()


def test_goods_that_staff_let_go_are_sent_though_all_the_money_went_back(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    refund(till, placed, 250000, (1, 250000), goods_go=True)
    money_arrives(till)
    assert at_the_desk(till, placed) == [("released", 2)]
    steps(till, placed, "start_pick", "pick", "pack", "hand_over", "deliver")
    assert (earned(till), promised(till)) == (0, 0)
    till.every_truth_holds()


def at_the_gateways_own_pages(till: Till, placed: Placed, amount: int) -> None:
    intent = till.payment(placed).intent_id
    till.stripe.v1.refunds.create({"payment_intent": intent, "amount": amount})
    till.letters_arrive()
    till.letters_arrive()


def test_a_refund_at_the_gateways_own_pages_stops_the_goods_when_it_is_of_everything(
    till: Till,
) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    at_the_gateways_own_pages(till, placed, 100000)
    assert at_the_desk(till, placed) == [("released", 2)], "it names no line: people decide"
    at_the_gateways_own_pages(till, placed, 150000)
    assert (at_the_desk(till, placed), promised(till)) == ([], 0)
    assert till.order(placed).state == "canceled"
    # Once more, and late.
    till.read(till.kept)
    till.drain()
    till.every_truth_holds()


def test_a_refund_that_fails_leaves_the_goods_here_and_is_shown_to_people(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2), (SKILLET, 1))
    till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    refund(till, placed, 250000, (1, 250000))
    till.drain()
    assert pick_list(till, placed) == {SKILLET: (0, 1)}
    [failed] = till.rows("SELECT home_id, id, state, pieces FROM refund")
    assert (failed.state, failed.pieces) == ("failed", {"1": 2})
    with till.database.work() as work:
        assert [row.id for row in lists.owed_back(work).rows] == [failed.id]
        payments.retry_refund(work, failed.home_id, failed.id)
    money_arrives(till)
    assert till.order(placed).refunded_minor == 250000
    assert lines_of(till, placed)[0] == (2, 0, 0)
    till.every_truth_holds()


# ------------------------------------------------------------------------- a pick that has begun


def test_a_pick_that_has_begun_is_stopped_until_the_box_is_put_right(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 3), (SKILLET, 1))
    steps(till, placed, "start_pick")
    key = key_of(placed)
    with till.database.work(PER) as work:
        shipments.pick(work, key, KETTLE, quantity=2)
    refund(till, placed, 250000, (1, 250000))
    with till.database.work(PER) as work:
        [stop] = shipments.stops(work, key)
    assert (stop.sku, stop.pieces, stop.in_box) == (KETTLE, 2, 1)
    with (
        pytest.raises(shipments.Stopped, match="Stop: 2 of KETTLE-1 no longer go"),
        till.database.work(PER) as work,
    ):
        shipments.pick(work, key, SKILLET)
    assert pick_list(till, placed) == {KETTLE: (1, 1), SKILLET: (0, 1)}
    with till.database.work(PER) as work:
        assert shipments.put_back(work, key) == 1
        assert shipments.put_back(work, key) == 0, "said twice, it is the same"
    steps(till, placed, "pick", "pack", "hand_over", "deliver")
    assert lines_of(till, placed) == [(2, 1, 1), (0, 1, 1)]
    assert (promised(till), on_hand(till)) == (0, 398)
    till.every_truth_holds()


@pytest.mark.parametrize(
    "done", [("start_pick",), ("start_pick", "pick"), ("start_pick", "pick", "pack")]
)
def test_whoever_has_called_off_goods_in_hand_is_told_to_put_them_back(
    till: Till, done: tuple[str, ...]
) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    steps(till, placed, *done)
    picked = 2 if "pick" in done else 0
    cancel(till, placed)
    assert promised(till) == 0
    with till.database.work(PER) as work:
        [row] = shipments.to_do(work).rows
        assert (row.state, row.pieces, row.put_back) == ("canceled", None, picked)
        with pytest.raises(shipments.Stopped):
            shipments.hand_over(work, key_of(placed))
    with till.database.work(PER) as work:
        assert shipments.put_back(work, key_of(placed)) == picked
    assert at_the_desk(till, placed) == []
    with pytest.raises(InvalidTransition):
        steps(till, placed, "hand_over")
    money_arrives(till)
    till.every_truth_holds()


def test_when_all_that_is_left_is_picked_the_list_is_done(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2), (SKILLET, 1))
    steps(till, placed, "start_pick")
    with till.database.work(PER) as work:
        shipments.pick(work, key_of(placed), KETTLE, quantity=2)
    refund(till, placed, 80000, (2, 80000))
    assert at_the_desk(till, placed) == [("picking", 2)]
    with till.database.work(PER) as work:
        assert shipments.put_back(work, key_of(placed)) == 0
    assert at_the_desk(till, placed) == [("picked", 2)]
    till.every_truth_holds()


def test_a_parked_list_of_which_all_is_picked_goes_on_as_picked(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2), (SKILLET, 1))
    steps(till, placed, "start_pick")
    with till.database.work(PER) as work:
        shipments.pick(work, key_of(placed), KETTLE, quantity=2)
    dispute = till.pull(
        "disputes/open", charge=till.payment(placed).charge_id, amount=1000, inquiry=True
    )
    till.letters_arrive()
    refund(till, placed, 80000, (2, 80000))
    with till.database.work(PER) as work:
        shipments.put_back(work, key_of(placed))
    till.pull("disputes/close", dispute=dispute["id"], outcome="won")
    till.letters_arrive()
    assert at_the_desk(till, placed) == [("picked", 2)]
    till.every_truth_holds()


# ------------------------------------------------------------------------- the rest of an order


def split(till: Till) -> Placed:
    """Ten kettles from Stockholm and seven from Malmö: two parcels."""
    with till.database.work() as work:
        work.run(
            """UPDATE stock_level SET on_hand = CASE location_id WHEN %(north)s THEN 10 ELSE 7 END
                WHERE variant_id = (SELECT id FROM variant WHERE sku = 'KETTLE-1')""",
            north=till.company.stockholm,
        )
    return till.a_paid_order((KETTLE, 17))


@pytest.mark.parametrize("arrived", [True, False])
def test_the_rest_of_an_order_is_canceled_with_its_refund_and_its_commission(
    till: Till, arrived: bool
) -> None:
    placed = split(till)
    steps(till, placed, "start_pick", "pick", "pack", "hand_over")
    if arrived:
        steps(till, placed, "deliver")
        assert earned(till) == 10 * CEDAR_OF_A_KETTLE
    cancel(till, placed)
    assert at_the_desk(till, placed) == []
    money_arrives(till)
    if not arrived:
        steps(till, placed, "deliver")
    [back] = till.rows("SELECT amount_minor, lines, state FROM refund")
    assert (back.amount_minor, back.state) == (7 * 125000, "succeeded")
    assert back.lines == [{"line_no": 1, "amount_minor": 875000}]
    order = till.order(placed)
    assert (order.state, order.fulfillment_status) == ("placed", "delivered")
    assert earned(till) == 10 * CEDAR_OF_A_KETTLE, "what was delivered stands"
    kinds = {row.kind for row in till.rows("SELECT kind FROM commission")}
    assert not kinds & {"reversal", "restored"}
    assert promised(till) == 0
    till.every_truth_holds()
    with pytest.raises(InvalidTransition):
        cancel(till, placed)


@pytest.mark.parametrize("total", [100, 101, 333, 9_999_999])
def test_the_commission_of_what_was_delivered_stands_to_the_cent(till: Till, total: int) -> None:
    """Sums that do not divide by the pieces: no cent of the canceled rest is taken from the others."""
    with till.database.work() as work:
        work.run("UPDATE stock_level SET on_hand = 10000")
        placed = an_order(
            work,
            till.company.shop,
            lines=[LineWanted(KETTLE, 17, total)],
            channel="lead",
        )
        pay(work, placed)
    till.drain()
    with till.database.work() as work:
        orders.record_shipment(work, [(placed.home_id, placed.order_id, 1, 10)])
        orders.record_delivery(work, [(placed.home_id, placed.order_id, 1, 10)])
    till.drain()
    before = earned(till)
    cancel(till, placed)
    till.drain()
    assert earned(till) == before
    kinds = {row.kind for row in till.rows("SELECT kind FROM commission")}
    assert not kinds & {"reversal", "restored"}


def test_a_service_that_is_called_off_takes_its_job_along(till: Till) -> None:
    with till.database.work() as work:
        placed = a_paid_order(
            work, till.company.shop, (KETTLE, 1), (INSTALLATION, 1), channel="lead"
        )
        routing.route(work, [(placed.home_id, placed.order_id)])
    refund(till, placed, 100000, (2, 100000))
    till.drain()
    assert [row.state for row in till.rows("SELECT state FROM job")] == ["canceled"]
    assert at_the_desk(till, placed) == [("released", 1)]
    till.every_truth_holds()


# ------------------------------------------------------------------------- before it is routed


def test_what_is_refunded_before_the_order_is_routed_is_not_routed(till: Till) -> None:
    with till.database.work() as work:
        work.run(
            """UPDATE stock_level SET on_hand = 0 WHERE location_id = %(here)s
                  AND variant_id = (SELECT id FROM variant WHERE sku = 'SKILLET-1')""",
            here=till.company.stockholm,
        )
        placed = an_order(work, till.company.shop, (KETTLE, 2), (SKILLET, 1))
        pay(work, placed)
    refund(till, placed, 250000, (1, 250000))
    till.drain()
    assert at_the_desk(till, placed) == [("released", 1)]
    assert promised(till) == 1
    till.every_truth_holds()


# ------------------------------------------------------------------------- beside each other


@pytest.mark.parametrize("step", ["start_pick", "pick", "hand_over"])
def test_a_step_beside_a_refund_ends_one_way_or_the_other(till: Till, step: str) -> None:
    before = {
        "start_pick": (),
        "pick": ("start_pick",),
        "hand_over": ("start_pick", "pick", "pack"),
    }
    placed = till.a_paid_order((KETTLE, 2))
    steps(till, placed, *before[step])

    def its_step() -> None:
        with till.database.work(PER) as work:
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
            tried, [its_step, lambda: refund(till, placed, 125000, (1, 125000), pieces={1: 1})]
        )
    money_arrives(till)
    order = till.order(placed)
    if step == "hand_over" and went:
        assert not refunded, "it had left"
        assert lines_of(till, placed) == [(0, 2, 0)]
        assert (order.refunded_minor, on_hand(till), promised(till)) == (0, 398, 0)
    else:
        assert refunded
        assert (lines_of(till, placed), order.refunded_minor) == ([(1, 0, 0)], 125000)
        assert (on_hand(till), promised(till)) == (400, 1)
    till.every_truth_holds()


def test_two_refunds_at_once_call_off_each_piece_once(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2), (SKILLET, 1))

    def click(_: int) -> bool:
        try:
            refund(till, placed, 125000, (1, 125000))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(click, range(4))) == 2
    assert lines_of(till, placed)[0] == (2, 0, 0)
    assert promised(till) == 1
    money_arrives(till)
    till.every_truth_holds()
