"""A payment is disputed before the goods have left: they stay until the bank has decided."""

from __future__ import annotations

from typing import Any

import pytest
from tests.company import INSTALLATION, KETTLE, SKILLET, a_paid_order
from tests.harness import Harness

from mainstem import orders, payments
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.work import Actor
from mainstem.orders import Placed
from mainstem.payments import webhook_events
from mainstem_fulfillment import routing, shipments

PER = Actor("staff", "7")


def a_dispute(harness: Harness, placed: Placed, **given: Any) -> str:
    opened = harness.trigger("disputes/open", charge=harness.payment(placed).charge_id, **given)
    harness.webhook_events_arrive()
    return str(opened["id"])


def ends(harness: Harness, dispute: str, outcome: str) -> None:
    harness.trigger("disputes/close", dispute=dispute, outcome=outcome)
    harness.webhook_events_arrive()
    # Every webhook event once more, in the end: what has been decided stands.
    harness.read(harness.kept)
    harness.drain()


def states(harness: Harness, placed: Placed) -> list[tuple[int, str, str | None]]:
    return [
        tuple(row)
        for row in harness.rows(
            "SELECT no, state, parked_for FROM fulfilment WHERE order_id = %(id)s ORDER BY no",
            id=placed.order_id,
        )
    ]


def promised(harness: Harness) -> int:
    return int(harness.rows("SELECT sum(reserved)::int AS pieces FROM stock_level")[0].pieces)


def steps(harness: Harness, placed: Placed, *names: str) -> None:
    key = (placed.home_id, placed.order_id, 1)
    with harness.database.work(PER) as work:
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
    harness: Harness, done: tuple[str, ...], state: str, next_step: str
) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    steps(harness, placed, *done)
    assert states(harness, placed) == [(1, state, None)]
    dispute = a_dispute(harness, placed)
    assert states(harness, placed) == [(1, "parked", "dispute")]
    assert promised(harness) == 2, "they are still the client's"
    with pytest.raises(InvalidTransition, match="is parked"):
        steps(harness, placed, next_step)
    ends(harness, dispute, "won")
    assert states(harness, placed) == [(1, state, None)]
    steps(harness, placed, next_step)
    harness.every_check_passes()
    facts = harness.rows(
        "SELECT name FROM fact WHERE name IN ('fulfilment.parked', 'fulfilment.resumed')"
    )
    assert [row.name for row in facts] == ["fulfilment.parked", "fulfilment.resumed"]


