"""Start the gateway: in this process for good, or beside the caller for a while."""

import asyncio
import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mainstem_gateway import endpoints
from mainstem_gateway.server import Gateway
from mainstem_gateway.unit_of_work import Settings


@dataclass(frozen=True)
class Webhook:
    """An endpoint known from the start. `kind` is platform, connect or thin."""

    kind: str
    url: str
    secret: str
    events: tuple[str, ...] = ("*",)


class NotLoopback(ValueError):
    """The gateway takes any test key, so it must not be reachable from outside."""


class _Protocol(HttpToolsProtocol):
    """Lets an ordered fault close the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["mainstem.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


def build_app(
    store_path: Path | str,
    clock: Callable[[], float] = time.time,
    *,
    settings: Settings | None = None,
    base_url: str = "",
    webhooks: tuple[Webhook, ...] = (),
    proof: str = "",
) -> Gateway:
    """The gateway as an ASGI application over a store."""
    gateway = Gateway(
        Path(store_path), clock=clock, settings=settings, base_url=base_url, proof=proof
    )
    for webhook in webhooks:
        with gateway.unit() as unit:
            endpoints.ensure(unit, webhook.kind, webhook.url, webhook.secret, webhook.events)
    return gateway


def serve(
    store_path: Path | str,
    *,
    host: str = "127.0.0.1",
    port: int = 8420,
    fd: int | None = None,
    settings: Settings | None = None,
    webhooks: tuple[Webhook, ...] = (),
    clock: Callable[[], float] = time.time,
    proof: str = "",
) -> None:
    """Serve until told to stop, on a new socket or on one that was handed over as `fd`.

    Raises NotLoopback for any other host, StoreInUse for a twin.
    """
    listener = _listen(host, port) if fd is None else _handed_over(fd)
    base_url = _address(listener)
    gateway = build_app(
        store_path, clock, settings=settings, base_url=base_url, webhooks=webhooks, proof=proof
    )
    sys.stdout.write(f"Embedded gateway, TEST MODE: {base_url}  (people: {base_url}/__gateway/)\n")
    sys.stdout.flush()
    _server(gateway).run(sockets=[listener])


@contextlib.contextmanager
def running(
    store_path: Path | str,
    *,
    settings: Settings | None = None,
    webhooks: tuple[Webhook, ...] = (),
    clock: Callable[[], float] = time.time,
    port: int = 0,
) -> Iterator[str]:
    """The gateway's address, while it runs in a thread of this process."""
    listener = _listen("127.0.0.1", port)
    base_url = _address(listener)
    gateway = build_app(store_path, clock, settings=settings, base_url=base_url, webhooks=webhooks)
    server = _server(gateway)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), name="gateway", daemon=True
    )
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the embedded gateway did not start")
            time.sleep(0.005)
        yield base_url
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def _server(gateway: Gateway) -> uvicorn.Server:
    config: dict[str, Any] = {
        "http": _Protocol, "ws": "none", "lifespan": "on", "log_level": "warning",
        "access_log": False, "server_header": False, "timeout_graceful_shutdown": 2,
    }  # fmt: skip
    return uvicorn.Server(uvicorn.Config(gateway, **config))


def _listen(host: str, port: int) -> socket.socket:
    loopback = host == "localhost" or _is_loopback(host)
    if not loopback:
        raise NotLoopback(f"The embedded gateway listens on loopback only, not on {host}.")
    name = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    # The protocol is named because the event loop switches off Nagle's delay only for named TCP:
    # without it each answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((name, port))
        # Listening before the address is told: whoever reads it may connect at once.
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def _handed_over(fd: int) -> socket.socket:
    listener = socket.socket(fileno=fd)
    if not _is_loopback(host := listener.getsockname()[0]):
        raise NotLoopback(f"The embedded gateway listens on loopback only, not on {host}.")
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
