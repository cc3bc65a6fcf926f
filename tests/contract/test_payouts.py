"""From the platform to the affiliate's bank: transfer, reversal, payout, and back again."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import stripe
from stripe_receiver import Receiver, is_about
from stripe_suite import recipient, whole

pytestmark = pytest.mark.embedded


def _balance(client: stripe.StripeClient, account: str | None, currency: str) -> int:
    options: Any = {"stripe_account": account} if account else {}
    balance = client.v1.balance.retrieve(None, options)
    return sum(b.amount for b in balance.available if b.currency == currency)


def _transfer(client: stripe.StripeClient, to: str, amount: int = 5000) -> stripe.Transfer:
    client.v1.topups.create({"amount": amount, "currency": "eur"})
    return client.v1.transfers.create(
        {
            "amount": amount,
            "currency": "eur",
            "destination": to,
            "transfer_group": f"payout_{to[-8:]}",
            "metadata": {"payout_id": "77"},
            "expand": ["balance_transaction"],
        }
    )


def test_a_transfer_moves_money_from_one_balance_to_the_other(
    client: stripe.StripeClient, affiliate: str, receiver: Receiver
) -> None:
    before = _balance(client, None, "eur")
    transfer = _transfer(client, affiliate)
    txn: Any = transfer.balance_transaction
    assert (txn.amount, txn.type) == (-5000, "transfer")
    assert (_balance(client, None, "eur"), _balance(client, affiliate, "eur")) == (before, 5000)
    found = client.v1.transfers.list({"transfer_group": f"payout_{affiliate[-8:]}"})
    assert [t.id for t in found.data] == [transfer.id]
    received = client.v1.charges.retrieve(
        str(transfer.destination_payment),
        {"expand": ["balance_transaction"]},
        {"stripe_account": affiliate},
    )
    assert received.source_transfer == transfer.id
    receiver.wait_for(
        lambda e: e["type"] == "transfer.created" and e["data"]["object"]["id"] == transfer.id
    )
    told = receiver.wait_for(
        lambda e: e["type"] == "balance.available" and e.get("account") == affiliate
    )
    assert told[0].route == "/connect"


def test_a_transfer_beyond_the_balance_is_refused(
    client: stripe.StripeClient, affiliate: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.create({"amount": 100_000, "currency": "gbp", "destination": affiliate})
    assert refused.value.code == "balance_insufficient"
    assert client.v1.transfers.list({"destination": affiliate}).data == []


def test_nobody_is_paid_who_may_not_receive(client: stripe.StripeClient) -> None:
    client.v1.topups.create({"amount": 100, "currency": "eur"})
    account = client.v2.core.accounts.create(recipient())
    wanted: Any = {"amount": 100, "currency": "eur", "destination": account.id}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.create(wanted)
    assert refused.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.transfers.create(wanted | {"destination": "acct_1unknown"})
    assert unknown.value.code == "resource_missing"


def test_a_transfer_is_reversed_in_parts_until_nothing_is_left(
    client: stripe.StripeClient, affiliate: str, receiver: Receiver
) -> None:
    transfer = _transfer(client, affiliate)
    part = client.v1.transfers.reversals.create(transfer.id, {"amount": 2000})
    assert (part.amount, isinstance(part, stripe.TransferReversal)) == (2000, True)
    rest = client.v1.transfers.reversals.create(transfer.id, {"expand": ["balance_transaction"]})
    assert (rest.amount, whole(rest.balance_transaction).type) == (3000, "transfer_refund")
    done = client.v1.transfers.retrieve(transfer.id)
    assert (done.amount_reversed, done.reversed) == (5000, True)
    assert [r.id for r in done.reversals.data] == [rest.id, part.id]
    listed = client.v1.transfers.reversals.list(transfer.id)
    assert [r.id for r in listed.data] == [rest.id, part.id]
    with pytest.raises(stripe.InvalidRequestError, match="already fully reversed"):
        client.v1.transfers.reversals.create(transfer.id)
    assert _balance(client, affiliate, "eur") == 0
    receiver.wait_for(
        lambda e: e["type"] == "transfer.reversed" and e["data"]["object"]["id"] == transfer.id,
        count=2,
    )


def test_what_the_affiliate_no_longer_has_cannot_be_reversed(
    client: stripe.StripeClient, affiliate: str
) -> None:
    transfer = _transfer(client, affiliate)
    client.v1.payouts.create({"amount": 4000, "currency": "eur"}, {"stripe_account": affiliate})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.reversals.create(transfer.id)
    assert refused.value.code == "balance_insufficient"
    assert client.v1.transfers.reversals.create(transfer.id, {"amount": 1000}).amount == 1000


def test_a_payout_arrives_and_its_money_has_left(
    client: stripe.StripeClient,
    affiliate: str,
    receiver: Receiver,
    trigger: Callable[..., dict[str, Any]],
) -> None:
    _transfer(client, affiliate)
    on: Any = {"stripe_account": affiliate}
    payout = client.v1.payouts.create(
        {
            "amount": 5000,
            "currency": "eur",
            "metadata": {"payout_id": "77"},
            "statement_descriptor": "COMMISSION OCT",
            "expand": ["balance_transaction"],
        },
        on,
    )
    assert (payout.status, payout.automatic, payout.method) == ("pending", False, "standard")
    assert _balance(client, affiliate, "eur") == 0
    trigger("payouts/arrive", payout=payout.id)
    paid = client.v1.payouts.retrieve(payout.id, None, on)
    assert paid.status == "paid" and paid.trace_id and paid.trace_id.status == "supported"
    assert [p.id for p in client.v1.payouts.list({"status": "paid"}, on).data] == [payout.id]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payouts.retrieve(payout.id)
    for kind in ("payout.created", "payout.updated", "payout.paid"):
        told = receiver.wait_for(partial(is_about, kind, payout.id))
        assert (told[0].route, told[0].event["account"]) == ("/connect", affiliate)


def test_a_payout_that_was_paid_may_still_come_back(
    client: stripe.StripeClient,
    affiliate: str,
    receiver: Receiver,
    trigger: Callable[..., dict[str, Any]],
) -> None:
    _transfer(client, affiliate)
    on: Any = {"stripe_account": affiliate}
    payout = client.v1.payouts.create({"amount": 5000, "currency": "eur"}, on)
    trigger("payouts/arrive", payout=payout.id)
    trigger("payouts/fail", payout=payout.id, code="account_closed")
    failed = client.v1.payouts.retrieve(payout.id, {"expand": ["failure_balance_transaction"]}, on)
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    back: Any = failed.failure_balance_transaction
    assert (back.amount, back.type) == (5000, "payout_failure")
    assert _balance(client, affiliate, "eur") == 5000
    receiver.wait_for(
        lambda e: e["type"] == "payout.failed" and e["data"]["object"]["id"] == payout.id
    )
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payouts.create({"amount": 5000, "currency": "eur"}, on)
    assert refused.value.code == "payouts_not_allowed", "the bank account is spent"
    trigger("accounts/standing", account=affiliate, standing="active")
    again = client.v1.payouts.create({"amount": 5000, "currency": "eur"}, on)
    assert (again.status, again.destination != failed.destination) == ("pending", True)


def test_a_payout_is_cancelled_only_while_it_waits(
    client: stripe.StripeClient, affiliate: str, trigger: Callable[..., dict[str, Any]]
) -> None:
    _transfer(client, affiliate)
    on: Any = {"stripe_account": affiliate}
    payout = client.v1.payouts.create({"amount": 2000, "currency": "eur"}, on)
    cancelled = client.v1.payouts.cancel(payout.id, None, on)
    assert (cancelled.status, _balance(client, affiliate, "eur")) == ("canceled", 5000)
    sent = client.v1.payouts.create({"amount": 2000, "currency": "eur"}, on)
    trigger("payouts/arrive", payout=sent.id)
    with pytest.raises(stripe.InvalidRequestError, match="only be canceled while"):
        client.v1.payouts.cancel(sent.id, None, on)


def test_a_payout_beyond_the_balance_is_refused(
    client: stripe.StripeClient, affiliate: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payouts.create({"amount": 1, "currency": "eur"}, {"stripe_account": affiliate})
    assert refused.value.code == "balance_insufficient"


def test_every_balance_is_the_sum_of_its_transactions(
    client: stripe.StripeClient, affiliate: str, trigger: Callable[..., dict[str, Any]]
) -> None:
    transfer = _transfer(client, affiliate)
    on: Any = {"stripe_account": affiliate}
    payout = client.v1.payouts.create({"amount": 1500, "currency": "eur"}, on)
    client.v1.transfers.reversals.create(transfer.id, {"amount": 500})
    trigger("payouts/fail", payout=payout.id)
    for account in (None, affiliate):
        options: Any = {"stripe_account": account} if account else {}
        balance = client.v1.balance.retrieve(None, options)
        txns = list(client.v1.balance_transactions.list({"limit": 100}, options).auto_paging_iter())
        for part in balance.available:
            total = sum(t.net for t in txns if t.currency == part.currency)
            assert total == part.amount


def test_the_payout_schedule_is_manual(client: stripe.StripeClient, affiliate: str) -> None:
    wanted: Any = {"payouts": {"schedule": {"interval": "manual"}}}
    answer = client.raw_request(
        "post", "/v1/balance_settings", payments=wanted, stripe_account=affiliate
    )
    data: Any = answer.data
    assert data["payments"]["payouts"]["schedule"]["interval"] == "manual"


def test_a_payout_goes_to_the_bank_account_in_its_currency(
    client: stripe.StripeClient, affiliate: str, trigger: Callable[..., Any]
) -> None:
    def currencies() -> list[str | None]:
        found = client.v1.accounts.external_accounts.list(affiliate, {"object": "bank_account"})
        return [bank.currency for bank in found.data]

    client.v1.topups.create({"amount": 5000, "currency": "sek"})
    client.v1.transfers.create({"amount": 5000, "currency": "sek", "destination": affiliate})
    asked: Any = {"amount": 5000, "currency": "sek"}
    there: Any = {"stripe_account": affiliate}
    assert currencies() == ["eur"]
    with pytest.raises(stripe.InvalidRequestError, match="any external accounts in that currency"):
        client.v1.payouts.create(asked, there)
    trigger("accounts/bank", account=affiliate, currency="sek")
    assert currencies() == ["eur", "sek"]
    payout = client.v1.payouts.create(asked, there)
    trigger("payouts/fail", payout=payout.id)
    assert currencies() == ["eur"], "the bank account that sent it back is spent, and no other"


@pytest.mark.parametrize(
    ("currency", "amount", "step"), [("huf", 123456, 100), ("isk", 5690, 100), ("kwd", 5124, 10)]
)
def test_an_amount_that_a_currency_cannot_say_is_refused(
    client: stripe.StripeClient, currency: str, amount: int, step: int
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=f"evenly divisible by {step}"):
        client.v1.payouts.create({"amount": amount, "currency": currency})
