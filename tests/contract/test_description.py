"""The gateway's extract is Stripe's description, and the judge of this suite does judge."""

import json

import pytest
import stripe
from derive import TARGET, derived
from stripe_conformance import Broken, judge_answer, judge_event, judge_request
from stripe_suite import order

from mainstem_gateway.operations import OPERATIONS
from mainstem_gateway.routes import VERBS


def test_the_shipped_extract_is_what_the_document_says() -> None:
    assert TARGET.read_text() == derived()


def test_every_described_operation_has_its_verb() -> None:
    assert set(VERBS) == set(OPERATIONS)


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body | {"payment_status": "settled"},
        lambda body: body | {"amount_total": "3000"},
        lambda body: {k: v for k, v in body.items() if k != "expires_at"},
        lambda body: body | {"invented_by_us": 1},
        lambda body: body | {"total_details": {"amount_tax": 0}},
    ],
    ids=["wrong word", "wrong type", "missing field", "unknown field", "wrong part"],
)
def test_the_judge_finds_what_stripe_would_never_answer(
    client: stripe.StripeClient, damage: object
) -> None:
    session = client.v1.checkout.sessions.create(order()).to_dict(for_json=True)
    judge_answer("POST", "/v1/checkout/sessions", 200, json.dumps(session).encode())
    with pytest.raises(Broken):
        broken = damage(session)  # type: ignore[operator]
        judge_answer("POST", "/v1/checkout/sessions", 200, json.dumps(broken).encode())


@pytest.mark.parametrize(
    "body",
    ["amount=ten&currency=eur&destination=acct_1", "amount=1&currency=eur", "a[b]=1&currency=eur"],
)
def test_the_judge_finds_what_the_sdk_must_never_send(body: str) -> None:
    with pytest.raises(Broken):
        judge_request("POST", "/v1/transfers", body, {})


def test_the_judge_finds_an_event_without_its_object() -> None:
    event = {
        "id": "evt_1",
        "object": "event",
        "created": 1,
        "data": {"object": {"object": "payout", "id": "po_1"}},
        "livemode": False,
        "pending_webhooks": 0,
        "type": "payout.paid",
    }
    with pytest.raises(Broken, match=r"payout\.paid"):
        judge_event(json.dumps(event).encode())
