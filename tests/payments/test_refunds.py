"""Money back: asked for once, carried out once, and believed only from the gateway."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.company import KETTLE
from tests.harness import Harness

from mainstem import orders, payments
from mainstem.console import lists
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.events import Fact
from mainstem.ledger import PARENT
from mainstem.orders import Placed
from mainstem.payments import (
    ChargebackLost,
    ChargebackOpen,
    Gateway,
    GatewayDeclined,
    NothingToRefund,
)
from mainstem.payments.gateway import RefundState

CEDAR = 20000


def ask(
    harness: Harness, placed: Placed, amount: int, lines: tuple[tuple[int, int], ...] = ()
) -> None:
    with harness.database.work() as work:
        payments.request_refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=amount,
            reason="returned",
            lines=lines,
        )


def at_the_gateway(harness: Harness, placed: Placed) -> list[tuple[str, int]]:
    intent = harness.payment(placed).intent_id
    found = harness.stripe.v1.refunds.list({"payment_intent": intent, "limit": 100})
    return sorted((str(refund.status), refund.amount) for refund in found.data)


def pending(harness: Harness) -> int:
    return harness.balances(harness.company.cedar).get((harness.company.cedar, "pending"), 0)


def test_a_double_click_asks_for_one_refund(harness: Harness) -> None:
    placed = harness.a_delivered_order()

    def click(_: int) -> bool:
        try:
            ask(harness, placed, 250000)
        except NothingToRefund:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(click, range(4))) == 1
    harness.drain()
    harness.webhook_events_arrive()
    assert at_the_gateway(harness, placed) == [("succeeded", 250000)]
    assert harness.order(placed).payment_status == "refunded"
    assert pending(harness) == 0
    harness.every_check_passes()


@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_refunds_nothing_twice(harness: Harness, trouble: str) -> None:
    placed = harness.a_delivered_order()
    ask(harness, placed, 125000, ((1, 125000),))
    harness.trigger("faults/order", kind=trouble, method="POST", path="/v1/refunds")
    harness.drain()
    harness.try_again()
    assert at_the_gateway(harness, placed) == [("succeeded", 125000)]
    assert pending(harness) == CEDAR // 2
    harness.every_check_passes()


def test_a_refund_that_fails_later_gives_the_commission_back(harness: Harness) -> None:
    placed = harness.a_delivered_order(card="refund_fails")
    ask(harness, placed, 250000)
    harness.drain()
    harness.webhook_events_arrive()
    [refund] = harness.rows("SELECT provider_id, state FROM refund")
    if refund.state == "succeeded":
        assert pending(harness) == 0
        harness.trigger("refunds/fail", refund=refund.provider_id)
    else:
        harness.trigger("refunds/fail", refund=refund.provider_id)
    harness.webhook_events_arrive()
    assert harness.order(placed).payment_status == "paid"
    assert harness.order(placed).refunded_minor == 0
    assert pending(harness) == CEDAR
    harness.every_check_passes()


def test_a_succeeded_refund_that_comes_back_restores_the_commission(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    ask(harness, placed, 250000)
    harness.drain()
    harness.webhook_events_arrive()
    assert pending(harness) == 0
    [refund] = harness.rows("SELECT provider_id FROM refund")
    harness.trigger("refunds/fail", refund=refund.provider_id)
    harness.webhook_events_arrive()
    assert pending(harness) == CEDAR
    assert [r.kind for r in harness.rows("SELECT kind FROM earning WHERE level = 0 ORDER BY no")] == [
        "credit", "reversal", "restored",
    ]  # fmt: skip
    assert harness.order(placed).payment_status == "paid"
    harness.every_check_passes()


def test_a_pending_refund_takes_nothing_before_it_succeeds(harness: Harness) -> None:
    placed = harness.a_delivered_order(card="refund_pending")
    ask(harness, placed, 250000)
    harness.drain()
    harness.webhook_events_arrive()
    assert pending(harness) == CEDAR
    [refund] = harness.rows("SELECT provider_id FROM refund")
    harness.trigger("refunds/settle", refund=refund.provider_id)
    harness.webhook_events_arrive()
    assert pending(harness) == 0
    harness.every_check_passes()


def test_a_pending_refund_takes_nothing_beside_one_that_has_succeeded(harness: Harness) -> None:
    placed = harness.a_delivered_order(card="refund_pending")
    for _ in range(2):
        ask(harness, placed, 125000)
    harness.drain()
    [first, _] = harness.rows("SELECT provider_id FROM refund ORDER BY id")
    harness.trigger("refunds/settle", refund=first.provider_id)
    harness.webhook_events_arrive()
    assert harness.order(placed).refunded_minor == 125000
    assert pending(harness) == CEDAR // 2
    harness.every_check_passes()


def test_a_refund_made_at_the_gateway_is_adopted(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    intent = harness.payment(placed).intent_id
    harness.stripe.v1.refunds.create({"payment_intent": intent, "amount": 125000})
    harness.webhook_events_arrive()
    harness.webhook_events_arrive()
    assert harness.order(placed).refunded_minor == 125000
    assert pending(harness) == CEDAR // 2
    with pytest.raises(NothingToRefund):
        ask(harness, placed, 125001)
    harness.every_check_passes()


def test_a_refund_that_the_gateway_refuses_may_be_asked_for_again(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    intent = harness.payment(placed).intent_id
    harness.stripe.v1.refunds.create({"payment_intent": intent, "amount": 200000})
    ask(harness, placed, 100000)  # nobody has told us yet
    harness.drain()
    [ours] = harness.rows("SELECT state, error FROM refund WHERE actor <> 'gateway'")
    assert ours.state == "failed"
    harness.webhook_events_arrive()
    ask(harness, placed, 50000)
    harness.drain()
    harness.webhook_events_arrive()
    assert harness.order(placed).refunded_minor == 250000
    assert pending(harness) == 0
    harness.every_check_passes()


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_takes_the_commission_and_gives_it_back_when_won(
    harness: Harness, outcome: str
) -> None:
    placed = harness.a_delivered_order()
    dispute = harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.webhook_events_arrive()
    assert harness.order(placed).payment_status == "disputed"
    assert pending(harness) == 0
    harness.trigger("disputes/close", dispute=dispute["id"], outcome=outcome)
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    assert pending(harness) == (CEDAR if outcome == "won" else 0)
    assert harness.order(placed).payment_status == ("paid" if outcome == "won" else "disputed")
    harness.every_check_passes()


def in_disputes(harness: Harness) -> dict[str, int]:
    """What the books hold in disputes and what they have lost to them: debits above zero."""
    return {
        account: -minor
        for (_, account), minor in harness.balances(PARENT).items()
        if account in ("disputes", "chargeback_losses")
    }


def test_a_lost_dispute_is_a_loss_and_an_asset_no_more(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    dispute = harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.webhook_events_arrive()
    assert in_disputes(harness) == {"disputes": 250000}
    harness.trigger("disputes/close", dispute=dispute["id"], outcome="lost")
    harness.webhook_events_arrive()
    # All of its events once more, the oldest last.
    harness.read(harness.kept[::-1])
    harness.drain()
    assert in_disputes(harness) == {"chargeback_losses": 250000}
    with harness.database.work() as work:
        keys = work.rows("SELECT key FROM ledger_transfer WHERE key LIKE 'dispute_lost:%%'")
        assert len(keys) == 1
        assert work.value("SELECT count(*) FROM fact WHERE name = 'order.disputed'") == 1
    harness.every_check_passes()


def test_a_dispute_that_is_first_heard_of_when_it_is_lost_is_booked_the_same(
    harness: Harness,
) -> None:
    placed = harness.a_delivered_order()
    dispute = harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.trigger("disputes/close", dispute=dispute["id"], outcome="lost")
    harness.webhook_events_arrive()
    assert in_disputes(harness) == {"chargeback_losses": 250000}
    assert pending(harness) == 0
    harness.every_check_passes()


@pytest.mark.parametrize("minor", [250000, 1000])
def test_what_is_reinstated_after_a_lost_dispute_is_a_loss_no_more(
    harness: Harness, minor: int
) -> None:
    placed = harness.a_delivered_order()
    charge = harness.payment(placed).charge_id
    dispute = harness.trigger("disputes/open", charge=charge, amount=minor)
    harness.trigger("disputes/close", dispute=dispute["id"], outcome="lost")
    harness.webhook_events_arrive()
    assert in_disputes(harness) == {"chargeback_losses": minor}
    with harness.database.work() as work:
        # The gateway's own people overturn it: nothing is held any more, and the fee is given again.
        work.run(
            """UPDATE dispute SET status = 'won', withdrawn_minor = 0, fee_minor = 0,
                      movements = movements + 1"""
        )
        for _ in range(2):
            orders.record_dispute(work, [(placed.home_id, placed.order_id)])
    harness.drain()
    assert in_disputes(harness) == {}
    assert pending(harness) == CEDAR
    assert harness.order(placed).payment_status == "paid"
    harness.every_check_passes()


def test_disputes_that_were_lost_before_losses_were_booked_are_booked_by_the_hour(
    harness: Harness,
) -> None:
    placed = harness.a_delivered_order()
    dispute = harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.webhook_events_arrive()
    with harness.database.work() as work:
        # As an earlier release left it.
        work.run("UPDATE dispute SET status = 'lost' WHERE provider_id = %(id)s", id=dispute["id"])
        assert [orders.book_lost_disputes(work), orders.book_lost_disputes(work)] == [1, 0]
    assert in_disputes(harness) == {"chargeback_losses": 250000}
    harness.every_check_passes()


def test_a_refund_and_a_dispute_of_one_charge_take_back_no_more_than_the_charge(
    harness: Harness,
) -> None:
    placed = harness.a_delivered_order()
    ask(harness, placed, 125000, ((1, 125000),))
    harness.drain()
    harness.webhook_events_arrive()
    harness.trigger("disputes/open", charge=harness.payment(placed).charge_id, amount=250000)
    harness.webhook_events_arrive()
    taken = harness.rows("SELECT sum(amount_minor)::int AS net FROM earning WHERE level = 0")
    assert taken[0].net == 0
    assert pending(harness) == 0
    harness.every_check_passes()


@pytest.mark.parametrize("taken", [250000, 1000])
def test_while_a_chargeback_is_open_or_lost_nothing_is_refunded(
    harness: Harness, taken: int
) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    charge = harness.payment(placed).charge_id
    dispute = harness.trigger("disputes/open", charge=charge, amount=taken)
    harness.webhook_events_arrive()

    def refund() -> None:
        with harness.database.work() as work:
            orders.refund(
                work,
                placed.home_id,
                placed.order_id,
                amount_minor=125000,
                reason="returned",
                lines=[(1, 125000)],
            )

    with pytest.raises(ChargebackOpen):
        refund()
    if taken == 1000:
        with pytest.raises(ChargebackOpen), harness.database.work() as work:
            orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    harness.trigger("disputes/close", dispute=dispute["id"], outcome="lost")
    harness.webhook_events_arrive()
    with pytest.raises(ChargebackLost):
        refund()
    assert harness.rows("SELECT 1 FROM refund WHERE reason = 'returned'") == []
    harness.every_check_passes()


def test_after_a_won_chargeback_refunds_are_possible_again(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    charge = harness.payment(placed).charge_id
    dispute = harness.trigger("disputes/open", charge=charge, amount=1000)
    harness.webhook_events_arrive()
    with pytest.raises(ChargebackOpen):
        ask(harness, placed, 1000)
    harness.trigger("disputes/close", dispute=dispute["id"], outcome="won")
    harness.webhook_events_arrive()
    ask(harness, placed, 250000)
    harness.drain()
    harness.webhook_events_arrive()
    assert harness.order(placed).payment_status == "refunded"
    harness.every_check_passes()


def test_a_failed_refund_is_not_owed_once_the_bank_has_taken_the_money(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
    )
    ask(harness, placed, 200000)
    harness.drain()
    with harness.database.work() as work:
        assert len(lists.owed_back(work).rows) == 1
    harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.webhook_events_arrive()
    with harness.database.work() as work:
        assert lists.owed_back(work).rows == []
    harness.every_check_passes()


@pytest.mark.parametrize(
    ("card", "facts"),
    [
        ("success", ["refund.requested", "refund.succeeded"]),
        ("refund_pending", ["refund.requested", "refund.submitted"]),
        ("refund_fails", ["refund.requested", "refund.failed"]),
    ],
)
def test_facts_name_the_state_that_a_refund_is_really_in(
    harness: Harness, card: str, facts: list[str]
) -> None:
    placed = harness.a_delivered_order(card=card)
    if card == "refund_fails":
        harness.trigger(
            "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
        )
    ask(harness, placed, 125000)
    names = (
        "SELECT name FROM fact WHERE name LIKE 'refund.%%' OR name = 'payment.refunded' ORDER BY id"
    )
    assert [row.name for row in harness.rows(names)] == ["refund.requested"], (
        "nothing has gone back yet"
    )
    harness.drain()
    harness.webhook_events_arrive()
    assert [row.name for row in harness.rows(names)] == facts


# ---------------------------------------------------------------- tried again


def try_again(harness: Harness) -> None:
    [failed] = harness.rows("SELECT home_id, id FROM refund WHERE state = 'failed'")
    with harness.database.work() as work:
        payments.retry_refund(work, failed.home_id, failed.id)
    harness.drain()


def refused_by_the_gateway(harness: Harness) -> Placed:
    """The parent's balance was empty, so that the gateway said no to the refund."""
    placed = harness.a_delivered_order()
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
    )
    ask(harness, placed, 125000, ((1, 125000),))
    harness.drain()
    return placed


