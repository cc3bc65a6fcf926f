"""One suite, two Stripes: the embedded gateway by default, a real sandbox with STRIPE_SANDBOX_KEY.

Every request of the SDK and every answer is judged by Stripe's published description. Tests
that need the gateway's own page or controls carry the marker `embedded`.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

sys.path.insert(0, str(Path(__file__).parent))  # the suite's own modules, all named stripe_*

from stripe.params import PaymentIntentCreateParams
from stripe_receiver import Receiver
from stripe_suite import (
    JudgingClient,
    Page,
    Payment,
    Process,
    client_for,
    order,
    recipient,
    start_gateway,
    whole,
)

SANDBOX_KEY = os.environ.get("STRIPE_SANDBOX_KEY")

stripe.enable_telemetry = False


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "embedded: needs the embedded gateway's page or controls")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not SANDBOX_KEY:
        return
    here = Path(__file__).parent
    left = [i for i in items if here in i.path.parents and i.get_closest_marker("embedded")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
    assert receiver.problems == []


SLOW = ("async", "refund", "dispute", "payout")


@pytest.fixture(scope="session")
def gateway(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Nothing falls due by itself: tests say when."""
    flags = [flag for name in SLOW for flag in (f"--{name}-delay", "864000")]
    flags += ["--webhook", f"{receiver.url}/platform"]
    for kind in ("connect", "thin"):
        flags += [f"--webhook-{kind}", f"{receiver.url}/{kind}"]
    process = start_gateway(tmp_path_factory.mktemp("gateway") / "gateway.sqlite", *flags)
    own = client_for(process.url).v1.topups
    own.create({"amount": 10_000_000, "currency": "eur", "description": "So that no test is short"})
    yield process
    process.stop()


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[stripe.StripeClient]:
    """The real SDK, talking to whichever Stripe this run is about."""
    if SANDBOX_KEY:
        yield stripe.StripeClient(
            SANDBOX_KEY, max_network_retries=2, http_client=JudgingClient(timeout=40)
        )
        return
    yield client_for(request.getfixturevalue("gateway").url)


@pytest.fixture
def lenient_client(client: stripe.StripeClient) -> stripe.StripeClient:
    """The same, for sending what must be refused."""
    transport = client._requestor._client
    assert isinstance(transport, JudgingClient)
    transport.lenient = True
    return client


@pytest.fixture(scope="session")
def page() -> Iterator[Page]:
    page = Page()
    yield page
    page.browser.close()


# What each named card is at Stripe, for a run against a sandbox.
AT_STRIPE = {
    "success": "pm_card_bypassPending",
    "dispute": "pm_card_createDispute",
    "refund_pending": "pm_card_pendingRefund",
}


@pytest.fixture
def pay(client: stripe.StripeClient, page: Page) -> Callable[..., Payment]:
    """A payment that went through: by the hosted page here, by a payment intent in a sandbox."""

    def paid(amount: int = 3000, currency: str = "eur", card: str = "success") -> Payment:
        charge = ["latest_charge.balance_transaction"]
        if SANDBOX_KEY:
            confirmed: PaymentIntentCreateParams = {
                "amount": amount,
                "currency": currency,
                "confirm": True,
                "payment_method": AT_STRIPE[card],
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "expand": charge,
            }
            intent = client.v1.payment_intents.create(confirmed)
            return Payment(intent, whole(intent.latest_charge))
        session = client.v1.checkout.sessions.create(order(amount, currency))
        assert page.pay(session.url, card).status_code == 303
        done = client.v1.checkout.sessions.retrieve(session.id)
        intent = client.v1.payment_intents.retrieve(str(done.payment_intent), {"expand": charge})
        return Payment(intent, whole(intent.latest_charge), session.id)

    return paid


@pytest.fixture(scope="session")
def trigger(gateway: Process, page: Page) -> Callable[..., dict[str, Any]]:
    """Use a control over HTTP."""

    def triggered(control: str, **given: Any) -> dict[str, Any]:
        answer = page.browser.post(f"{gateway.url}/__gateway/controls/{control}", json=given)
        body: dict[str, Any] = answer.json()
        assert answer.status_code == 200, body
        return body

    return triggered


@pytest.fixture
def affiliate(client: stripe.StripeClient, request: pytest.FixtureRequest) -> str:
    """A connected account that may be paid."""
    account = client.v2.core.accounts.create(recipient())
    trigger = request.getfixturevalue("trigger")
    trigger("accounts/standing", account=account.id, standing="active")
    return str(account.id)
