"""A payment is disputed before the goods have left: they stay until the bank has decided."""

from __future__ import annotations

from typing import Any

import pytest
from tests.company import INSTALLATION, KETTLE, SKILLET, a_paid_order
from tests.till import Till

from mainstem import orders
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.work import Actor
from mainstem.orders import Placed
from mainstem.payments import letters
from mainstem_fulfillment import routing, shipments

PER = Actor("staff", "7")


def a_dispute(till: Till, placed: Placed, **given: Any) -> str:
    opened = till.pull("disputes/open", charge=till.payment(placed).charge_id, **given)
    till.letters_arrive()
    return str(opened["id"])


def ends(till: Till, dispute: str, outcome: str) -> None:
    till.pull("disputes/close", dispute=dispute, outcome=outcome)
    till.letters_arrive()
    # Every letter once more, in the end: what has been decided stands.
    till.read(till.kept)
    till.drain()


def states(till: Till, placed: Placed) -> list[tuple[int, str, str | None]]:
    return [
        tuple(row)
        for row in till.rows(
            "SELECT no, state, parked_for FROM fulfilment WHERE order_id = %(id)s ORDER BY no",
            id=placed.order_id,
        )
    ]


def promised(till: Till) -> int:
    return int(till.rows("SELECT sum(reserved)::int AS pieces FROM stock_level")[0].pieces)


def steps(till: Till, placed: Placed, *names: str) -> None:
    key = (placed.home_id, placed.order_id, 1)
    with till.database.work(PER) as work:
        for name in names:
            if name == "pick":
                for line in shipments.contents(work, key):
                    shipments.pick(work, key, line.sku, quantity=line.quantity)
            elif name == "pack":
                shipments.pack(work, key, carrier="PostNord", tracking="SE1")
            else:
                getattr(shipments, name)(work, key)


@pytest.mark.parametrize(
    ("done", "state", "next_step"),
    [
        ((), "released", "start_pick"),
        (("start_pick",), "picking", "pick"),
        (("start_pick", "pick"), "picked", "pack"),
        (("start_pick", "pick", "pack"), "packed", "hand_over"),
    ],
)
def test_disputed_goods_stay_and_go_on_where_they_were_when_it_is_won(
    till: Till, done: tuple[str, ...], state: str, next_step: str
) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    steps(till, placed, *done)
    assert states(till, placed) == [(1, state, None)]
    dispute = a_dispute(till, placed)
    assert states(till, placed) == [(1, "parked", "dispute")]
    assert promised(till) == 2, "they are still hers"
    with pytest.raises(InvalidTransition, match="is parked"):
        steps(till, placed, next_step)
    ends(till, dispute, "won")
    assert states(till, placed) == [(1, state, None)]
    steps(till, placed, next_step)
    till.every_truth_holds()
    facts = till.rows(
        "SELECT name FROM fact WHERE name IN ('fulfilment.parked', 'fulfilment.resumed')"
    )
    assert [row.name for row in facts] == ["fulfilment.parked", "fulfilment.resumed"]


def test_a_lost_dispute_calls_the_order_off_and_frees_its_goods(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 2))
    ends(till, a_dispute(till, placed), "lost")
    order = till.order(placed)
    assert (order.state, order.fulfillment_status) == ("canceled", "canceled")
    assert (states(till, placed), promised(till)) == ([(1, "canceled", None)], 0)
    assert till.rows("SELECT 1 FROM refund") == [], "the bank has given her the money back"
    till.every_truth_holds()


def test_what_a_lost_dispute_left_of_the_payment_is_owed_and_seen(till: Till) -> None:
    """The gateway refunds nothing of a charge that was charged back, so people have to."""
    placed = till.a_paid_order((KETTLE, 2))
    ends(till, a_dispute(till, placed, amount=100000), "lost")
    assert till.order(placed).state == "canceled"
    [refund] = till.rows("SELECT amount_minor, reason, state, error FROM refund")
    assert (refund.amount_minor, refund.reason) == (placed.total_minor - 100000, "dispute_lost")
    assert (refund.state, refund.error.partition(":")[0]) == ("failed", "charge_disputed")
    assert len(till.rows("SELECT 1 FROM fact WHERE name = 'refund.failed'")) == 1
    till.every_truth_holds()


