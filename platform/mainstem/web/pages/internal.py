"""What a web server before us asks: whether it may get a certificate for a host."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from mainstem.kit.peers import is_among
from mainstem.web.context import app_context_of, network_address
from mainstem.web.own_hosts import known_hosts
from mainstem.web.throttle import WrongTries

HOST_MAX = 253
_LOOPBACK = ("127.0.0.0/8", "::1/128")


class HostQuestions(WrongTries):
    """Questions for hosts that nobody has proved, by who asks."""

    def __init__(self) -> None:
        super().__init__(120, 60)


@get("/internal/domain")
async def may_serve(
    request: Request[Any, Any, Any], domain: FromQuery[str] = ""
) -> Response[bytes]:
    """200 for a host that a storefront has proved, 404 for any other: the `ask` of Caddy's on-demand TLS.

    Only what runs beside us is answered, and the proxies that we were told of; never what they pass on.
    """
    app_context, peer = app_context_of(request), network_address(request)
    passed_on = {"x-forwarded-for", "forwarded"} & {name.lower() for name in request.headers}
    if passed_on or not is_among(peer, (*_LOOPBACK, *app_context.settings.proxies)):
        return Response(b"", status_code=404)
    tries = app_context.parts.get(HostQuestions)
    if seconds := tries.wait(peer):
        return Response(b"", status_code=429, headers={"retry-after": str(seconds)})
    host = domain.strip().rstrip(".").lower()[:HOST_MAX]
    if host and await known_hosts(app_context).slug_of(app_context, host) is not None:
        return Response(b"", status_code=200)
    tries.wrong(peer)
    return Response(b"", status_code=404)


routes = [may_serve]
