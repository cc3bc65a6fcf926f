"""Secrets that are shown once and kept only as their hash."""

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
    mac = hmac.new(secret.encode(), f"{purpose}\0{reference}".encode(), hashlib.sha256)
    return prefix + urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def hash_of(secret: str) -> bytes:
    """What the database keeps. A plain SHA-256 is enough for what nobody can guess."""
    return hashlib.sha256(secret.encode()).digest()
