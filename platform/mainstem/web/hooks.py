"""The doors for letters from outside: kept as they came, answered at once, worked on later."""

from __future__ import annotations

import time
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
    reason = "wrong_mode"


class OtherAccount(Refused):
    """A letter about an account at the gateway that is none of ours."""

    code = "other_account"
    status = 400
    message = "This letter is about the account {account}, which is none of ours."
    reason = "other_account"


NOTED_SECONDS = 1.0
"""So often at most is a refusal of one reason written down; what came meanwhile is counted with it."""


@post(["/stripe/platform", "/stripe/connect"], status_code=200)
async def stripe_letter(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep a letter of Stripe's that one of our secrets signed. The same letter again is fine."""
    raw = await request.body()
    letter: payments.Letter | None = None
    try:
        letter = _verified(request, raw)
        await _keep(request, raw, letter)
    except (payments.LetterRefused, WrongMode, OtherAccount) as no:
        await _note(request, no.reason, letter)
        raise
    return Response(b"", media_type="text/plain")


def _verified(request: Request[Any, Any, Any], raw: bytes) -> payments.Letter:
    settings = house_of(request).settings
    signature = request.headers.get("stripe-signature")
    if signature is None:
        raise payments.LetterRefused(why="there is none", reason="unsigned")
    letter = payments.verify(raw, signature, settings.stripe_webhook_secrets)
    if letter.livemode != settings.stripe_livemode:
        raise WrongMode
    return letter


async def _keep(request: Request[Any, Any, Any], raw: bytes, letter: payments.Letter) -> None:
    def keep(work: Work) -> None:
        if not payments.is_ours(work, letter):
            raise OtherAccount(account=letter.account or letter.object_id)
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


async def _note(
    request: Request[Any, Any, Any], reason: str, letter: payments.Letter | None
) -> None:
    """Have staff see it. Whoever knocks a thousand times a second costs one row a second."""
    kept: dict[str, tuple[float, int]] = request.app.state.setdefault("refused_letters", {})
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
            type=letter.type if letter else "",
            account=letter.account if letter else "",
        )

    await in_work(request, GATEWAY, note)


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
