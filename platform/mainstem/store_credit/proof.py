"""The proof that store credit is somebody's own: a text that we sign for whoever opens the page of their order
by the link of its confirmation. A storefront's key, or knowing an e-mail address, is none."""

from __future__ import annotations

from datetime import timedelta

from itsdangerous import BadData

from mainstem.kit.signed import timed_signer

PROVES_FOR = timedelta(days=30)


def proof_of(secret: str, client_key: str) -> str:
    """The proof for the client of this e-mail."""
    text = timed_signer(secret, "store-credit").dumps(client_key)
    assert isinstance(text, str), "a signed text is one"
    return text


def proven(secret: str, text: str) -> str:
    """Whose it is: the client's e-mail, or empty for a text that proves nothing or is too old."""
    if not text:
        return ""
    try:
        age = int(PROVES_FOR.total_seconds())
        return str(timed_signer(secret, "store-credit").loads(text, max_age=age))
    except BadData:
        return ""
