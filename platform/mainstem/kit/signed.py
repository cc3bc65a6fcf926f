"""Texts that we sign and get back: out of a cookie, or in an address.

The library's own default is SHA-1; ours is SHA-256, for the key of each purpose as for what it signs.
"""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

_SHA256: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


def signer(secret: str, purpose: str) -> URLSafeSerializer:
    """Signs for one purpose; what was signed for another one opens nothing here."""
    return URLSafeSerializer(secret, salt=f"mainstem.{purpose}", signer_kwargs=_SHA256)


def timed_signer(secret: str, purpose: str) -> URLSafeTimedSerializer:
    """The same, and `loads` takes how old a text may be."""
    return URLSafeTimedSerializer(secret, salt=f"mainstem.{purpose}", signer_kwargs=_SHA256)
