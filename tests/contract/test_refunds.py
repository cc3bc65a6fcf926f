"""Money back to the client: whole, in parts, too much, slowly, and returned by the bank."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe_receiver import Receiver
from stripe_suite import Payment, whole


def test_a_full_refund_takes_the_whole_charge_back(
    client: stripe.StripeClient, pay: Callable[..., Payment]
) -> None:
    paid = pay(3000)
    refund = client.v1.refunds.create(
        {
            "payment_intent": paid.intent.id,
            "reason": "requested_by_customer",
            "metadata": {"order": "1001"},
            "expand": ["balance_transaction"],
        }
    )
    assert (refund.amount, refund.status, refund.charge) == (3000, "succeeded", paid.charge.id)
    txn: Any = refund.balance_transaction
    assert (txn.amount, txn.fee, txn.type) == (-3000, 0, "refund")
    assert txn.reporting_category == "refund"
    charge = client.v1.charges.retrieve(paid.charge.id, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (3000, True)
    assert charge.refunds and [r.id for r in charge.refunds.data] == [refund.id]
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create({"charge": paid.charge.id})
    assert again.value.code == "charge_already_refunded"


def test_parts_add_up_and_no_more_than_the_charge_goes_back(
    client: stripe.StripeClient, pay: Callable[..., Payment]
) -> None:
    paid = pay(3000)
    parts = [
        client.v1.refunds.create({"charge": paid.charge.id, "amount": amount}).id
        for amount in (1000, 500)
    ]
    charge = client.v1.charges.retrieve(paid.charge.id)
    assert (charge.amount_refunded, charge.refunded) == (1500, False)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": paid.charge.id, "amount": 1501})
    assert refused.value.param == "amount"
    rest = client.v1.refunds.create({"charge": paid.charge.id})
    assert rest.amount == 1500
    listed = client.v1.refunds.list({"payment_intent": paid.intent.id})
    assert [r.id for r in listed.data] == [rest.id, *reversed(parts)]


def test_nothing_is_refunded_of_a_payment_that_never_was(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": "pi_3doesnotexist"})
    assert (refused.value.code, refused.value.http_status) == ("resource_missing", 404)


@pytest.mark.embedded
def test_a_refund_tells_what_happened(
    client: stripe.StripeClient, pay: Callable[..., Payment], receiver: Receiver
) -> None:
    paid = pay(3000)
    refund = client.v1.refunds.create({"charge": paid.charge.id, "amount": 1000})
    receiver.wait_for(
        lambda e: e["type"] == "refund.created" and e["data"]["object"]["id"] == refund.id
    )
    told = receiver.wait_for(
        lambda e: e["type"] == "charge.refunded" and e["data"]["object"]["id"] == paid.charge.id
    )
    assert told[0].event["data"]["previous_attributes"] == {"amount_refunded": 0}


@pytest.mark.embedded
def test_a_slow_refund_books_its_money_when_it_goes_through(
    client: stripe.StripeClient,
    pay: Callable[..., Payment],
    trigger: Callable[..., dict[str, Any]],
    receiver: Receiver,
) -> None:
    paid = pay(3000, card="refund_pending")
    refund = client.v1.refunds.create({"charge": paid.charge.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert refund.balance_transaction is None
    trigger("refunds/settle", refund=refund.id)
    done = client.v1.refunds.retrieve(refund.id, {"expand": ["balance_transaction"]})
    assert (done.status, whole(done.balance_transaction).amount) == ("succeeded", -3000)
    receiver.wait_for(
        lambda e: e["type"] == "refund.updated" and e["data"]["object"]["id"] == refund.id
    )


@pytest.mark.embedded
def test_a_refund_that_the_bank_returns_is_owed_again(
    client: stripe.StripeClient,
    pay: Callable[..., Payment],
    trigger: Callable[..., dict[str, Any]],
    receiver: Receiver,
) -> None:
    paid = pay(3000)
    refund = client.v1.refunds.create({"charge": paid.charge.id, "amount": 2000})
    trigger("refunds/fail", refund=refund.id, reason="lost_or_stolen_card")
    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    back: Any = failed.failure_balance_transaction
    assert (back.amount, back.type) == (2000, "refund_failure")
    charge = client.v1.charges.retrieve(paid.charge.id)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    receiver.wait_for(
        lambda e: e["type"] == "refund.failed" and e["data"]["object"]["id"] == refund.id
    )
    txns = client.v1.balance_transactions.list({"source": refund.id}).data
    assert sum(t.net for t in txns) == 0


@pytest.mark.embedded
def test_a_refund_without_money_waits_until_money_comes(
    client: stripe.StripeClient, pay: Callable[..., Payment]
) -> None:
    paid = pay(3000, "nok")
    own = next(b for b in client.v1.balance.retrieve().available if b.currency == "nok")
    assert own.amount == 3000 - 45 - 25, "the fee makes the balance less than the charge"
    refund = client.v1.refunds.create({"charge": paid.charge.id})
    assert (refund.status, refund.pending_reason) == ("pending", "insufficient_funds")
    client.v1.topups.create({"amount": 100, "currency": "nok", "description": "Own money"})
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
