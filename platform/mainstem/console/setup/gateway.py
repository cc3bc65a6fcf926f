"""The gateway asked from a page: off the threads that serve pages, not too often, and with its silence told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.telemetry import log
from mainstem.kit.work import Actor
from mainstem.payments import GatewayUnavailable
from mainstem.setup import Connection
from mainstem.web.context import app_context_of
from mainstem.web.staff.layout import HttpRequest, reader_of

T = TypeVar("T")


class GatewaySilent(Refused):
    """There was no answer, so nothing is known."""

    code = "gateway_silent"
    status = 409
    message = "Stripe does not answer just now, so nothing was found out. Try again in a minute."


class AskedTooSoon(Refused):
    """Somebody presses faster than the gateway should be asked."""

    code = "asked_too_soon"
    status = 429
    message = "Stripe was asked a moment ago. Wait ten seconds."


async def ask(
    request: HttpRequest, verb: Callable[[Database, Actor, Connection], T], key: str | None = None
) -> T:
    """What a verb finds that asks the gateway, off the threads that serve pages."""
    database, connection = app_context_of(request).database, connection_of(request, key)
    try:
        return await asyncio.to_thread(verb, database, actor_of(request), connection)
    except GatewayUnavailable as trouble:
        log("console").warning("the gateway did not answer", cause=str(trouble)[:300])
        raise GatewaySilent from trouble


def connection_of(request: HttpRequest, key: str | None = None) -> Connection:
    """How the gateway is reached: with the machine's key, or with one that is tried."""
    config = app_context_of(request).settings
    return Connection(
        config.stripe_key if key is None else key,
        config.stripe_api_base,
        config.public_url,
        config.demo,
        None if key or config.is_embedded else len(set(config.stripe_webhook_secrets)),
    )


def actor_of(request: HttpRequest) -> Actor:
    """Whoever reads, as an actor."""
    return Actor("staff", str(reader_of(request).person_id))


def refuse_haste(request: HttpRequest, what: str) -> None:
    """Raise AskedTooSoon where somebody asks the gateway again within seconds."""
    who = reader_of(request).person_id
    if not app_context_of(request).gateway_throttle.allows(f"setup:{what}:{who}"):
        raise AskedTooSoon
