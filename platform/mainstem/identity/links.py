"""Signed links: a client without an account opens her own order or quote, and nobody else's."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadData, TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode

from mainstem.kit.errors import NotFound

# As long as she may complain about what she bought; a quote is answered or forgotten by then.
ORDER_DAYS = 3 * 365 + 30
QUOTE_DAYS = 120


def client_link(
    secret: str, home_id: int, order_id: UUID, *, made_at: datetime | None = None
) -> str:
    """The token of an order's page. The same `made_at` gives the same token; otherwise it is now."""
    return _sign(secret, "order", home_id, order_id, made_at)


def read_client_link(secret: str, token: str) -> tuple[int, UUID]:
    """The home and id of the order that the token opens; NotFound for any other text."""
    return _read(secret, "order", token, timedelta(days=ORDER_DAYS))


def quote_link(secret: str, home_id: int, quote_id: UUID) -> str:
    """The token of a quote's page. It opens no order."""
    return _sign(secret, "quote", home_id, quote_id)


def read_quote_link(secret: str, token: str) -> tuple[int, UUID]:
    """The home and id of the quote that the token opens; NotFound for any other text."""
    return _read(secret, "quote", token, timedelta(days=QUOTE_DAYS))


class _Signer(TimestampSigner):
    """Signs as of an instant, when one is given."""

    made_at: datetime | None = None

    def get_timestamp(self) -> int:
        return int(self.made_at.timestamp()) if self.made_at else super().get_timestamp()


def _signer(secret: str, purpose: str) -> _Signer:
    return _Signer(
        secret,
        salt=f"mainstem.{purpose}-link",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )


def _sign(
    secret: str, purpose: str, home_id: int, id: UUID, made_at: datetime | None = None
) -> str:
    signer = _signer(secret, purpose)
    signer.made_at = made_at
    content = base64_encode(id.bytes + home_id.to_bytes(8, "big"))
    return signer.sign(content).decode()


def _read(secret: str, purpose: str, token: str, age_max: timedelta) -> tuple[int, UUID]:
    try:
        signer = _signer(secret, purpose)
        content = base64_decode(signer.unsign(token, max_age=int(age_max.total_seconds())))
        # The last letter of a part has bits to spare: only one way of writing them is ours.
        if any(base64_encode(base64_decode(part)).decode() != part for part in token.split(".")):
            raise NotFound(purpose)
    except (BadData, ValueError):
        raise NotFound(purpose) from None
    assert len(content) == 24, "we signed it"
    return int.from_bytes(content[16:], "big"), UUID(bytes=content[:16])
