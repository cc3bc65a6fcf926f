"""What the tests of this suite share: the judging client, a gateway process, a person at a page."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import stripe
from stripe_conformance import judge_answer, judge_request, query_of
from tests.waits import PATIENCE

ROOT = Path(__file__).parents[2]
TEST_KEY = "sk_test_embedded_contract"
SECRETS = {kind: f"whsec_{kind}_of_the_contract_suite" for kind in ("platform", "connect", "thin")}


class JudgingClient(stripe.RequestsClient):
    """The SDK's own transport; nothing passes it that Stripe's description does not allow."""

    # Tests that send what Stripe must refuse switch the judgement of requests off.
    lenient = False

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None, **rest: Any
    ) -> tuple[bytes, int, Any]:
        path, query = query_of(url)
        body = post_data.decode() if isinstance(post_data, bytes) else post_data or ""
        if not self.lenient:
            judge_request(method.upper(), path, body if method == "post" else query, headers)
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
    addresses = dict.fromkeys(("api", "connect", "files", "meter_events"), url)
    return stripe.StripeClient(
        key,
        base_addresses=addresses,
        max_network_retries=retries,
        http_client=JudgingClient(timeout=20),
    )


def order(amount: int = 3000, currency: str = "eur", **more: Any) -> dict[str, Any]:
    """A checkout of one line, as a storefront would open it."""
    line = {
        "quantity": 1,
        "price_data": {
            "currency": currency,
            "unit_amount": amount,
            "product_data": {"name": "Cast-iron skillet"},
        },
    }
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items": [line],
        "success_url": "http://127.0.0.1:9/thanks?cs={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/cart",
        **more,
    }


class Page:
    """A person at the hosted page: reads its form, fills it in, presses the button."""

    def __init__(self) -> None:
        # verify: reading the certificates of the whole world costs more than the test.
        self.browser = httpx.Client(follow_redirects=False, timeout=20, verify=False)

    def open(self, url: str, *, language: str = "en") -> httpx.Response:
        return self.browser.get(url, headers={"accept-language": language})

    def press(self, url: str, **fields: str) -> httpx.Response:
        return self.browser.post(url, data=fields)

    def pay(self, url: str, card: str) -> httpx.Response:
        """Choose a card that the page offers and press Pay."""
        shown = self.open(url)
        assert shown.status_code == 200
        assert f'value="{card}"' in shown.text, f"the page does not offer {card}"
        return self.press(url, card=card, email="client@example.com")


@dataclass(frozen=True)
class Payment:
    intent: stripe.PaymentIntent
    charge: stripe.Charge
    session: str | None = None


def recipient(name: str = "Nordic Kitchen Stories AB") -> dict[str, Any]:
    """An affiliate's account, as the platform opens it."""
    transfers = {"stripe_transfers": {"requested": True}}
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
        "configuration": {"recipient": {"capabilities": {"stripe_balance": transfers}}},
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
