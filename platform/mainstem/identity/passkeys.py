"""Passkeys (WebAuthn): a key that a device keeps, and opens for its owner's finger, face or PIN.

What a browser sends counts for the challenge that it was given, once, within minutes, from a page of
the company's own address, and only where the device says that it knew its owner.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mainstem.identity.secrets import derived_key, keyed_hash_of
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.telemetry import log
from mainstem.kit.text import normalized, unseen
from mainstem.kit.work import Work

VALID_FOR = timedelta(minutes=5)
PASSKEYS_MAX = 20
LABEL_MAX = 60
_SENT_MAX = 20_000
_USUAL = {"https": 443, "http": 80}

Verified = TypeVar("Verified")


class PasskeyRefused(Refused):
    """What the browser sent proves nothing."""

    code = "passkey_refused"
    status = 422
    message = "The passkey did not work. Try again, or use another way."


class PasskeyKnown(Refused):
    """This device has a passkey here already."""

    code = "passkey_known"
    message = "This passkey is in your list already."


class TooManyPasskeys(Refused):
    """More than anybody has devices."""

    code = "too_many_passkeys"
    message = "You have {most} passkeys. Remove one that you do not use any more first."


class RelyingParty(NamedTuple):
    """Whose passkeys these are: a host, and the origin of the pages that may ask for them."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner's list shows it."""

    id: int
    label: str
    created_at: datetime
    used_at: datetime | None


def passkeys_of(work: Work, person_id: int) -> list[Passkey]:
    """Somebody's passkeys, the oldest first."""
    return work.rows_as(
        Passkey,
        """SELECT id, label, created_at, used_at FROM passkey
            WHERE person_id = %(person)s ORDER BY id""",
        person=person_id,
    )


def registration_options(work: Work, person_id: int, *, company: str) -> str:
    """What a browser makes a new passkey from, as JSON."""
    who = work.one("SELECT email, name FROM person WHERE id = %(id)s", id=person_id)
    handle = keyed_hash_of(derived_key(work.tools.secret, "mainstem.passkey"), str(person_id))
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=relying_party(work.tools.public_url).id,
            rp_name=company,
            user_id=handle,
            user_name=who.email,
            user_display_name=who.name,
            challenge=_challenge(work, person_id, "registration"),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(work, person_id),
        )
    )


def authentication_options(work: Work, person_id: int) -> str:
    """What a browser is asked to sign with one of somebody's passkeys, as JSON."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=relying_party(work.tools.public_url).id,
            challenge=_challenge(work, person_id, "authentication"),
            allow_credentials=_descriptors(work, person_id),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def keep_passkey(work: Work, person_id: int, sent: str, *, label: str) -> int:
    """Keep a new passkey; its number. Raises PasskeyRefused, PasskeyKnown and TooManyPasskeys."""
    ours = relying_party(work.tools.public_url)
    challenge = _answered(work, person_id, sent, "registration")
    made = _checked(
        lambda: webauthn.verify_registration_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=ours.id,
            expected_origin=ours.origin,
            require_user_verification=True,
        )
    )
    label = normalized(label)[:LABEL_MAX]
    if len(passkeys_of(work, person_id)) >= PASSKEYS_MAX:
        raise TooManyPasskeys(most=PASSKEYS_MAX)
    id = work.value(
        """INSERT INTO passkey (person_id, credential_id, public_key, sign_count, label, created_at)
           VALUES (%(person)s, %(credential)s, %(key)s, %(count)s, %(label)s, %(now)s)
           ON CONFLICT (credential_id) DO NOTHING RETURNING id""",
        person=person_id,
        credential=made.credential_id,
        key=made.credential_public_key,
        count=made.sign_count,
        label="Passkey" if not label or unseen(label) else label,
        now=work.now(),
    )
    if id is None:
        raise PasskeyKnown
    return int(id)


def use_passkey(work: Work, person_id: int, sent: str) -> None:
    """Take what one of somebody's passkeys has signed as proof. Raises PasskeyRefused."""
    ours = relying_party(work.tools.public_url)
    challenge = _answered(work, person_id, sent, "authentication")
    row = work.row(
        """SELECT id, public_key, sign_count FROM passkey
            WHERE person_id = %(person)s AND credential_id = %(credential)s FOR UPDATE""",
        person=person_id,
        credential=_checked(lambda: base64url_to_bytes(json.loads(sent)["id"])),
    )
    if row is None:
        raise PasskeyRefused
    proof = _checked(
        lambda: webauthn.verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=ours.id,
            expected_origin=ours.origin,
            credential_public_key=bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    )
    work.run(
        "UPDATE passkey SET sign_count = %(count)s, used_at = %(now)s WHERE id = %(id)s",
        id=row.id,
        count=proof.new_sign_count,
        now=work.now(),
    )


def drop_passkey(work: Work, person_id: int, id: int) -> None:
    """Take one of somebody's passkeys away; NotFound where they have none of this number."""
    if not work.run(
        "DELETE FROM passkey WHERE id = %(id)s AND person_id = %(person)s", id=id, person=person_id
    ):
        raise NotFound("passkey")


def _challenge(work: Work, person_id: int, purpose: str) -> bytes:
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


def _answered(work: Work, person_id: int, sent: str, purpose: str) -> bytes:
    """The challenge that is answered, which is gone with that. Raises PasskeyRefused for one that was
    not given to this person for this, or too long ago, and for a page inside another's."""
    said = _checked(lambda: _client_data(sent))
    # A page of ours inside another site's frame is no place to ask for a key: nobody sees whose it is.
    if said.get("crossOrigin") not in (None, False) or "topOrigin" in said:
        raise PasskeyRefused
    challenge = _checked(lambda: base64url_to_bytes(said["challenge"]))
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


def _checked(check: Callable[[], Verified]) -> Verified:
    """What a check gives. Whatever it finds wrong with what strangers may send is one refusal."""
    try:
        return check()
    except Exception as wrong:
        log("identity").info("passkey refused", cause=repr(wrong)[:200])
        raise PasskeyRefused from wrong


def _descriptors(work: Work, person_id: int) -> list[PublicKeyCredentialDescriptor]:
    rows = work.rows(
        "SELECT credential_id FROM passkey WHERE person_id = %(person)s ORDER BY id",
        person=person_id,
    )
    return [PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in rows]


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
