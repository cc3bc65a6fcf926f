"""Secrets that are shown once and kept only as their hash, and keys made from the company's secret."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from uuid import UUID


def new_secret(prefix: str = "") -> str:
    """256 random bits as text; the prefix tells a leak scanner what it has found."""
    return prefix + secrets.token_urlsafe(32)


def derived_secret(secret: str, purpose: str, reference: UUID, *, prefix: str = "") -> str:
    """256 bits that whoever has the company's secret can make again from a reference, and nobody
    else: so the reference may lie where the bits may not."""
    made = derived_key(secret, f"{purpose}\0{reference}")
    return prefix + urlsafe_b64encode(made).decode().rstrip("=")


def derived_key(secret: str, purpose: str) -> bytes:
    """A key of 256 bits for one purpose, from the company's secret."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


def hash_of(secret: str) -> bytes:
    """What the database keeps. A plain SHA-256 is enough for what nobody can guess."""
    return hashlib.sha256(secret.encode()).digest()


def keyed_hash_of(key: bytes, text: str) -> bytes:
    """The same for what is short enough to be guessed: nobody can without the key."""
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
