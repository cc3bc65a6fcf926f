"""A webhook receiver on loopback: keeps raw bodies and signatures, judges each event."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from stripe_conformance import Broken, judge_event
from tests.waits import PATIENCE


@dataclass(frozen=True)
class Received:
    route: str
    body: bytes
    signature: str

    @property
    def event(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


def is_about(kind: str, id: str, event: dict[str, Any]) -> bool:
    """Whether an event is of this kind and about the object of this id."""
    return bool(event["type"] == kind and event["data"]["object"]["id"] == id)


class Receiver:
    """Answers 200, or whatever `answer` says; `problems` must be empty at the end."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.problems: list[str] = []
        self.answer = 200
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers.get("Stripe-Signature", "")
                receiver.take(Received(self.path, body, signature))
                self.send_response(receiver.answer)
                self.send_header("Content-Length", "0")
                self.send_header("Connection", "close")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def take(self, received: Received) -> None:
        try:
            judge_event(received.body)
        except Broken as broken:
            self.problems.append(str(broken))
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()

    def wait_for(
        self, fits: Callable[[dict[str, Any]], bool], *, count: int = 1, seconds: float = PATIENCE
    ) -> list[Received]:
        """The deliveries that fit, once there are `count` of them."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                found = [r for r in self.received if fits(r.event)]
                if len(found) >= count:
                    return found
                left = end - time.monotonic()
                if left <= 0:
                    types = [r.event["type"] for r in self.received][-20:]
                    raise AssertionError(f"{len(found)} of {count} came; last seen: {types}")
                self._changed.wait(left)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