def test_a_refund_that_the_gateway_refused_is_tried_again_by_a_new_request(
    harness: Harness,
) -> None:
    placed = refused_by_the_gateway(harness)
    assert at_the_gateway(harness, placed) == []
    assert pending(harness) == CEDAR
    try_again(harness)
    harness.webhook_events_arrive()
    [refund] = harness.rows("SELECT state, error, lines FROM refund")
    assert (refund.state, refund.error) == ("succeeded", None)
    assert [row.key.rsplit(":", 1)[1] for row in harness.rows(
        "SELECT key FROM operation WHERE kind = 'refund' ORDER BY attempt")] == ["1", "2"]  # fmt: skip
    assert at_the_gateway(harness, placed) == [("succeeded", 125000)]
    assert pending(harness) == CEDAR // 2
    harness.every_check_passes()


class ToldLate(Gateway):
    """The gateway, to a sender whose lease has run out before it hears of a no."""

    def __init__(self, harness: Harness, meanwhile: Callable[[], None]) -> None:
        super().__init__("sk_test_embedded_harness", api_base=harness.gateways.url, retries=0)
        self._meanwhile = meanwhile

    def create_refund(self, request: dict[str, Any], key: str) -> RefundState:
        try:
            return super().create_refund(request, key)
        except GatewayDeclined:
            self._meanwhile()
            raise


