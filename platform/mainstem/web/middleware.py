"""The middleware around the app: whose request it is, which host it is for, what every answer carries,
and one line in the log for each."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from mainstem.kit.peers import network_of
from mainstem.kit.telemetry import log
from mainstem.web.bodies import WentAway, read_whole
from mainstem.web.context import KEY, AppContext, OwnHost, RequestContext
from mainstem.web.own_hosts import known_hosts, path_inside, url_outside
from mainstem.web.static import ROOT

_COMMON = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


# A name or an address, or an IPv6 literal, and at most a port behind it.
_HOST = re.compile(r"([^\[\]:@/]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_SHOWN_WHOLE = ("/", "/programme")
_SHOWN_TO_SEARCH = ("/s/", "/media/", "/theme/", "/robots.txt", "/sitemap.xml", f"{ROOT}/")
# One visitor's, and what is no page of its own.
_NOT_SHOWN = re.compile(r"/s/[^/]+/(ask|asked|basket|checkout|search|track)(/|$)")
_ANY_HOST = ("/health/", "/internal/")
"""What machines beside us ask, by whatever name they know us."""

_COOKIE = b"cookie"  # who has none is nobody who may upload, and need not be listened to for long


_PLAIN = "text/plain; charset=utf-8"
_TURNED_AWAY = (401, 403, 429)


class AppMiddleware:
    """Wraps the app; everything that reaches or leaves it passes here."""

    def __init__(
        self,
        app: ASGIApp,
        app_context: AppContext,
        *,
        body_max: int,
        uploads: Mapping[str, int] | None = None,
    ) -> None:
        """No body is read further than `body_max`; those of `uploads`, by path, than it says."""
        self._app = app
        self._uploads = uploads or {}
        self._app_context = app_context
        self._body_max = body_max
        self._headers = [
            (name.encode(), value.encode()) for name, value in security_headers(app_context).items()
        ]
        # What else an affiliate has below their name is not ours to promise.
        self._headers_of_own = [
            (name, value.replace(b"; includeSubDomains", b"")) for name, value in self._headers
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_context, started = RequestContext(), time.perf_counter()
        cast("dict[str, Any]", scope)[KEY] = request_context
        method = scope["method"]
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = self._with_headers(list(message.get("headers", [])), request_context)
                if own := request_context.own:
                    headers = [_outside(own, *header) for header in headers]
                if status >= 400 or not _may_be_found(scope["path"]):
                    # Pages of one client, affiliate or member of staff are no search engine's.
                    headers.append((b"x-robots-tag", b"noindex, nofollow, noarchive"))
                message["headers"] = headers
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        with structlog.contextvars.bound_contextvars(work=str(request_context.id)):
            try:
                await self._answer(scope, receive, send_with_headers)
            except WentAway:
                status = 499  # as proxies write it down; nobody is there to be answered
            finally:
                if request_context.form is not None:
                    # Files that came with a form lie in temporary files; a refused form leaves them.
                    await request_context.form.close()
                # The pattern and not the path: a path may hold a client's signed link, and
                # one that leads nowhere whatever its sender liked.
                route = scope.get("path_template") or "nowhere"
                if status in _TURNED_AWAY:
                    _note_refusal(scope, request_context, route, status)
                log("web").info(
                    "request",
                    method=method,
                    route=route,
                    status=status,
                    ms=round((time.perf_counter() - started) * 1000, 1),
                )

    async def _answer(self, scope: Any, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if not scope["path"].startswith(_ANY_HOST) and not await self._is_ours(
            scope, headers.get(b"host", b"")
        ):
            await _send(send, 400, {"content-type": _PLAIN}, b"This host is not ours.")
            return
        path = scope["path"]
        if path.startswith(f"{ROOT}/") and scope["method"] in ("GET", "HEAD"):
            found = self._app_context.files.answer(path, headers)
            if found is not None:
                scope["path_template"] = ROOT
                await _send(send, found.status, found.headers, found.body)
                return
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
        is_somebody = _COOKIE in headers or b"authorization" in headers
        most = self._uploads.get(path, self._body_max) if is_somebody else self._body_max
        await self._app(scope, await read_whole(scope, receive, most), send)

    async def _is_ours(self, scope: Any, host: bytes) -> bool:
        """Whether we answer to this host: as the company, or as the storefront that has proved it."""
        typed = host.decode("latin-1").lower()
        found = _HOST.fullmatch(typed)
        if found is None or found[1] in self._app_context.hosts:
            return found is not None
        slug = await known_hosts(self._app_context).slug_of(self._app_context, found[1].rstrip("."))
        if slug is None:
            return False
        own = scope[KEY].own = OwnHost(typed, slug)
        scope["path"] = path_inside(own, scope["path"])
        scope["raw_path"] = scope["path"].encode()
        return True

    def _with_headers(
        self, headers: list[tuple[bytes, bytes]], request_context: RequestContext
    ) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in headers}
        common = self._headers_of_own if request_context.own else self._headers
        headers += [(name, value) for name, value in common if name not in names]
        if b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        headers.append((b"x-request-id", str(request_context.id).encode()))
        headers += [
            (b"set-cookie", cookie.OutputString().encode("latin-1"))
            for cookie in request_context.cookies.values()
        ]
        return headers


def _outside(own: OwnHost, name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header of an answer on an own host, with its address as it is there."""
    if name.lower() not in (b"location", b"hx-redirect"):
        return name, value
    return name, url_outside(own, value.decode("latin-1")).encode("latin-1")


def _may_be_found(path: str) -> bool:
    """Whether a search engine may show a page."""
    return path in _SHOWN_WHOLE or (
        path.startswith(_SHOWN_TO_SEARCH) and not _NOT_SHOWN.match(path)
    )


def _note_refusal(scope: Scope, known: RequestContext, route: str, status: int) -> None:
    """One line for whoever was turned away: guesses and forged forms are found by it. The network
    is there and not the address of a home's every machine; what was sent is not."""
    client = scope.get("client")
    who = ""
    if known.identity is not None:
        who = f"person:{known.identity.person_id}"
    elif known.api_key is not None:
        who = f"integration:{known.api_key.id}"
    elif known.storefront is not None:
        who = f"storefront:{known.storefront.storefront_id}"
    log("web").warning(
        "refused",
        route=route,
        status=status,
        code=known.refused,
        who=who,
        network=network_of(client[0]) if client else "",
    )


def security_headers(app_context: AppContext) -> dict[str, str]:
    """What every answer tells the browser not to do."""
    targets = " ".join(["'self'", *app_context.form_targets])
    policy = (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"font-src 'self'; form-action {targets}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )
    headers = _COMMON | {"content-security-policy": policy}
    if app_context.secure:
        headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return headers


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    if status != 304:
        sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})