def test_an_older_look_does_not_open_a_lost_dispute_again(till: Till) -> None:
    """Two letters opened side by side: the one that looked first is the last to write."""
    placed = till.a_paid_order((KETTLE, 2))
    dispute = a_dispute(till, placed)
    older = till.gateway.dispute(dispute)
    ends(till, dispute, "lost")
    assert till.gateway.dispute(dispute).movements == older.movements, "the money went before"
    letters.keep_dispute(till.database, older)
    till.drain()
    [row] = till.rows("SELECT status FROM dispute")
    assert row.status == "lost"
    till.every_truth_holds()


def test_of_an_order_that_has_begun_to_leave_only_the_rest_is_called_off(till: Till) -> None:
    with till.database.work() as work:
        # Neither place has both: the order is of two parcels.
        work.run(
            """UPDATE stock_level SET on_hand = 0 WHERE (variant_id, location_id) IN (
                 SELECT v.id, CASE v.sku WHEN 'KETTLE-1' THEN %(north)s ELSE %(south)s END
                   FROM variant v WHERE sku IN ('KETTLE-1', 'SKILLET-1'))""",
            north=till.company.malmo,
            south=till.company.stockholm,
        )
    placed = till.a_paid_order((KETTLE, 1), (SKILLET, 1))
    steps(till, placed, "start_pick", "pick", "pack", "hand_over")
    ends(till, a_dispute(till, placed), "lost")
    assert states(till, placed) == [(1, "shipped", None), (2, "canceled", None)]
    order = till.order(placed)
    assert (order.state, order.fulfillment_status, promised(till)) == ("placed", "shipped", 0)
    lines = till.rows("SELECT canceled, shipped FROM order_line ORDER BY line_no")
    assert [tuple(row) for row in lines] == [(0, 1), (1, 0)]
    till.every_truth_holds()


def test_an_order_that_is_disputed_before_it_is_routed_is_parked_at_once(till: Till) -> None:
    with till.database.work() as work:
        placed = a_paid_order(work, till.company.shop, (KETTLE, 1), (INSTALLATION, 1))
        work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency,
                                    amount_minor, opened_at)
               VALUES (%(home)s, %(id)s, %(id)s, 'dp_early', 'warning_needs_response', 'SEK', 0, %(now)s)""",
            home=placed.home_id,
            id=placed.order_id,
            now=work.now(),
        )
        routing.route(work, [(placed.home_id, placed.order_id)])
    assert states(till, placed) == [(1, "parked", "dispute")]


def test_a_parked_order_that_is_canceled_by_hand_is_off_the_desk(till: Till) -> None:
    placed = till.a_paid_order((KETTLE, 1))
    dispute = a_dispute(till, placed, inquiry=True)
    assert states(till, placed) == [(1, "parked", "dispute")]
    with till.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="fraud")
    till.drain()
    assert states(till, placed) == [(1, "canceled", None)]
    ends(till, dispute, "won")
    assert states(till, placed) == [(1, "canceled", None)], "it does not come back"


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_what_the_bank_holds_of_a_canceled_order_goes_back_once(till: Till, outcome: str) -> None:
    placed = till.a_paid_order((KETTLE, 1))
    dispute = a_dispute(till, placed)
    with till.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="fraud")
    till.drain()
    assert till.rows("SELECT 1 FROM refund") == [], "the bank has taken it already"
    ends(till, dispute, outcome)
    refunds = till.rows("SELECT amount_minor, reason FROM refund")
    back = [(placed.total_minor, "canceled")] if outcome == "won" else []
    assert [tuple(row) for row in refunds] == back
    till.every_truth_holds()
