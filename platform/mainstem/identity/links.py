"""Signed links: a client without an account opens their own order or quote, and nobody else's.

A link to an order carries what may be done with it. The client's own does everything; one that goes
through other hands first, a shop's, shows the order, or shows it and lets it be paid. So does one
that is found by number and e-mail, which others may know.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import ClassVar
from uuid import UUID

from itsdangerous import BadData, BadSignature, Signer, TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode

from mainstem.kit.bulk import RowKey
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.signed import in_force

# Until the parcel, the withdrawal and its refund are long over. Whoever needs the page later finds it
# anew by number and e-mail; a quote is answered or forgotten by then.
ORDER_DAYS = 180
QUOTE_DAYS = 120
WITHDRAWAL_DAYS = 3 * 366
"""A receipt is proof: it opens for as long as one may want to show it."""
APPLICATION_DAYS = 400


class LinkTooOld(Refused):
    """The link is ours, and its time is over."""

    code: ClassVar[str] = "link_too_old"
    status: ClassVar[int] = 410
    message: ClassVar[str] = (
        "This link is too old. Find your order again by its number and your e-mail address."
    )


PAY, ANSWER = "pay", "answer"
"""What a link may let its bearer do besides looking: pay; sign off or object."""

EVERYTHING = frozenset({PAY, ANSWER})
_BITS = {PAY: 1, ANSWER: 2}


def client_link(
    secret: str,
    home_id: int,
    order_id: UUID,
    *,
    made_at: datetime | None = None,
    may: Collection[str] = EVERYTHING,
) -> str:
    """The token of an order's page. The same `made_at` gives the same token; otherwise it is now."""
    # The client's own links stay as they were before there were others.
    rights = b"" if set(may) == EVERYTHING else bytes([sum(_BITS[right] for right in may)])
    return _sign(secret, "order", home_id, order_id, made_at, rights)


@dataclass(frozen=True, slots=True)
class OrderLink:
    """A link to an order's page: whose order, what it lets its bearer do, and when it was made."""

    home_id: int
    order_id: UUID
    may: frozenset[str]
    made_at: datetime


def read_order_link(secret: str, token: str) -> OrderLink:
    """What the token opens; LinkTooOld after `ORDER_DAYS`, NotFound for any other text."""
    home_id, order_id, rights, made_at = _read(secret, "order", token, timedelta(days=ORDER_DAYS))
    if not rights:
        return OrderLink(home_id, order_id, EVERYTHING, made_at)
    may = frozenset(right for right, bit in _BITS.items() if rights[0] & bit)
    return OrderLink(home_id, order_id, may, made_at)


def read_client_link(secret: str, token: str) -> RowKey:
    """The home and id of the order that the token opens; raises as `read_order_link`."""
    link = read_order_link(secret, token)
    return link.home_id, link.order_id


def rights_of(secret: str, token: str) -> frozenset[str]:
    """What the token lets its bearer do with the order that it opens; raises as above."""
    return read_order_link(secret, token).may


def quote_link(secret: str, home_id: int, quote_id: UUID) -> str:
    """The token of a quote's page. It opens no order."""
    return _sign(secret, "quote", home_id, quote_id)


def read_quote_link(secret: str, token: str) -> RowKey:
    """The home and id of the quote that the token opens; raises as above."""
    home_id, quote_id, *_ = _read(secret, "quote", token, timedelta(days=QUOTE_DAYS))
    return home_id, quote_id


def withdrawal_link(secret: str, home_id: int, withdrawal_id: UUID) -> str:
    """The token of a withdrawal's receipt. It opens no order."""
    return _sign(secret, "withdrawal", home_id, withdrawal_id)


def read_withdrawal_link(secret: str, token: str) -> RowKey:
    """The home and id of the withdrawal that the token opens; raises as above."""
    home_id, id, *_ = _read(secret, "withdrawal", token, timedelta(days=WITHDRAWAL_DAYS))
    return home_id, id


def application_link(secret: str, application_id: UUID, *, made_at: datetime | None = None) -> str:
    """The token of an application's page. It opens nothing else."""
    return _sign(secret, "application", 0, application_id, made_at)


def read_application_link(secret: str, token: str) -> UUID:
    """The application that the token opens; NotFound for any other text, and for one that is too old."""
    try:
        _, application_id, *_ = _read(
            secret, "application", token, timedelta(days=APPLICATION_DAYS)
        )
    except LinkTooOld:
        raise NotFound("application") from None
    return application_id


class _Signer(TimestampSigner):
    """Signs as of an instant, when one is given."""

    made_at: datetime | None = None

    def get_timestamp(self) -> int:
        return int(self.made_at.timestamp()) if self.made_at else super().get_timestamp()


def _signer(secret: str, purpose: str) -> _Signer:
    return _Signer(_key(secret, purpose), key_derivation="none", digest_method=hashlib.sha256)


@cache
def _key(secret: str, purpose: str) -> bytes:
    """The key of this purpose alone, derived once: each order that is placed signs a link."""
    salt = f"mainstem.{purpose}-link"
    return Signer(secret, salt, key_derivation="hmac", digest_method=hashlib.sha256).derive_key()


def _sign(
    secret: str,
    purpose: str,
    home_id: int,
    id: UUID,
    made_at: datetime | None = None,
    rights: bytes = b"",
) -> str:
    signer = _signer(secret, purpose)
    signer.made_at = made_at
    content = base64_encode(id.bytes + home_id.to_bytes(8, "big") + rights)
    return signer.sign(content).decode()


def _unsigned(secret: str, purpose: str, token: str) -> tuple[bytes, datetime]:
    """What was signed, and when, by any secret in force; raises BadData."""
    for before in in_force(secret)[1:]:
        with suppress(BadSignature):
            return _signer(before, purpose).unsign(token, return_timestamp=True)
    return _signer(secret, purpose).unsign(token, return_timestamp=True)


def _read(
    secret: str, purpose: str, token: str, age_max: timedelta
) -> tuple[int, UUID, bytes, datetime]:
    try:
        signed, made_at = _unsigned(secret, purpose, token)
        content = base64_decode(signed)
        # The last letter of a part has bits to spare: only one way of writing them is ours.
        if any(base64_encode(base64_decode(part)).decode() != part for part in token.split(".")):
            raise NotFound(purpose)
    except (BadData, ValueError):
        raise NotFound(purpose) from None
    if datetime.fromtimestamp(time.time(), UTC) - made_at > age_max:
        raise LinkTooOld
    assert len(content) in (24, 25), "we signed it"
    return int.from_bytes(content[16:24], "big"), UUID(bytes=content[:16]), content[24:], made_at
