"""Money back: asked for once, carried out once, and believed only from the gateway."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.till import Till

from mainstem import orders, payments
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.events import Fact
from mainstem.money import Money
from mainstem.orders import Placed
from mainstem.payments import Gateway, GatewayDeclined, NothingToRefund, TakenByDispute
from mainstem.payments.gateway import RefundState
from mainstem.web.console import lists

CEDAR = 20000


def ask(till: Till, placed: Placed, amount: int, lines: tuple[tuple[int, int], ...] = ()) -> None:
    with till.database.work() as work:
        payments.request_refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=amount,
            reason="returned",
            lines=lines,
        )


def at_the_gateway(till: Till, placed: Placed) -> list[tuple[str, int]]:
    intent = till.payment(placed).intent_id
    found = till.stripe.v1.refunds.list({"payment_intent": intent, "limit": 100})
    return sorted((str(refund.status), refund.amount) for refund in found.data)


def pending(till: Till) -> int:
    return till.balances(till.company.cedar).get((till.company.cedar, "pending"), 0)


def test_a_double_click_asks_for_one_refund(till: Till) -> None:
    placed = till.a_delivered_order()

    def click(_: int) -> bool:
        try:
            ask(till, placed, 250000)
        except NothingToRefund:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(click, range(4))) == 1
    till.drain()
    till.letters_arrive()
    assert at_the_gateway(till, placed) == [("succeeded", 250000)]
    assert till.order(placed).payment_status == "refunded"
    assert pending(till) == 0
    till.every_truth_holds()


@pytest.mark.parametrize(
    "trouble", ["drop_before", "drop_after", "http_before", "http_after", "sticky_http"]
)
def test_an_answer_that_is_lost_refunds_nothing_twice(till: Till, trouble: str) -> None:
    placed = till.a_delivered_order()
    ask(till, placed, 125000, ((1, 125000),))
    till.pull("faults/order", kind=trouble, method="POST", path="/v1/refunds")
    till.drain()
    till.try_again()
    assert at_the_gateway(till, placed) == [("succeeded", 125000)]
    assert pending(till) == CEDAR // 2
    till.every_truth_holds()


def test_a_refund_that_fails_later_gives_the_commission_back(till: Till) -> None:
    placed = till.a_delivered_order(card="refund_fails")
    ask(till, placed, 250000)
    till.drain()
    till.letters_arrive()
    [refund] = till.rows("SELECT provider_id, state FROM refund")
    if refund.state == "succeeded":
        assert pending(till) == 0
        till.pull("refunds/fail", refund=refund.provider_id)
    else:
        till.pull("refunds/fail", refund=refund.provider_id)
    till.letters_arrive()
    assert till.order(placed).payment_status == "paid"
    assert till.order(placed).refunded_minor == 0
    assert pending(till) == CEDAR
    till.every_truth_holds()


def test_a_succeeded_refund_that_comes_back_restores_the_commission(till: Till) -> None:
    placed = till.a_delivered_order()
    ask(till, placed, 250000)
    till.drain()
    till.letters_arrive()
    assert pending(till) == 0
    [refund] = till.rows("SELECT provider_id FROM refund")
    till.pull("refunds/fail", refund=refund.provider_id)
    till.letters_arrive()
    assert pending(till) == CEDAR
    assert [r.kind for r in till.rows("SELECT kind FROM commission WHERE level = 0 ORDER BY no")] == [
        "credit", "reversal", "restored",
    ]  # fmt: skip
    assert till.order(placed).payment_status == "paid"
    till.every_truth_holds()


def test_a_pending_refund_takes_nothing_before_it_succeeds(till: Till) -> None:
    placed = till.a_delivered_order(card="refund_pending")
    ask(till, placed, 250000)
    till.drain()
    till.letters_arrive()
    assert pending(till) == CEDAR
    [refund] = till.rows("SELECT provider_id FROM refund")
    till.pull("refunds/settle", refund=refund.provider_id)
    till.letters_arrive()
    assert pending(till) == 0
    till.every_truth_holds()


def test_a_refund_made_at_the_gateway_is_adopted(till: Till) -> None:
    placed = till.a_delivered_order()
    intent = till.payment(placed).intent_id
    till.stripe.v1.refunds.create({"payment_intent": intent, "amount": 125000})
    till.letters_arrive()
    till.letters_arrive()
    assert till.order(placed).refunded_minor == 125000
    assert pending(till) == CEDAR // 2
    with pytest.raises(NothingToRefund):
        ask(till, placed, 125001)
    till.every_truth_holds()


def test_a_refund_that_the_gateway_refuses_may_be_asked_for_again(till: Till) -> None:
    placed = till.a_delivered_order()
    intent = till.payment(placed).intent_id
    till.stripe.v1.refunds.create({"payment_intent": intent, "amount": 200000})
    ask(till, placed, 100000)  # nobody has told us yet
    till.drain()
    [ours] = till.rows("SELECT state, error FROM refund WHERE actor <> 'gateway'")
    assert ours.state == "failed"
    till.letters_arrive()
    ask(till, placed, 50000)
    till.drain()
    till.letters_arrive()
    assert till.order(placed).refunded_minor == 250000
    assert pending(till) == 0
    till.every_truth_holds()


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_takes_the_commission_and_gives_it_back_when_won(
    till: Till, outcome: str
) -> None:
    placed = till.a_delivered_order()
    dispute = till.pull("disputes/open", charge=till.payment(placed).charge_id)
    till.letters_arrive()
    assert till.order(placed).payment_status == "disputed"
    assert pending(till) == 0
    till.pull("disputes/close", dispute=dispute["id"], outcome=outcome)
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    assert pending(till) == (CEDAR if outcome == "won" else 0)
    assert till.order(placed).payment_status == ("paid" if outcome == "won" else "disputed")
    till.every_truth_holds()


def test_a_refund_and_a_dispute_of_one_charge_take_back_no_more_than_the_charge(till: Till) -> None:
    placed = till.a_delivered_order()
    ask(till, placed, 125000, ((1, 125000),))
    till.drain()
    till.letters_arrive()
    till.pull("disputes/open", charge=till.payment(placed).charge_id, amount=250000)
    till.letters_arrive()
    taken = till.rows("SELECT sum(amount_minor)::int AS net FROM commission WHERE level = 0")
    assert taken[0].net == 0
    assert pending(till) == 0
    till.every_truth_holds()


@pytest.mark.parametrize(("taken", "left"), [(250000, 0), (100000, 150000)])
def test_what_a_dispute_has_taken_is_refused_up_front_with_what_is_left(
    till: Till, taken: int, left: int
) -> None:
    placed = till.a_delivered_order()
    till.pull("disputes/open", charge=till.payment(placed).charge_id, amount=taken)
    till.letters_arrive()
    with pytest.raises(TakenByDispute) as refused:
        ask(till, placed, left + 1)
    assert refused.value.facts == {
        "asked": Money(left + 1, "SEK"),
        "left": Money(left, "SEK"),
        "taken": Money(taken, "SEK"),
    }
    assert till.rows("SELECT 1 FROM refund") == []
    if left:
        ask(till, placed, left)


def test_a_failed_refund_is_not_owed_once_the_bank_has_taken_the_money(till: Till) -> None:
    placed = till.a_delivered_order()
    till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    ask(till, placed, 200000)
    till.drain()
    with till.database.work() as work:
        assert len(lists.owed_back(work).rows) == 1
    till.pull("disputes/open", charge=till.payment(placed).charge_id)
    till.letters_arrive()
    with till.database.work() as work:
        assert lists.owed_back(work).rows == []
    till.every_truth_holds()


@pytest.mark.parametrize(
    ("card", "facts"),
    [
        ("success", ["refund.requested", "refund.succeeded"]),
        ("refund_pending", ["refund.requested", "refund.submitted"]),
        ("refund_fails", ["refund.requested", "refund.failed"]),
    ],
)
def test_facts_name_the_state_that_a_refund_is_really_in(
    till: Till, card: str, facts: list[str]
) -> None:
    placed = till.a_delivered_order(card=card)
    if card == "refund_fails":
        till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    ask(till, placed, 125000)
    names = (
        "SELECT name FROM fact WHERE name LIKE 'refund.%%' OR name = 'payment.refunded' ORDER BY id"
    )
    assert [row.name for row in till.rows(names)] == ["refund.requested"], (
        "nothing has gone back yet"
    )
    till.drain()
    till.letters_arrive()
    assert [row.name for row in till.rows(names)] == facts


# ---------------------------------------------------------------- tried again


def try_again(till: Till) -> None:
    [failed] = till.rows("SELECT home_id, id FROM refund WHERE state = 'failed'")
    with till.database.work() as work:
        payments.retry_refund(work, failed.home_id, failed.id)
    till.drain()


def refused_by_the_gateway(till: Till) -> Placed:
    """The parent's balance was empty, so that the gateway said no to the refund."""
    placed = till.a_delivered_order()
    till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    ask(till, placed, 125000, ((1, 125000),))
    till.drain()
    return placed


