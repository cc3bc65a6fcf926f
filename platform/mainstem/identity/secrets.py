"""Secrets that are shown once and kept only as their hash."""

from __future__ import annotations

import hashlib
import secrets


def new_secret(prefix: str = "") -> str:
    """256 random bits as text; the prefix tells a leak scanner what it has found."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What the database keeps. A plain SHA-256 is enough for what nobody can guess."""
    return hashlib.sha256(secret.encode()).digest()
