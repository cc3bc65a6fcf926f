"""The body of a request, read whole before anything is opened for it.

While a body is still on its way, nothing of ours waits for it: no Work, no place, no thread. Who
goes away before its end has cost us nothing but the bytes that came. How long it may take is the
server's to say (`connections`); how much one route takes, the framework's, once it knows the route.
"""

from __future__ import annotations

from litestar.types import HTTPReceiveMessage, Receive, Scope, WebSocketReceiveMessage
from litestar.types.asgi_types import HTTPRequestEvent


class WentAway(Exception):
    """The other end closed the connection before its request was whole."""


async def read_whole(scope: Scope, receive: Receive, most: int) -> Receive:
    """A `receive` that gives the body at once, then whatever the server says next.

    Of a body that is longer than `most` the rest stays unread: what is given is longer than any
    route takes, or says of itself that it is. Raises WentAway.
    """
    headers = {name: value for name, value in scope["headers"] if name in _ABOUT_BODIES}
    length = headers.get(b"content-length", b"0")
    if not headers or (length == b"0" and b"transfer-encoding" not in headers):
        return _given([], receive)
    if length.isdigit() and int(length[:20]) > most:
        return receive  # The framework refuses it by its length, before it reads any of it.
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= most:
        message = await receive()
        if message["type"] != "http.request":
            raise WentAway
        parts.append(message["body"])
        size += len(message["body"])
        more = message["more_body"]
    return _given(parts, receive)


_ABOUT_BODIES = frozenset({b"content-length", b"transfer-encoding"})


def _given(parts: list[bytes], then: Receive) -> Receive:
    whole: list[HTTPRequestEvent] = [
        {"type": "http.request", "body": b"".join(parts), "more_body": False}
    ]

    async def receive() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        return whole.pop() if whole else await then()

    return receive
