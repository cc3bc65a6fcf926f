"""What the tests of this suite share: the judging client, a gateway process, a person at a page."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import stripe
from stripe.params.checkout import SessionCreateParams
from stripe.params.v2.core import AccountCreateParams
from stripe_conformance import judge_answer, judge_request, query_of
from tests.waits import PATIENCE

Thing = TypeVar("Thing", bound=stripe.StripeObject)

ROOT = Path(__file__).parents[2]
TEST_KEY = "sk_test_embedded_contract"
SECRETS = {kind: f"whsec_{kind}_of_the_contract_suite" for kind in ("platform", "connect", "thin")}


class JudgingClient(stripe.RequestsClient):
    """The SDK's own transport; nothing passes it that Stripe's description does not allow."""

    # Tests that send what Stripe must refuse switch the judgement of requests off.
    lenient = False

    def request(  # type: ignore[override]  # the SDK's own transport answers bytes as well
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **rest: Any,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        path, query = query_of(url)
        body = post_data.decode() if isinstance(post_data, bytes) else post_data or ""
        if not self.lenient:
            sent = body if method == "post" else query
            judge_request(method.upper(), path, sent, dict(headers or {}))
        content, status, answered = super().request(method, url, headers, post_data, **rest)
        judge_answer(method.upper(), path, status, content)
        return content, status, answered


@dataclass
class Process:
    """A gateway in a process of its own, as people run it."""

    store: Path
    port: int
    flags: tuple[str, ...]
    popen: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """SIGKILL: no chance to put anything in order."""
        self.popen.kill()
        self._reap()

    def stop(self) -> None:
        """SIGTERM; a gateway that ran well has nothing to complain of."""
        self.popen.terminate()
        _, complaints = self.popen.communicate(timeout=PATIENCE)
        assert complaints == ""

    def start_again(self) -> None:
        self.popen = _spawn(self.store, self.port, self.flags)
        _await_line(self.popen)

    def _reap(self) -> None:
        self.popen.wait(PATIENCE)
        for pipe in (self.popen.stdout, self.popen.stderr):
            if pipe:
                pipe.close()


WEBHOOK_SECRETS = {
    "GATEWAY_WEBHOOK_SECRET": SECRETS["platform"],
    "GATEWAY_WEBHOOK_SECRET_CONNECT": SECRETS["connect"],
    "GATEWAY_WEBHOOK_SECRET_THIN": SECRETS["thin"],
}


def start_gateway(store: Path, *flags: str) -> Process:
    popen = _spawn(store, 0, flags)
    port = int(_await_line(popen).split("127.0.0.1:")[1].split()[0])
    return Process(store, port, flags, popen)


def _spawn(store: Path, port: int, flags: tuple[str, ...]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "mainstem_gateway"),
            *("--store", str(store), "--port", str(port)),
            *flags,
        ],
        cwd=ROOT / "platform",
        env=os.environ | WEBHOOK_SECRETS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _await_line(popen: subprocess.Popen[str]) -> str:
    line = popen.stdout.readline() if popen.stdout else ""
    if not line:
        _, problem = popen.communicate(timeout=PATIENCE)
        raise RuntimeError(problem)
    return line


def client_for(url: str, *, key: str = TEST_KEY, retries: int = 0) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": url, "connect": url, "files": url, "meter_events": url},
        max_network_retries=retries,
        http_client=JudgingClient(timeout=20),
    )


def order(amount: int = 3000, currency: str = "eur", **more: Any) -> SessionCreateParams:
    """A checkout of one line, as a storefront would open it; `more` may be what nobody should send."""
    line = {
        "quantity": 1,
        "price_data": {
            "currency": currency,
            "unit_amount": amount,
            "product_data": {"name": "Cast-iron skillet"},
        },
    }
    params = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items": [line],
        "success_url": "http://127.0.0.1:9/thanks?cs={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/cart",
        **more,
    }
    return cast(SessionCreateParams, params)


class Page:
    """A person at the hosted page: reads its form, fills it in, presses the button."""

    def __init__(self) -> None:
        # verify: reading the certificates of the whole world costs more than the test.
        self.browser = httpx.Client(follow_redirects=False, timeout=20, verify=False)

    def open(self, url: str | None, *, language: str = "en") -> httpx.Response:
        return self.browser.get(_there(url), headers={"accept-language": language})

    def press(self, url: str | None, **fields: str) -> httpx.Response:
        return self.browser.post(_there(url), data=fields)

    def pay(self, url: str | None, card: str) -> httpx.Response:
        """Choose a card that the page offers and press Pay."""
        shown = self.open(url)
        assert shown.status_code == 200
        assert f'value="{card}"' in shown.text, f"the page does not offer {card}"
        return self.press(url, card=card, email="client@example.com")


def _there(url: str | None) -> str:
    """The address of a page, where Stripe gives none to a session that has none."""
    assert url, "this session has no page"
    return url


def whole(found: str | Thing | None) -> Thing:
    """What was asked for expanded: itself, and not its id."""
    assert found is not None
    assert not isinstance(found, str)
    return found


@dataclass(frozen=True)
class Payment:
    intent: stripe.PaymentIntent
    charge: stripe.Charge
    session: str | None = None


def recipient(name: str = "Nordic Kitchen Stories AB") -> AccountCreateParams:
    """An affiliate's account, as the platform opens it."""
    return {
        "contact_email": "payouts@example.com",
        "display_name": name,
        "dashboard": "express",
        "identity": {"country": "se", "entity_type": "company"},
        "defaults": {
            "currency": "eur",
            "responsibilities": {
                "fees_collector": "application",
                "losses_collector": "application",
            },
        },
        "configuration": {
            "recipient": {
                "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
            }
        },
        "metadata": {"affiliate": "42"},
        "include": ["configuration.recipient", "requirements", "defaults", "identity"],
    }


def until(happened: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
    """What `happened` gives once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := happened():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
