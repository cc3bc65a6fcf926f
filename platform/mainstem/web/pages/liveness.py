"""Whether the application lives, and whether it can serve."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, get

from mainstem.kit.work import SYSTEM
from mainstem.web.health import is_current
from mainstem.web.works import in_work


@get("/health/live")
async def live() -> dict[str, str]:
    """Whether this process answers."""
    return {"status": "alive"}


@get("/health/ready")
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Whether it may get traffic: a page would get its place, and the database answers with the
    schema of this version."""
    looking = asyncio.ensure_future(in_work(request, SYSTEM, is_current))
    # Its failure may come when nobody waits for it any more.
    looking.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        # Who stops waiting does not stop the thread: the place is free when the connection is.
        is_ready = await asyncio.wait_for(asyncio.shield(looking), 3)
    except Exception as error:
        return Response({"status": "not ready", "why": type(error).__name__}, status_code=503)
    if not is_ready:
        return Response({"status": "not ready", "why": "migrations"}, status_code=503)
    return Response({"status": "ready"})


routes = [live, ready]