def test_a_refusal_that_is_heard_of_late_does_not_stop_the_next_try(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    for _ in range(2):
        harness.trigger(
            "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
        )
    ask(harness, placed, 125000, ((1, 125000),))
    [row] = harness.rows("SELECT * FROM fact WHERE name = 'refund.requested'")
    fact = Fact(row.id, row.home_id, row.name, row.subject)

    def another_sender_and_staff() -> None:
        payments.send_refund(harness.database, fact)
        [failed] = harness.rows("SELECT id FROM refund WHERE state = 'failed'")
        with harness.database.work() as work:
            payments.retry_refund(work, row.home_id, failed.id)

    late = ToldLate(harness, another_sender_and_staff)
    slow = Database(
        harness.database.url,
        clock=harness.clock,
        tools=replace(harness.database.tools, gateway=late),
    )
    payments.send_refund(slow, fact)
    slow.close()
    harness.drain()
    assert [refund.state for refund in harness.rows("SELECT state FROM refund")] == ["succeeded"]
    assert at_the_gateway(harness, placed) == [("succeeded", 125000)]
    assert len(harness.rows("SELECT 1 FROM fact WHERE name = 'refund.failed'")) == 1
    harness.every_check_passes()


@pytest.mark.parametrize("trouble", ["drop_before", "drop_after", "http_after", "sticky_http"])
def test_the_second_try_whose_answer_is_lost_refunds_nothing_twice(
    harness: Harness, trouble: str
) -> None:
    placed = harness.a_delivered_order(card="refund_pending")
    ask(harness, placed, 125000, ((1, 125000),))
    harness.drain()
    [first] = harness.rows("SELECT provider_id FROM refund")
    harness.trigger("refunds/fail", refund=first.provider_id)
    harness.webhook_events_arrive()
    [refund] = harness.rows("SELECT state, error FROM refund")
    assert (refund.state, refund.error) == ("failed", "expired_or_canceled_card")
    harness.trigger("faults/order", kind=trouble, method="POST", path="/v1/refunds")
    try_again(harness)
    harness.try_again()
    [second] = harness.rows("SELECT state, provider_id FROM refund")
    assert second.provider_id != first.provider_id
    harness.read(harness.kept)  # a late word about the first try
    harness.drain()
    harness.trigger("refunds/settle", refund=second.provider_id)
    harness.webhook_events_arrive()
    assert harness.rows("SELECT state FROM refund")[0].state == "succeeded"
    assert at_the_gateway(harness, placed) == [("failed", 125000), ("succeeded", 125000)]
    assert pending(harness) == CEDAR // 2
    harness.every_check_passes()


def test_a_refund_that_succeeded_and_came_back_is_followed_by_another(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    ask(harness, placed, 125000, ((1, 125000),))
    harness.drain()
    harness.webhook_events_arrive()
    [first] = harness.rows("SELECT provider_id FROM refund")
    harness.trigger("refunds/fail", refund=first.provider_id)
    harness.webhook_events_arrive()
    assert pending(harness) == CEDAR
    try_again(harness)
    harness.webhook_events_arrive()
    harness.read(harness.kept)
    harness.drain()
    rows = harness.rows("SELECT state, lines, reason FROM refund ORDER BY requested_at, id")
    assert [row.state for row in rows] == ["canceled", "succeeded"]
    assert (rows[0].lines, rows[0].reason) == (rows[1].lines, rows[1].reason)
    assert harness.order(placed).refunded_minor == 125000
    assert pending(harness) == CEDAR // 2
    harness.every_check_passes()


def test_what_others_have_given_back_is_not_tried_again(harness: Harness) -> None:
    placed = refused_by_the_gateway(harness)
    ask(harness, placed, 250000)
    harness.drain()
    with pytest.raises(NothingToRefund):
        try_again(harness)
    assert at_the_gateway(harness, placed) == [("succeeded", 250000)]
    harness.every_check_passes()


def test_only_a_refund_that_failed_is_tried_again(harness: Harness) -> None:
    placed = harness.a_delivered_order()
    ask(harness, placed, 125000)
    [refund] = harness.rows("SELECT home_id, id FROM refund")
    for _ in range(2):
        with harness.database.work() as work, pytest.raises(InvalidTransition):
            payments.retry_refund(work, refund.home_id, refund.id)
        harness.drain()
    assert at_the_gateway(harness, placed) == [("succeeded", 125000)]


def test_an_order_that_is_canceled_after_payment_is_paid_back_also_at_the_second_try(
    harness: Harness,
) -> None:
    placed = harness.a_paid_order()
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
    )
    with harness.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="Moved")
    harness.drain()
    assert harness.order(placed).refunded_minor == 0
    try_again(harness)
    harness.webhook_events_arrive()
    assert at_the_gateway(harness, placed) == [("succeeded", 250000)]
    order = harness.order(placed)
    assert (order.state, order.payment_status) == ("canceled", "refunded")
    harness.every_check_passes()
