"""The payment harness: the embedded gateway in a process of its own, the real SDK, and its webhook events.

harness = Harness(...)                     # the fixture `harness`
placed = harness.a_paid_order()
harness.trigger("payouts/fail", payout=...)
harness.webhook_events_arrive()                # each is verified, kept and applied
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg

from mainstem import earnings, flow, invariants, orders, payments, worker
from mainstem.kit import inbox
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import GATEWAY, SYSTEM
from mainstem.orders import Placed
from mainstem.payments import Gateway, WebhookEvent, verify
from tests import accounting
from tests.company import KETTLE, Company, a_company, an_order
from tests.waits import PATIENCE, until

SECRET = "whsec_of_the_tests"
SLOW = ("async", "refund", "dispute", "payout")
PARENT = Path(__file__).parents[1] / "platform"


class WebhookReceiver:
    """Where webhook events land, as raw bytes with their signature."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[tuple[bytes, str]] = queue.SimpleQueue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.events.put((body, self.headers.get("Stripe-Signature", "")))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Gateways:
    """One gateway process, for as many tests as like; nothing in it falls due by itself."""

    def __init__(self, folder: Path) -> None:
        self.receiver = WebhookReceiver()
        flags = [flag for name in SLOW for flag in (f"--{name}-delay", "864000")]
        for suffix in ("", "-connect", "-thin"):
            flags += [f"--webhook{suffix}", f"{self.receiver.url}/{suffix}"]
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "mainstem_gateway", "--store", str(folder / "gateway.sqlite"),
             "--port", "0", *flags],
            env=os.environ | {
                f"GATEWAY_WEBHOOK_SECRET{suffix}": SECRET for suffix in ("", "_CONNECT", "_THIN")
            },
            cwd=PARENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        line = self._popen.stdout.readline() if self._popen.stdout else ""
        self.url = "http://127.0.0.1:" + line.split("127.0.0.1:")[1].split()[0]

    def trigger(self, control: str, **given: Any) -> dict[str, Any]:
        request = Request(
            f"{self.url}/__gateway/controls/{control}",
            data=json.dumps(given).encode(),
            headers={"content-type": "application/json"},
        )
        with urlopen(request, timeout=20) as answer:
            body: dict[str, Any] = json.load(answer)
        return body

    def close(self) -> None:
        self._popen.terminate()
        _, complaints = self._popen.communicate(timeout=PATIENCE)
        self.receiver.close()
        assert complaints == ""


