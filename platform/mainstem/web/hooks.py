"""The doors for letters from outside: kept as they came, answered at once, worked on later."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, post

from mainstem import payments
from mainstem.kit import inbox
from mainstem.kit.errors import Refused
from mainstem.kit.work import GATEWAY, Work
from mainstem.web.house import house_of
from mainstem.web.works import in_work

BODY_MAX = 1_000_000


class WrongMode(Refused):
    """A letter of the gateway's test mode came to a live house, or the other way round."""

    code = "wrong_mode"
    status = 400
    message = "This letter is of the other mode: test letters and live ones are never mixed."


@post(["/stripe/platform", "/stripe/connect"], status_code=200)
async def stripe_letter(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep a letter of Stripe's that one of our secrets signed. The same letter again is fine."""
    settings = house_of(request).settings
    raw = await request.body()
    signature = request.headers.get("stripe-signature")
    if signature is None:
        raise payments.LetterRefused(why="there is none")
    letter = payments.verify(raw, signature, settings.stripe_webhook_secrets)
    if letter.livemode != settings.stripe_livemode:
        raise WrongMode

    def keep(work: Work) -> None:
        inbox.receive(
            work,
            provider="stripe",
            account=letter.account,
            event_id=letter.event_id,
            type=letter.type,
            object_id=letter.object_id,
            api_version=letter.api_version,
            payload=raw,
            happened_at=letter.happened_at,
            intent_id=letter.intent_id,
        )

    await in_work(request, GATEWAY, keep)
    return Response(b"", media_type="text/plain")


routes = [
    Router(
        "/webhooks",
        route_handlers=[stripe_letter],
        # Signed, and no cookie is looked at.
        opt={"csrf": "exempt"},
        include_in_schema=False,
        request_max_body_size=BODY_MAX,
    )
]
