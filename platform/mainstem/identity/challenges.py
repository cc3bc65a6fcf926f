"""Challenges of passkeys: given to one person for one deed, answered once, within minutes, and only from
a page of the company's own address that stands in no other page."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from webauthn.helpers import base64url_to_bytes

from mainstem.kit.errors import Refused
from mainstem.kit.telemetry import log
from mainstem.kit.work import Work

VALID_FOR = timedelta(minutes=5)
_SENT_MAX = 20_000
_USUAL = {"https": 443, "http": 80}

Verified = TypeVar("Verified")


class PasskeyRefused(Refused):
    """What the browser sent proves nothing."""

    code = "passkey_refused"
    status = 422
    message = "The passkey did not work. Try again, or use another way."


class RelyingParty(NamedTuple):
    """Whose passkeys these are: a host, and the origin of the pages that may ask for them."""

    id: str
    origin: str


def relying_party(public_url: str) -> RelyingParty:
    """Whose passkeys these are, by the company's own address.

    Browsers make none for a number. On one machine the number is that of localhost, so there it is
    the name that has them.
    """
    parts = urlsplit(public_url)
    host = parts.hostname or "localhost"
    with contextlib.suppress(ValueError):
        host = "localhost" if ip_address(host).is_loopback else host
    port = "" if parts.port in (None, _USUAL.get(parts.scheme)) else f":{parts.port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{port}")


def new_challenge(work: Work, person_id: int, purpose: str) -> bytes:
    challenge, now = os.urandom(32), work.now()
    work.run(
        """INSERT INTO passkey_challenge (challenge, person_id, purpose, created_at, expires_at)
           VALUES (%(challenge)s, %(person)s, %(purpose)s, %(now)s, %(until)s)""",
        challenge=challenge,
        person=person_id,
        purpose=purpose,
        now=now,
        until=now + VALID_FOR,
    )
    return challenge


def answered_challenge(work: Work, person_id: int, sent: str, purpose: str) -> bytes:
    """The challenge that is answered, which is gone with that. Raises PasskeyRefused for one that was
    not given to this person for this, or too long ago, and for a page inside another's."""
    said = checked(lambda: _client_data(sent))
    # A page of ours inside another site's frame is no place to ask for a key: nobody sees whose it is.
    if said.get("crossOrigin") not in (None, False) or "topOrigin" in said:
        raise PasskeyRefused
    challenge = checked(lambda: base64url_to_bytes(said["challenge"]))
    if not work.run(
        """DELETE FROM passkey_challenge
            WHERE challenge = %(challenge)s AND person_id = %(person)s AND purpose = %(purpose)s
              AND expires_at > %(now)s""",
        challenge=challenge,
        person=person_id,
        purpose=purpose,
        now=work.now(),
    ):
        raise PasskeyRefused
    return challenge


def _client_data(sent: str) -> dict[str, Any]:
    if len(sent) > _SENT_MAX:
        raise ValueError
    said = json.loads(base64url_to_bytes(json.loads(sent)["response"]["clientDataJSON"]))
    if not isinstance(said, dict):
        raise TypeError
    return said


def checked(check: Callable[[], Verified]) -> Verified:
    """What a check gives. Whatever it finds wrong with what strangers may send is one refusal."""
    try:
        return check()
    except Exception as wrong:
        log("identity").info("passkey refused", cause=repr(wrong)[:200])
        raise PasskeyRefused from wrong