def test_a_refund_that_the_gateway_refused_is_tried_again_by_a_new_request(till: Till) -> None:
    placed = refused_by_the_gateway(till)
    assert at_the_gateway(till, placed) == []
    assert pending(till) == CEDAR
    try_again(till)
    till.letters_arrive()
    [refund] = till.rows("SELECT state, error, lines FROM refund")
    assert (refund.state, refund.error) == ("succeeded", None)
    assert [row.key.rsplit(":", 1)[1] for row in till.rows(
        "SELECT key FROM operation WHERE kind = 'refund' ORDER BY attempt")] == ["1", "2"]  # fmt: skip
    assert at_the_gateway(till, placed) == [("succeeded", 125000)]
    assert pending(till) == CEDAR // 2
    till.every_truth_holds()


class ToldLate(Gateway):
    """The gateway, to a sender whose lease has run out before it hears of a no."""

    def __init__(self, till: Till, meanwhile: Callable[[], None]) -> None:
        super().__init__("sk_test_embedded_till", api_base=till.gateways.url, retries=0)
        self._meanwhile = meanwhile

    def create_refund(self, request: dict[str, Any], key: str) -> RefundState:
        try:
            return super().create_refund(request, key)
        except GatewayDeclined:
            self._meanwhile()
            raise


def test_a_refusal_that_is_heard_of_late_does_not_stop_the_next_try(till: Till) -> None:
    placed = till.a_delivered_order()
    for _ in range(2):
        till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    ask(till, placed, 125000, ((1, 125000),))
    [row] = till.rows("SELECT * FROM fact WHERE name = 'refund.requested'")
    fact = Fact(row.id, row.home_id, row.name, row.subject)

    def another_sender_and_staff() -> None:
        payments.send_refund(till.database, fact)
        [failed] = till.rows("SELECT id FROM refund WHERE state = 'failed'")
        with till.database.work() as work:
            payments.retry_refund(work, row.home_id, failed.id)

    late = ToldLate(till, another_sender_and_staff)
    slow = Database(
        till.database.url, clock=till.clock, tools=replace(till.database.tools, gateway=late)
    )
    payments.send_refund(slow, fact)
    slow.close()
    till.drain()
    assert [refund.state for refund in till.rows("SELECT state FROM refund")] == ["succeeded"]
    assert at_the_gateway(till, placed) == [("succeeded", 125000)]
    assert len(till.rows("SELECT 1 FROM fact WHERE name = 'refund.failed'")) == 1
    till.every_truth_holds()


