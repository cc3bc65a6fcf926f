"""Own hosts: which storefront a host is, and how the addresses there differ from those here.

The application knows a storefront by `/s/<slug>`. On a host of its own that part is left out: what comes in has
it put before its path, and what goes out has it taken away. Everything else of the company is not there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from litestar.concurrency import sync_to_thread

from mainstem import domains
from mainstem.kit.work import CLIENT
from mainstem.web.context import AppContext, Connection, OwnHost, app_context_of, request_context_of

FRESH_SECONDS = 2.0
SHARED = ("/static/", "/media/", "/theme/", "/order/", "/quote/")
"""What is the same on every host."""


class OwnHosts:
    """The proved hosts, as of a moment ago."""

    def __init__(self) -> None:
        self._slugs: Mapping[str, str] | None = None
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def slug_of(self, app_context: AppContext, host: str) -> str | None:
        """The storefront of a host; None for a host that nobody has proved."""
        # While somebody looks, what was known a moment ago will do; before the first look nothing is.
        if self._is_stale() and (self._slugs is None or not self._looking.locked()):
            async with self._looking:
                if self._is_stale():
                    await self._look(app_context)
        return (self._slugs or {}).get(host)

    def _is_stale(self) -> bool:
        return time.monotonic() - self._looked_at >= FRESH_SECONDS

    async def _look(self, app_context: AppContext) -> None:
        def read() -> Mapping[str, str]:
            with app_context.database.work(CLIENT) as work:
                return domains.proved_hosts(work)

        began = time.monotonic()
        async with app_context.places:
            self._slugs = await sync_to_thread(read)
        self._looked_at = began


def path_inside(own: OwnHost, path: str) -> str:
    """The path that the application knows, of one on an own host."""
    if path.startswith(SHARED):
        return path
    return f"/s/{own.slug}" if path == "/" else f"/s/{own.slug}{path}"


def url_outside(own: OwnHost, url: str) -> str:
    """The address on an own host of one that the application gives."""
    base = f"/s/{own.slug}"
    if url == base or url.startswith((f"{base}?", f"{base}#")):
        return "/" + url[len(base) :]
    return url.removeprefix(base) if url.startswith(f"{base}/") else url


def origin_url(connection: Connection) -> str:
    """Where the reader is: the company's public address, or the host of the storefront that they are in."""
    public, own = app_context_of(connection).settings.public_url, request_context_of(connection).own
    return f"{public.partition('://')[0]}://{own.host}" if own else public


def known_hosts(app_context: AppContext) -> OwnHosts:
    """The hosts of this process."""
    return app_context.parts.get(OwnHosts)