@dataclass
class Harness:
    """A company whose money goes through the gateway."""

    database: Database
    clock: FixedClock
    gateways: Gateways
    company: Company
    kept: list[tuple[bytes, str]] = field(default_factory=list)

    @property
    def gateway(self) -> Gateway:
        found: Gateway = self.database.tools.gateway
        return found

    @property
    def stripe(self) -> Any:
        """The SDK itself, for what people do at the gateway's own pages."""
        return self.gateway._stripe

    def trigger(self, control: str, **given: Any) -> dict[str, Any]:
        return self.gateways.trigger(control, **given)

    # ------------------------------------------------------------ what happens

    def an_order(self, *lines: tuple[str, int], **changes: Any) -> Placed:
        with self.database.work() as work:
            return an_order(work, self.company.shop, *(lines or [(KETTLE, 2)]), **changes)

    def checkout(self, placed: Placed) -> str:
        """The session where this order is paid."""
        payments.start(
            self.database, placed.home_id, placed.order_id,
            success_url="http://127.0.0.1:9/thanks", cancel_url="http://127.0.0.1:9/cart",
        )  # fmt: skip
        return str(self.payment(placed).session_id)

    def a_paid_order(
        self, *lines: tuple[str, int], card: str = "success", **changes: Any
    ) -> Placed:
        placed = self.an_order(*lines, **changes)
        self.trigger("sessions/pay", session=self.checkout(placed), card=card)
        payments.settle_session(self.database, self.payment(placed).session_id)
        self.drain()
        return placed

    def a_delivered_order(self, *lines: tuple[str, int], card: str = "success") -> Placed:
        placed = self.a_paid_order(*lines, card=card)
        with self.database.work() as work:
            rows = work.rows(
                "SELECT home_id, order_id, line_no, quantity FROM order_line WHERE order_id = %(id)s",
                id=placed.order_id,
            )
            gone = [orders.LineQuantity(*row) for row in rows]
            orders.record_shipment(work, gone)
            orders.record_delivery(work, gone)
        self.drain()
        return placed

    def holds_end(self) -> None:
        self.clock.move(timedelta(days=33))
        with self.database.work() as work:
            earnings.release(work, self.clock.now().date())

    def drain(self) -> None:
        worker.drain(self.database, seconds=60)

    def retries_are_due(self) -> None:
        """As if the back-off of everything that waits were over."""
        with self.database.work() as work:
            work.run("UPDATE fact_waiting SET next_at = clock_timestamp() WHERE state = 'waiting'")

    def try_again(self, times: int = 3) -> None:
        for _ in range(times):
            self.retries_are_due()
            self.drain()

    # ------------------------------------------------------------ webhook events

    def collect(self) -> list[tuple[bytes, str]]:
        """Every webhook event so far: until the gateway says that none is on its way."""
        self.trigger("webhooks/resume")
        until(lambda: self.trigger("webhooks/waiting")["waiting"] == 0)
        events = self.gateways.receiver.events
        came = [events.get_nowait() for _ in range(events.qsize())]
        self.kept += came
        return came

    def read(self, events: list[tuple[bytes, str]]) -> None:
        """Take webhook events in as the webhook endpoint does: verified, then kept."""
        for raw, signature in events:
            event: WebhookEvent = verify(raw, signature, (SECRET,))
            with self.database.work(GATEWAY) as work:
                inbox.receive(
                    work, provider="stripe", account=event.account, event_id=event.event_id,
                    type=event.type, object_id=event.object_id, api_version=event.api_version,
                    payload=raw, happened_at=event.happened_at,
                    intent_id=event.intent_id,
                )  # fmt: skip

    def webhook_events_arrive(self) -> list[str]:
        """All webhook events so far arrive and are applied; their types."""
        events = self.collect()
        self.read(events)
        self.drain()
        return [json.loads(raw)["type"] for raw, _ in events]

    def another_webhook_event(self, kind: str, object_id: str, account: str = "") -> None:
        """Another webhook event about the same thing, as the gateway sends for any change of it."""
        with self.database.work(GATEWAY) as work:
            count = work.value("SELECT count(*) FROM inbox")
            inbox.receive(
                work, provider="stripe", account=account, event_id=f"evt_again_{count}", type=kind,
                object_id=object_id, api_version="", payload=b"{}", happened_at=work.now(),
            )  # fmt: skip
        self.drain()

    # ------------------------------------------------------------ what is seen

    def payment(self, placed: Placed) -> Any:
        with self.database.work(SYSTEM) as work:
            return work.row(
                "SELECT * FROM payment WHERE order_id = %(id)s ORDER BY attempt DESC LIMIT 1",
                id=placed.order_id,
            )

    def order(self, placed: Placed) -> Any:
        with self.database.work(SYSTEM) as work:
            return work.row("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)

    def rows(self, sql: str, **values: Any) -> list[Any]:
        with self.database.work(SYSTEM) as work:
            return work.rows(sql, **values)

    def balances(self, *owners: int) -> dict[tuple[int, str], int]:
        from mainstem import ledger

        with self.database.work(SYSTEM) as work:
            found = ledger.balances(work, owners)
        return {(owner, account): minor for (owner, account, _), minor in found.items() if minor}

    def every_check_passes(self) -> None:
        with self.database.work(SYSTEM) as work:
            assert [finding for finding in invariants.check(work) if finding.wrong] == []
            assert accounting.unexplained(work) == [], "say it in the guide for the accountant"

    def money_at_the_gateway(self) -> None:
        """Enough for every refund and payout."""
        self.stripe.v1.topups.create(
            {"amount": 10_000_000, "currency": "sek", "description": "From the bank"}
        )

    def affiliate_account(self, affiliate_id: int, standing: str = "active") -> str:
        """An affiliate's account at the gateway, in this standing."""
        account = payments.open_account(self.database, affiliate_id, currency="SEK")
        self.trigger("accounts/standing", account=account, standing=standing)
        payments.account_changed(self.database, account)
        return account


def a_harness(database_url: str, clock: FixedClock, gateways: Gateways) -> Harness:
    """A company with the gateway in its tools, and no webhook event waiting in its receiver."""
    while not gateways.receiver.events.empty():
        gateways.receiver.events.get()
    gateways.trigger("faults/clear")
    gateway = Gateway("sk_test_embedded_harness", api_base=gateways.url, retries=0)
    database = Database(database_url, clock=clock, tools=flow.tools(gateway=gateway), pool=6)
    # Every company has affiliates of its own at the gateway that these tests share.
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(f"ALTER SEQUENCE affiliate_id_seq RESTART WITH {next(_ids)}")
    with database.work() as work:
        company = a_company(work)
    harness = Harness(database, clock, gateways, company)
    harness.money_at_the_gateway()
    return harness


_ids = itertools.count(1000, 1000)
