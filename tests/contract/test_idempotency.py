"""One key, one effect: replays, mismatches, parallel tries, and answers lost on the way."""

import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from stripe_suite import Payment, Process, client_for, order


def _key(name: str) -> Any:
    return {"idempotency_key": f"contract:{name}:{secrets.token_hex(6)}"}


@pytest.fixture
def troubled(
    client: stripe.StripeClient, trigger: Callable[..., dict[str, Any]]
) -> Iterator[Callable[..., None]]:
    """Order trouble for the next request; whatever is left is cleared."""

    def order_trouble(kind: str, **more: Any) -> None:
        trigger("faults/order", kind=kind, **{"path": "/v1/topups", "method": "POST"} | more)

    yield order_trouble
    trigger("faults/clear")


def test_the_same_key_replays_the_first_answer(client: stripe.StripeClient) -> None:
    key = _key("replay")
    first = client.v1.checkout.sessions.create(order(), key)
    again = client.v1.checkout.sessions.create(order(), key)
    assert again.id == first.id
    assert again.last_response and again.last_response.headers["Idempotent-Replayed"] == "true"
    other = client.v1.checkout.sessions.create(order(), _key("replay"))
    assert other.id != first.id


def test_the_same_key_with_other_parameters_is_refused(client: stripe.StripeClient) -> None:
    key = _key("mismatch")
    client.v1.checkout.sessions.create(order(3000), key)
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        client.v1.checkout.sessions.create(order(4000), key)
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        client.v1.refunds.create({"payment_intent": "pi_1"}, key)


def test_an_error_of_the_operation_is_replayed_too(
    client: stripe.StripeClient, pay: Callable[..., Payment]
) -> None:
    paid, key = pay(3000), _key("error")
    client.v1.refunds.create({"charge": paid.charge.id})
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"charge": paid.charge.id}, key)
        assert refused.value.code == "charge_already_refunded"
    assert refused.value.headers["Idempotent-Replayed"] == "true"  # type: ignore[index]


def test_a_refused_parameter_is_not_remembered(lenient_client: stripe.StripeClient) -> None:
    key = _key("validation")
    wrong: Any = order() | {"success_url": "not an address"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        lenient_client.v1.checkout.sessions.create(wrong, key)
    assert refused.value.code == "url_invalid"
    assert lenient_client.v1.checkout.sessions.create(order(), key).status == "open"


@pytest.mark.embedded
def test_a_lost_answer_is_found_again_with_the_same_key(
    client: stripe.StripeClient, troubled: Callable[..., None]
) -> None:
    wanted: Any = {"amount": 700, "currency": "dkk"}
    for kind in ("drop_after", "http_after"):
        key = _key(kind)
        troubled(kind)
        with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
            client.v1.topups.create(wanted, key)
        assert client.v1.topups.create(wanted, key).amount == 700
    assert len(client.v1.balance_transactions.list({"currency": "dkk"}).data) == 2


@pytest.mark.embedded
def test_a_request_lost_on_its_way_has_no_effect(
    client: stripe.StripeClient, troubled: Callable[..., None]
) -> None:
    for kind in ("drop_before", "http_before"):
        key = _key(kind)
        troubled(kind)
        with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
            client.v1.topups.create({"amount": 700, "currency": "czk"}, key)
    assert client.v1.balance_transactions.list({"currency": "czk"}).data == []


@pytest.mark.embedded
def test_a_sticky_error_hides_what_happened_from_its_own_key(
    client: stripe.StripeClient, troubled: Callable[..., None]
) -> None:
    key = _key("sticky")
    troubled("sticky_http")
    for _ in range(3):
        with pytest.raises(stripe.APIError) as failed:
            client.v1.topups.create({"amount": 700, "currency": "pln"}, key)
        assert failed.value.http_status == 500
    # Only a look-up finds it; that is why a payout must never rest on its key alone.
    assert len(client.v1.balance_transactions.list({"currency": "pln"}).data) == 1


@pytest.mark.embedded
def test_the_sdks_own_retries_do_no_harm(
    gateway: Process,
    client: stripe.StripeClient,
    troubled: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retrying = client_for(gateway.url, retries=2)
    transport: Any = retrying._requestor._client
    monkeypatch.setattr(transport, "_sleep_time_seconds", lambda *a, **k: 0.01)
    troubled("drop_after", times=2)
    assert retrying.v1.topups.create({"amount": 700, "currency": "huf"}).amount == 700
    assert len(client.v1.balance_transactions.list({"currency": "huf"}).data) == 1


@pytest.mark.embedded
def test_a_key_in_use_is_a_conflict(
    gateway: Process, client: stripe.StripeClient, troubled: Callable[..., None]
) -> None:
    key = _key("parallel")
    wanted: Any = {"amount": 700, "currency": "ron"}
    troubled("latency", seconds=0.8)
    slow = threading.Thread(target=lambda: client_for(gateway.url).v1.topups.create(wanted, key))
    slow.start()
    with pytest.raises(stripe.APIError) as conflict:
        while True:
            # Until the slow one has reached the gateway, a try would be the first itself.
            if client.v1.balance_transactions.list({"currency": "ron"}).data:
                client.v1.topups.create(wanted, key)
                break
    slow.join()
    assert conflict.value.http_status == 409
    assert conflict.value.error.code == "idempotency_key_in_use"  # type: ignore[union-attr]
    assert client.v1.topups.create(wanted, key).amount == 700
    assert len(client.v1.balance_transactions.list({"currency": "ron"}).data) == 1


@pytest.mark.embedded
def test_a_key_is_forgotten_after_a_day(
    client: stripe.StripeClient, trigger: Callable[..., dict[str, Any]]
) -> None:
    key = _key("day")
    wanted: Any = {"amount": 700, "currency": "bgn"}
    first = client.v1.topups.create(wanted, key)
    trigger("clock/advance", seconds=23 * 3600)
    assert client.v1.topups.create(wanted, key).id == first.id
    trigger("clock/advance", seconds=2 * 3600)
    assert client.v1.topups.create(wanted, key).id != first.id


@pytest.mark.embedded
def test_too_many_requests_have_no_effect(
    client: stripe.StripeClient, troubled: Callable[..., None]
) -> None:
    troubled("http_before", status=429)
    with pytest.raises(stripe.RateLimitError):
        client.v1.topups.create({"amount": 700, "currency": "isk"})
    assert client.v1.balance_transactions.list({"currency": "isk"}).data == []
