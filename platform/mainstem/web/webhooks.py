"""The endpoints for webhook events: kept as they came, answered at once, worked on later."""

from __future__ import annotations

import time
from typing import Any

from litestar import Request, Response, Router, post

from mainstem import payments
from mainstem.kit import inbox
from mainstem.kit.errors import Refused
from mainstem.kit.work import GATEWAY, Work
from mainstem.web.context import app_context_of
from mainstem.web.works import in_work

BODY_MAX = 1_000_000


class WrongMode(Refused):
    """A webhook event of the gateway's test mode came to a company in live mode, or the other way round."""

    code = "wrong_mode"
    status = 400
    message = "This webhook event is of the other mode: test events and live ones are never mixed."
    reason = "wrong_mode"


class OtherAccount(Refused):
    """A webhook event about an account at the gateway that is none of ours."""

    code = "other_account"
    status = 400
    message = "This webhook event is about the account {account}, which is none of ours."
    reason = "other_account"


NOTED_SECONDS = 1.0
"""So often at most is a refusal of one reason written down; what came meanwhile is counted with it."""


@post(["/stripe/platform", "/stripe/connect"], status_code=200)
async def stripe_webhook(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep an event of Stripe's that one of our secrets signed. The same event again is fine."""
    raw = await request.body()
    event: payments.WebhookEvent | None = None
    try:
        event = _verified(request, raw)
        await _keep(request, raw, event)
    except (payments.WebhookRefused, WrongMode, OtherAccount) as no:
        await _note(request, no.reason, event)
        raise
    return Response(b"", media_type="text/plain")


def _verified(request: Request[Any, Any, Any], raw: bytes) -> payments.WebhookEvent:
    settings = app_context_of(request).settings
    signature = request.headers.get("stripe-signature")
    if signature is None:
        raise payments.WebhookRefused(why="there is none", reason="unsigned")
    event = payments.verify(raw, signature, settings.stripe_webhook_secrets)
    if event.livemode != settings.stripe_livemode:
        raise WrongMode
    return event


async def _keep(request: Request[Any, Any, Any], raw: bytes, event: payments.WebhookEvent) -> None:
    def keep(work: Work) -> None:
        if not payments.is_ours(work, event):
            raise OtherAccount(account=event.account or event.object_id)
        inbox.receive(
            work,
            provider="stripe",
            account=event.account,
            event_id=event.event_id,
            type=event.type,
            object_id=event.object_id,
            api_version=event.api_version,
            payload=raw,
            happened_at=event.happened_at,
            intent_id=event.intent_id,
        )

    await in_work(request, GATEWAY, keep)


class RefusedEvents(dict[str, tuple[float, int]]):
    """By reason: when one was last noted, and how many have come since."""


async def _note(
    request: Request[Any, Any, Any], reason: str, event: payments.WebhookEvent | None
) -> None:
    """Have staff see it. Whoever sends a thousand a second costs one row a second."""
    kept = app_context_of(request).parts.get(RefusedEvents)
    last, missed = kept.get(reason, (float("-inf"), 0))
    now = time.monotonic()
    if now - last < NOTED_SECONDS:
        kept[reason] = (last, missed + 1)
        return
    kept[reason] = (now, 0)

    def note(work: Work) -> None:
        inbox.note_refused(
            work,
            reason,
            times=missed + 1,
            type=event.type if event else "",
            account=event.account if event else "",
        )

    await in_work(request, GATEWAY, note)


routes = [
    Router(
        "/webhooks",
        route_handlers=[stripe_webhook],
        # Signed, and no cookie is looked at.
        opt={"csrf": "exempt"},
        include_in_schema=False,
        request_max_body_size=BODY_MAX,
    )
]
