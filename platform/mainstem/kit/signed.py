"""Texts that we sign and get back: out of a cookie, or in an address.

The library's own default is SHA-1; ours is SHA-256, for the key of each purpose as for what it signs.
"""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer


class Secret(str):
    """The company's secret. It signs; what the one signed that it took the place of opens as well, for
    as long as that one is named."""

    before: str

    def __new__(cls, secret: str, before: str = "") -> Secret:
        """`before` is empty where no secret is being exchanged."""
        made = super().__new__(cls, secret)
        made.before = before
        return made


def in_force(secret: str) -> tuple[str, ...]:
    """The secrets that open something: the one that signs, and the one before it."""
    before = secret.before if isinstance(secret, Secret) else ""
    return (secret, before) if before else (secret,)


_SHA256: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


def signer(secret: str, purpose: str) -> URLSafeSerializer:
    """Signs for one purpose; what was signed for another one opens nothing here."""
    return URLSafeSerializer(_keys(secret), salt=f"mainstem.{purpose}", signer_kwargs=_SHA256)


def timed_signer(secret: str, purpose: str) -> URLSafeTimedSerializer:
    """The same, and `loads` takes how old a text may be."""
    return URLSafeTimedSerializer(_keys(secret), salt=f"mainstem.{purpose}", signer_kwargs=_SHA256)


def _keys(secret: str) -> list[str]:
    """As the library wants them: the last one signs."""
    return [*reversed(in_force(secret))]
