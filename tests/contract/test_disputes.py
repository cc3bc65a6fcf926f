"""A client's bank disputes a charge: money and fee go, evidence is sent, a verdict comes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import stripe
from stripe_receiver import Receiver, is_about
from stripe_suite import Payment

pytestmark = pytest.mark.embedded


def _types_about(receiver: Receiver, dispute: str, *wanted: str) -> None:
    for kind in wanted:
        receiver.wait_for(partial(is_about, kind, dispute))


def test_a_dispute_takes_the_money_and_a_fee_and_winning_returns_the_money_alone(
    client: stripe.StripeClient,
    pay: Callable[..., Payment],
    trigger: Callable[..., dict[str, Any]],
    receiver: Receiver,
) -> None:
    paid = pay(3000)
    dispute = trigger("disputes/open", charge=paid.charge.id)["id"]
    opened = client.v1.disputes.retrieve(dispute)
    assert (opened.status, opened.reason, opened.amount) == ("needs_response", "fraudulent", 3000)
    assert [(t.amount, t.fee, t.net) for t in opened.balance_transactions] == [(-3000, 2000, -5000)]
    assert client.v1.charges.retrieve(paid.charge.id).disputed is True
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": paid.charge.id})
    assert refused.value.code == "charge_disputed"

    answered = client.v1.disputes.update(
        dispute,
        {
            "evidence": {"product_description": "A skillet, delivered and signed for"},
            "submit": True,
            "metadata": {"case": "7"},
        },
    )
    assert (answered.status, answered.evidence_details.submission_count) == ("under_review", 1)
    trigger("disputes/close", dispute=dispute, outcome="won")
    won = client.v1.disputes.retrieve(dispute)
    assert won.status == "won"
    assert sum(t.net for t in won.balance_transactions) == -2000
    categories = [t.reporting_category for t in won.balance_transactions]
    assert categories == ["dispute", "dispute_reversal"]
    _types_about(
        receiver,
        dispute,
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    )


def test_giving_up_is_losing(
    client: stripe.StripeClient, pay: Callable[..., Payment], trigger: Callable[..., dict[str, Any]]
) -> None:
    paid = pay(3000)
    dispute = trigger("disputes/open", charge=paid.charge.id, amount=1200)["id"]
    lost = client.v1.disputes.close(dispute)
    assert lost.status == "lost"
    assert sum(t.amount for t in lost.balance_transactions) == -1200
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.close(dispute)


@pytest.mark.parametrize(
    ("words", "verdict"), [("winning_evidence", "won"), ("losing_evidence", "lost")]
)
def test_stripes_test_words_decide_at_once(
    client: stripe.StripeClient,
    pay: Callable[..., Payment],
    trigger: Callable[..., dict[str, Any]],
    words: str,
    verdict: str,
) -> None:
    dispute = trigger("disputes/open", charge=pay(3000).charge.id)["id"]
    decided = client.v1.disputes.update(dispute, {"evidence": {"uncategorized_text": words}})
    assert decided.status == verdict


def test_an_inquiry_moves_no_money_until_it_is_escalated(
    client: stripe.StripeClient, pay: Callable[..., Payment], trigger: Callable[..., dict[str, Any]]
) -> None:
    paid = pay(3000)
    dispute = trigger("disputes/open", charge=paid.charge.id, inquiry=True)["id"]
    inquiry = client.v1.disputes.retrieve(dispute)
    assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])
    assert client.v1.refunds.create({"charge": paid.charge.id, "amount": 100}).amount == 100
    trigger("disputes/withdraw", dispute=dispute)
    escalated = client.v1.disputes.retrieve(dispute)
    assert (escalated.status, len(escalated.balance_transactions)) == ("needs_response", 1)
    listed = client.v1.disputes.list({"payment_intent": paid.intent.id})
    assert [d.id for d in listed.data] == [dispute]
