"""From an order to the gateway's page, or to the order's own when that cannot be reached."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request

from mainstem import domains, payments
from mainstem.identity import client_link
from mainstem.kit.telemetry import log
from mainstem.kit.work import CLIENT
from mainstem.orders import (
    OrderWanted,
    Placed,
)
from mainstem.payments import Checkout, GatewayUnavailable, OrderNotPayable
from mainstem.web import app_context_of, redirect, request_context_of
from mainstem.web.own_hosts import origin_url
from mainstem.web.works import in_work
from mainstem_affiliates.intake import InProgress, Intake
from mainstem_affiliates.storefront.layout import Page

T = TypeVar("T")

_PAUSE_MAX = 4.0

_TWIN_SECONDS = 1.0


async def place(
    request: Request[Any, Any, Any], wanted: OrderWanted
) -> tuple[Placed, Checkout | None]:
    """The one way an order leaves this storefront; with the checkout of one that is new."""
    urls = _urls(request)
    return await patiently(
        lambda: app_context_of(request).parts.get(Intake).order_to_pay(wanted, urls)
    )


def _urls(request: Request[Any, Any, Any]) -> Callable[[int, UUID], tuple[str, str]]:
    secret, origin = app_context_of(request).settings.secret, origin_url(request)

    def of(home_id: int, order_id: UUID) -> tuple[str, str]:
        there = f"{origin}/order/{client_link(secret, home_id, order_id)}"
        return f"{there}/return", there

    return of


async def begun_here(request: Request[Any, Any, Any], home_id: int, subject: UUID) -> None:
    """Remember that an order or a lead began on a host of the storefront's own: mail leads there."""
    if own := request_context_of(request).own:
        await in_work(
            request, CLIENT, lambda work: domains.remember(work, home_id, subject, own.host)
        )


async def patiently(send: Callable[[], Awaitable[T]]) -> T:
    """What came of a request; beside its twin it waits for that one, and both get one answer."""
    pause = 0.05
    while True:
        try:
            return await send()
        except InProgress:
            if pause > _PAUSE_MAX:
                raise
            await asyncio.sleep(pause)
            pause *= 2


async def to_payment(
    request: Request[Any, Any, Any],
    home_id: int,
    order_id: UUID,
    checkout: Checkout | None = None,
    *,
    token: str | None = None,
) -> Page:
    """On to the gateway's page; to the order's own when that cannot be reached now.

    `checkout` is what was opened with the order, if it was placed just now; `token` the link by
    which the order was opened, to which one comes back, so that nobody comes back to more.
    """
    settings, database = app_context_of(request).settings, app_context_of(request).database
    if token is None:
        token = client_link(settings.secret, home_id, order_id)
    await begun_here(request, home_id, order_id)
    there = f"{origin_url(request)}/order/{token}"
    success_url = f"{there}/return"
    began = time.monotonic()

    # On the loop's own threads: a slow gateway must not hold up those that serve pages.
    async def start() -> str:
        return await asyncio.to_thread(
            payments.start,
            database,
            home_id,
            order_id,
            success_url=success_url,
            cancel_url=there,
        )

    try:
        try:
            if checkout:
                url = await asyncio.to_thread(payments.show_checkout, database, checkout)
            else:
                url = await start()
        except GatewayUnavailable:
            if time.monotonic() - began > _TWIN_SECONDS:
                raise
            # A quick no is most often our own twin, who is just opening the same page.
            await asyncio.sleep(_TWIN_SECONDS / 2)
            url = await start()
    except OrderNotPayable:
        return redirect(request, f"/order/{token}")
    except GatewayUnavailable as trouble:
        log("storefront").warning("the gateway did not answer", cause=str(trouble)[:300])
        return redirect(request, f"/order/{token}?payment=unavailable")
    return redirect(request, url)
