"""What one connection may cost: how long it may take to say what it wants, and how many there are.

The server underneath waits for ever for the end of a request, and takes headers of any length. A
request that is not whole within its time is answered 408 and closed, whatever it was for.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mainstem.kit.peers import is_among, network_of
from mainstem.kit.telemetry import log

HEAD_SECONDS = 10.0
"""From the first byte, or the connection, to the end of the headers."""

BODY_SECONDS = 30.0
"""From the end of the headers to the end of the body."""

HEAD_BYTES_MAX = 32_768
PER_ADDRESS_MAX = 200
"""Connections of one address at once. A proxy of ours brings everybody's and is not counted."""

IN_ALL_MAX = 4_096
_FILES_FOR_THE_REST = 200


class LimitedProtocol(HttpToolsProtocol):
    """The server's protocol, with an end to its patience."""

    head_seconds: ClassVar[float] = HEAD_SECONDS
    body_seconds: ClassVar[float] = BODY_SECONDS
    per_address_max: ClassVar[int] = PER_ADDRESS_MAX
    in_all_max: ClassVar[int] = IN_ALL_MAX
    proxies: ClassVar[Sequence[str]] = ()
    counted: ClassVar[Counter[str]] = Counter()

    _timer: asyncio.TimerHandle | None = None
    _network: str | None = None
    _head_bytes: int | None = 0
    """How much of the headers has come; None while they are complete."""

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or close it at once where there are too many."""
        super().connection_made(transport)
        host = self.client[0] if self.client else ""
        if not is_among(host, self.proxies):
            self._network = network_of(host)
            self.counted[self._network] += 1
        if len(self.connections) > self.in_all_max or self._is_one_too_many():
            log("web").warning("too many connections", network=self._network or host)
            transport.abort()
            return
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._wait(None)
        if self._network is not None:
            self.counted[self._network] -= 1
            if not self.counted[self._network]:
                del self.counted[self._network]
            self._network = None
        super().connection_lost(exc)

    def _is_one_too_many(self) -> bool:
        return self._network is not None and self.counted[self._network] > self.per_address_max

    # The request

    def data_received(self, data: bytes) -> None:
        """More of a request."""
        if self.transport.is_closing():
            return
        was_in_head = self._head_bytes is not None
        super().data_received(data)
        # Data that ended the headers is not counted against them: it may hold the body too.
        if was_in_head and self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(431)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._head_bytes = 0
        self._wait(self.head_seconds)

    def on_headers_complete(self) -> None:
        """Its headers are here."""
        self._head_bytes = None
        self._wait(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is here whole."""
        self._wait(None)
        super().on_message_complete()

    def _wait(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._too_slow)

    def _too_slow(self) -> None:
        self._timer = None
        if self.pipeline or self.flow.read_paused:
            # It is we who do not read on: an earlier request of this connection is under way.
            self._wait(self.body_seconds)
        elif self._head_bytes == 0:
            self.transport.close()  # Nothing was asked, so nothing is answered.
        elif self._head_bytes is None and self.cycle is not None and self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(
            STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.close()


def limited(proxies: Sequence[str] = ()) -> type[LimitedProtocol]:
    """The protocol of a server that trusts these proxies, as this machine can carry it."""
    return type("Served", (LimitedProtocol,), _limits(proxies))


def _limits(proxies: Sequence[str]) -> dict[str, Any]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = IN_ALL_MAX + _FILES_FOR_THE_REST
    if soft != resource.RLIM_INFINITY and soft < wished:
        # Every connection is an open file; a process may raise its own limit up to the hard one.
        soft = wished if hard == resource.RLIM_INFINITY else min(wished, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = IN_ALL_MAX if soft == resource.RLIM_INFINITY else max(64, soft - _FILES_FOR_THE_REST)
    return {"proxies": tuple(proxies), "counted": Counter(), "in_all_max": min(IN_ALL_MAX, most)}
