"""Works for requests: one Work, committed before the answer leaves, undone when it says no.

The framework looks for what a handler asks for side by side, and forgets to close what it has
found when one of them fails. A Work that waits on something of its own, as these do on `request_context`, is
looked for when all the rest is there, and alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from mainstem.kit.clock import Clock
from mainstem.kit.work import CLIENT, COMPANY, Actor, Work
from mainstem.web.context import (
    Busy,
    Connection,
    RequestContext,
    app_context_of,
    request_context_of,
)

T = TypeVar("T")
WAIT_SECONDS = 5.0


async def staff_work(
    request: Request[Any, Any, Any], request_context: NamedDependency[RequestContext]
) -> AsyncGenerator[Work, None]:
    """The company's Work, done by the member of staff who asks."""
    identity = request_context.identity
    assert identity is not None, "a guard has let them in"
    async with _opened(request, Actor("staff", str(identity.person_id))) as work:
        yield work


async def affiliate_work(
    request: Request[Any, Any, Any], request_context: NamedDependency[RequestContext]
) -> AsyncGenerator[Work, None]:
    """Work bound by the database to the affiliate who asks."""
    home = request_context.affiliate_id
    assert home is not None, "a guard has let them in"
    async with _opened(request, Actor("affiliate", str(home)), home=home) as work:
        yield work


async def client_work(
    request: Request[Any, Any, Any], request_context: NamedDependency[RequestContext]
) -> AsyncGenerator[Work, None]:
    """The company's Work on behalf of a visitor. What they may see, the page decides."""
    async with _opened(request, CLIENT) as work:
        yield work


async def storefront_work(
    request: Request[Any, Any, Any], request_context: NamedDependency[RequestContext]
) -> AsyncGenerator[Work, None]:
    """Work bound by the database to the home of the storefront whose key was shown."""
    key = request_context.storefront
    assert key is not None, "a guard has let it in"
    actor = Actor("storefront", str(key.storefront_id))
    async with _opened(request, actor, home=key.home_id) as work:
        yield work


async def integration_work(
    request: Request[Any, Any, Any], request_context: NamedDependency[RequestContext]
) -> AsyncGenerator[Work, None]:
    """The company's Work, done by a program of its own whose key was shown."""
    key = request_context.api_key
    assert key is not None, "a guard has let it in"
    async with _opened(request, Actor("integration", str(key.id))) as work:
        yield work


async def in_work(
    connection: Connection,
    actor: Actor,
    do: Callable[[Work], T],
    *,
    clock: Clock | None = None,
    home: int = COMPANY,
) -> T:
    """What `do` gives in a short Work of its own, in one go, off the event loop. It is the
    company's, or bound to one affiliate's `home`."""
    app_context = app_context_of(connection)

    def run() -> T:
        with app_context.database.work(actor, clock=clock, home=home) as work:
            work.id = request_context_of(connection).id
            return do(work)

    async with _place(connection):
        return await sync_to_thread(run)


@asynccontextmanager
async def _opened(
    request: Request[Any, Any, Any], actor: Actor, *, home: int = COMPANY
) -> AsyncIterator[Work]:
    request_context = request_context_of(request)
    opening = app_context_of(request).database.work(actor, home=home)
    async with _place(request):
        work = await sync_to_thread(opening.__enter__)
        work.id = request_context.id
        try:
            yield work
        except BaseException as error:
            await sync_to_thread(opening.__exit__, type(error), error, error.__traceback__)
            raise
        if request_context.roll_back:
            await sync_to_thread(work.session.rollback)
        await sync_to_thread(opening.__exit__, None, None, None)


@asynccontextmanager
async def _place(connection: Connection) -> AsyncIterator[None]:
    places = app_context_of(connection).places
    try:
        await asyncio.wait_for(places.acquire(), WAIT_SECONDS)
    except TimeoutError:
        raise Busy from None
    try:
        yield
    finally:
        places.release()
