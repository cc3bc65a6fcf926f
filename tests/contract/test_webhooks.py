"""Events reach who asked for them: signed, again until acknowledged, and readable afterwards."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe_receiver import Receiver
from stripe_suite import SECRETS, Process, client_for, start_gateway, until

from mainstem_gateway import Webhook, running


@pytest.fixture
def own_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
    assert receiver.problems == []


def _top_up(client: stripe.StripeClient) -> str:
    return str(client.v1.topups.create({"amount": 900, "currency": "eur"}).id)


def _of(id: str) -> Callable[[dict[str, Any]], bool]:
    return lambda e: e["type"] == "topup.succeeded" and e["data"]["object"]["id"] == id


def test_an_endpoint_is_registered_changed_and_removed(client: stripe.StripeClient) -> None:
    made = client.v1.webhook_endpoints.create(
        {
            "url": "https://example.com/hooks",
            "enabled_events": ["payout.paid"],
            "connect": True,
            "metadata": {"suite": "contract"},
        }
    )
    assert made.secret and made.secret.startswith("whsec_")
    read = client.v1.webhook_endpoints.retrieve(made.id)
    assert (read.status, getattr(read, "secret", None)) == ("enabled", None)
    changed = client.v1.webhook_endpoints.update(
        made.id, {"disabled": True, "enabled_events": ["*"]}
    )
    assert (changed.status, changed.enabled_events) == ("disabled", ["*"])
    assert made.id in [e.id for e in client.v1.webhook_endpoints.list({"limit": 20}).data]
    client.v1.webhook_endpoints.delete(made.id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.webhook_endpoints.retrieve(made.id)


def test_a_thin_destination_is_changed_disabled_and_enabled(client: stripe.StripeClient) -> None:
    made: Any = client.v2.core.event_destinations.create(
        {
            "name": "Contract suite",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "events_from": ["@accounts"],
            "enabled_events": ["v2.core.account.closed"],
            "webhook_endpoint": {"url": "https://example.com/thin"},
        }
    )
    events = ["v2.core.account.closed", "v2.core.account.updated"]
    changed = client.v2.core.event_destinations.update(
        made.id, {"enabled_events": events, "include": ["webhook_endpoint.url"]}
    )
    assert sorted(changed.enabled_events) == events
    off = client.v2.core.event_destinations.disable(made.id)
    assert off.status == "disabled"
    assert client.v2.core.event_destinations.enable(made.id).status == "enabled"
    client.v2.core.event_destinations.delete(made.id)


@pytest.mark.embedded
def test_an_endpoint_gets_only_what_it_asked_for(
    client: stripe.StripeClient, own_receiver: Receiver
) -> None:
    made = client.v1.webhook_endpoints.create(
        {"url": f"{own_receiver.url}/own", "enabled_events": ["topup.succeeded"]}
    )
    id = _top_up(client)
    got = own_receiver.wait_for(_of(id))[0]
    event = client.construct_event(got.body, got.signature, str(made.secret))
    assert event.api_version == "2026-10-28.endive"
    assert event.request and event.request.idempotency_key
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(got.body + b" ", got.signature, str(made.secret))
    client.v1.webhook_endpoints.delete(made.id)
    _top_up(client)
    assert {r.event["type"] for r in own_receiver.received} == {"topup.succeeded"}


@pytest.mark.embedded
def test_a_receiver_that_fails_hears_it_again(
    client: stripe.StripeClient, own_receiver: Receiver
) -> None:
    made = client.v1.webhook_endpoints.create(
        {"url": f"{own_receiver.url}/own", "enabled_events": ["topup.succeeded"]}
    )
    own_receiver.answer = 500
    id = _top_up(client)
    first = own_receiver.wait_for(_of(id))[0]
    undelivered = client.v1.events.list({"delivery_success": False, "type": "topup.succeeded"})
    assert first.event["id"] in [e.id for e in undelivered.data]
    own_receiver.answer = 200
    both = own_receiver.wait_for(_of(id), count=2)
    assert len({r.event["id"] for r in both}) == 1, "the same event, not a new one"
    event = until(
        lambda: (e := client.v1.events.retrieve(first.event["id"])).pending_webhooks == 0 and e
    )
    assert event.data.object["id"] == id
    client.v1.webhook_endpoints.delete(made.id)


@pytest.mark.embedded
def test_a_lost_acknowledgement_makes_a_duplicate(
    client: stripe.StripeClient, receiver: Receiver, trigger: Callable[..., dict[str, Any]]
) -> None:
    trigger("faults/order", kind="lose_ack", times=4)
    id = _top_up(client)
    assert len({r.event["id"] for r in receiver.wait_for(_of(id), count=2)}) == 1
    trigger("faults/clear")


@pytest.mark.embedded
def test_an_event_is_sent_again_on_request(
    client: stripe.StripeClient, receiver: Receiver, trigger: Callable[..., dict[str, Any]]
) -> None:
    id = _top_up(client)
    event = receiver.wait_for(_of(id))[0].event["id"]
    trigger("events/resend", event=event)
    receiver.wait_for(_of(id), count=2)


@pytest.mark.embedded
def test_held_back_events_wait_and_then_all_come(
    client: stripe.StripeClient, receiver: Receiver, trigger: Callable[..., dict[str, Any]]
) -> None:
    trigger("webhooks/pause")
    ids = [_top_up(client) for _ in range(3)]
    time.sleep(0.3)
    assert not [r for r in receiver.received if any(_of(id)(r.event) for id in ids)]
    trigger("webhooks/resume")
    for id in ids:
        receiver.wait_for(_of(id))


@pytest.mark.embedded
def test_events_are_listed_by_type_and_account(client: stripe.StripeClient, affiliate: str) -> None:
    id = _top_up(client)
    client.v1.transfers.create({"amount": 900, "currency": "eur", "destination": affiliate})
    listed = client.v1.events.list({"types": ["topup.succeeded", "topup.created"], "limit": 2})
    assert {e.data.object["id"] for e in listed.data} == {id}
    theirs = client.v1.events.list({}, {"stripe_account": affiliate})
    assert [e.type for e in theirs.data] == ["balance.available"]
    thin = client.v2.core.events.list({"object_id": affiliate})
    assert "v2.core.account.created" in {e.type for e in thin.data}


@pytest.mark.embedded
def test_a_killed_gateway_loses_nothing(tmp_path: Path, own_receiver: Receiver) -> None:
    """Answered is kept: objects, balances, keys, and events that were still on their way."""
    url = f"{own_receiver.url}/platform"
    process = start_gateway(tmp_path / "gateway.sqlite", "--webhook", url)
    try:
        client = client_for(process.url)
        own_receiver.answer = 503
        key: Any = {"idempotency_key": "kept-over-a-kill"}
        topup = client.v1.topups.create({"amount": 900, "currency": "eur"}, key)
        own_receiver.wait_for(_of(topup.id))
        process.kill()
        own_receiver.answer = 200
        process.start_again()
        assert client.v1.topups.retrieve(topup.id).status == "succeeded"
        assert client.v1.balance.retrieve().available[0].amount == 900
        again = client.v1.topups.create({"amount": 900, "currency": "eur"}, key)
        assert again.id == topup.id
        got = own_receiver.wait_for(_of(topup.id), count=2)
        client.construct_event(got[-1].body, got[-1].signature, SECRETS["platform"])
        endpoints = client.v1.webhook_endpoints.list().data
        assert [e.url for e in endpoints] == [url], "given again at the start, registered once"
    finally:
        process.stop()


@pytest.mark.embedded
def test_what_falls_due_while_the_gateway_is_down_happens_when_it_is_up(tmp_path: Path) -> None:
    store, now = tmp_path / "gateway.sqlite", [1_800_000_000.0]
    with running(store, clock=lambda: now[0]) as url:
        client = client_for(url)
        client.v1.topups.create({"amount": 900, "currency": "eur"})
        payout = client.v1.payouts.create({"amount": 900, "currency": "eur"})
        assert payout.status == "pending"
    now[0] += 60
    with running(store, clock=lambda: now[0]) as url:
        assert client_for(url).v1.payouts.retrieve(payout.id).status == "paid"


@pytest.mark.embedded
def test_a_second_gateway_on_the_same_store_is_refused(gateway: Process, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="already served by another gateway"):
        start_gateway(gateway.store)


@pytest.mark.embedded
def test_an_endpoint_given_at_the_start_hears_from_the_first_event(
    tmp_path: Path, own_receiver: Receiver
) -> None:
    webhook = Webhook("platform", f"{own_receiver.url}/hooks", SECRETS["platform"])
    with running(tmp_path / "gateway.sqlite", webhooks=(webhook,)) as url:
        id = _top_up(client_for(url))
        own_receiver.wait_for(_of(id))