def test_a_lost_dispute_cancels_the_order_and_frees_its_goods(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    ends(harness, a_dispute(harness, placed), "lost")
    order = harness.order(placed)
    assert (order.state, order.fulfillment_status) == ("canceled", "canceled")
    assert (states(harness, placed), promised(harness)) == ([(1, "canceled", None)], 0)
    assert harness.rows("SELECT 1 FROM refund") == [], (
        "the bank has given the client the money back"
    )
    harness.every_check_passes()


def test_what_a_lost_dispute_left_of_the_payment_is_owed_and_seen(harness: Harness) -> None:
    """The gateway refunds nothing of a charge that was charged back, so people have to."""
    placed = harness.a_paid_order((KETTLE, 2))
    ends(harness, a_dispute(harness, placed, amount=100000), "lost")
    assert harness.order(placed).state == "canceled"
    [refund] = harness.rows("SELECT amount_minor, reason, state, error FROM refund")
    assert (refund.amount_minor, refund.reason) == (placed.total_minor - 100000, "dispute_lost")
    assert (refund.state, refund.error.partition(":")[0]) == ("failed", "charge_disputed")
    assert len(harness.rows("SELECT 1 FROM fact WHERE name = 'refund.failed'")) == 1
    harness.every_check_passes()


def test_an_older_look_does_not_open_a_lost_dispute_again(harness: Harness) -> None:
    """Two webhook events applied side by side: the one that looked first is the last to write."""
    placed = harness.a_paid_order((KETTLE, 2))
    dispute = a_dispute(harness, placed)
    older = harness.gateway.dispute(dispute)
    ends(harness, dispute, "lost")
    assert harness.gateway.dispute(dispute).movements == older.movements, "the money went before"
    webhook_events.record_dispute(harness.database, older)
    harness.drain()
    [row] = harness.rows("SELECT status FROM dispute")
    assert row.status == "lost"
    harness.every_check_passes()


def test_of_an_order_that_has_begun_to_leave_only_the_rest_is_canceled(harness: Harness) -> None:
    with harness.database.work() as work:
        # Neither place has both: the order is of two parcels.
        work.run(
            """UPDATE stock_level SET on_hand = 0 WHERE (variant_id, location_id) IN (
                 SELECT v.id, CASE v.sku WHEN 'KETTLE-1' THEN %(north)s ELSE %(south)s END
                   FROM variant v WHERE sku IN ('KETTLE-1', 'SKILLET-1'))""",
            north=harness.company.malmo,
            south=harness.company.stockholm,
        )
    placed = harness.a_paid_order((KETTLE, 1), (SKILLET, 1))
    steps(harness, placed, "start_pick", "pick", "pack", "hand_over")
    ends(harness, a_dispute(harness, placed), "lost")
    assert states(harness, placed) == [(1, "shipped", None), (2, "canceled", None)]
    order = harness.order(placed)
    assert (order.state, order.fulfillment_status, promised(harness)) == ("placed", "shipped", 0)
    lines = harness.rows("SELECT canceled, shipped FROM order_line ORDER BY line_no")
    assert [tuple(row) for row in lines] == [(0, 1), (1, 0)]
    harness.every_check_passes()


def test_an_order_that_is_disputed_before_it_is_routed_is_parked_at_once(harness: Harness) -> None:
    with harness.database.work() as work:
        placed = a_paid_order(work, harness.company.shop, (KETTLE, 1), (INSTALLATION, 1))
        work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency,
                                    amount_minor, opened_at)
               VALUES (%(home)s, %(id)s, %(id)s, 'dp_early', 'warning_needs_response', 'SEK', 0, %(now)s)""",
            home=placed.home_id,
            id=placed.order_id,
            now=work.now(),
        )
        routing.route(work, [(placed.home_id, placed.order_id)])
    assert states(harness, placed) == [(1, "parked", "dispute")]


def test_a_parked_order_that_is_canceled_by_hand_is_off_the_desk(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 1))
    dispute = a_dispute(harness, placed, inquiry=True)
    assert states(harness, placed) == [(1, "parked", "dispute")]
    with harness.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="fraud")
    harness.drain()
    assert states(harness, placed) == [(1, "canceled", None)]
    ends(harness, dispute, "won")
    assert states(harness, placed) == [(1, "canceled", None)], "it does not come back"


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_what_the_bank_holds_of_a_canceled_order_goes_back_once(
    harness: Harness, outcome: str
) -> None:
    placed = harness.a_paid_order((KETTLE, 1))
    dispute = a_dispute(harness, placed)
    with harness.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="fraud")
    harness.drain()
    assert harness.rows("SELECT 1 FROM refund") == [], "the bank has taken it already"
    ends(harness, dispute, outcome)
    refunds = harness.rows("SELECT amount_minor, reason FROM refund")
    back = [(placed.total_minor, "canceled")] if outcome == "won" else []
    assert [tuple(row) for row in refunds] == back
    harness.every_check_passes()


def test_a_refund_that_came_back_goes_with_the_rest_once_the_dispute_is_won(
    harness: Harness,
) -> None:
    placed = harness.a_paid_order((KETTLE, 1))
    dispute = a_dispute(harness, placed, inquiry=True)
    with harness.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="fraud")
    harness.drain()
    [refund] = harness.rows("SELECT id, provider_id FROM refund")
    harness.trigger("refunds/fail", refund=refund.provider_id)
    harness.webhook_events_arrive()
    ends(harness, dispute, "won")
    refunds = harness.rows("SELECT amount_minor, state FROM refund ORDER BY id")
    total = placed.total_minor
    assert [tuple(row) for row in refunds] == [(total, "failed"), (total, "succeeded")]
    with harness.database.work() as work, pytest.raises(payments.NothingToRefund):
        payments.retry_refund(work, placed.home_id, refund.id)
    harness.every_check_passes()