@pytest.mark.parametrize("trouble", ["drop_before", "drop_after", "http_after", "sticky_http"])
def test_the_second_try_whose_answer_is_lost_refunds_nothing_twice(
    till: Till, trouble: str
) -> None:
    placed = till.a_delivered_order(card="refund_pending")
    ask(till, placed, 125000, ((1, 125000),))
    till.drain()
    [first] = till.rows("SELECT provider_id FROM refund")
    till.pull("refunds/fail", refund=first.provider_id)
    till.letters_arrive()
    [refund] = till.rows("SELECT state, error FROM refund")
    assert (refund.state, refund.error) == ("failed", "expired_or_canceled_card")
    till.pull("faults/order", kind=trouble, method="POST", path="/v1/refunds")
    try_again(till)
    till.try_again()
    [second] = till.rows("SELECT state, provider_id FROM refund")
    assert second.provider_id != first.provider_id
    till.read(till.kept)  # a late word about the first try
    till.drain()
    till.pull("refunds/settle", refund=second.provider_id)
    till.letters_arrive()
    assert till.rows("SELECT state FROM refund")[0].state == "succeeded"
    assert at_the_gateway(till, placed) == [("failed", 125000), ("succeeded", 125000)]
    assert pending(till) == CEDAR // 2
    till.every_truth_holds()


def test_a_refund_that_succeeded_and_came_back_is_followed_by_another(till: Till) -> None:
    placed = till.a_delivered_order()
    ask(till, placed, 125000, ((1, 125000),))
    till.drain()
    till.letters_arrive()
    [first] = till.rows("SELECT provider_id FROM refund")
    till.pull("refunds/fail", refund=first.provider_id)
    till.letters_arrive()
    assert pending(till) == CEDAR
    try_again(till)
    till.letters_arrive()
    till.read(till.kept)
    till.drain()
    rows = till.rows("SELECT state, lines, reason FROM refund ORDER BY requested_at, id")
    assert [row.state for row in rows] == ["canceled", "succeeded"]
    assert (rows[0].lines, rows[0].reason) == (rows[1].lines, rows[1].reason)
    assert till.order(placed).refunded_minor == 125000
    assert pending(till) == CEDAR // 2
    till.every_truth_holds()


def test_what_others_have_given_back_is_not_tried_again(till: Till) -> None:
    placed = refused_by_the_gateway(till)
    ask(till, placed, 250000)
    till.drain()
    with pytest.raises(NothingToRefund):
        try_again(till)
    assert at_the_gateway(till, placed) == [("succeeded", 250000)]
    till.every_truth_holds()


def test_only_a_refund_that_failed_is_tried_again(till: Till) -> None:
    placed = till.a_delivered_order()
    ask(till, placed, 125000)
    [refund] = till.rows("SELECT home_id, id FROM refund")
    for _ in range(2):
        with till.database.work() as work, pytest.raises(InvalidTransition):
            payments.retry_refund(work, refund.home_id, refund.id)
        till.drain()
    assert at_the_gateway(till, placed) == [("succeeded", 125000)]


def test_an_order_that_is_canceled_after_payment_is_paid_back_also_at_the_second_try(
    till: Till,
) -> None:
    placed = till.a_paid_order()
    till.pull("faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402)
    with till.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="Moved")
    till.drain()
    assert till.order(placed).refunded_minor == 0
    try_again(till)
    till.letters_arrive()
    assert at_the_gateway(till, placed) == [("succeeded", 250000)]
    order = till.order(placed)
    assert (order.state, order.payment_status) == ("canceled", "refunded")
    till.every_truth_holds()
