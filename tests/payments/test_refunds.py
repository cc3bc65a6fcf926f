"""Money back: asked for once, carried out once, and believed only from the gateway."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.till import Till

from mainstem import payments
from mainstem.orders import Placed
from mainstem.payments import NothingToRefund

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
