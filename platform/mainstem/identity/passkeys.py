"""Passkeys (WebAuthn): a key that a device keeps, and opens for its owner's finger, face or PIN.

What a browser sends counts for the challenge that it was given, once, within minutes, from a page of
the company's own address, and only where the device says that it knew its owner.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mainstem.identity.challenges import (
    PasskeyRefused,
    answered_challenge,
    checked,
    new_challenge,
    relying_party,
)
from mainstem.identity.secrets import derived_key, keyed_hash_of
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.text import normalized, unseen
from mainstem.kit.work import Work

PASSKEYS_MAX = 20
LABEL_MAX = 60


class PasskeyKnown(Refused):
    """This device has a passkey here already."""

    code = "passkey_known"
    message = "This passkey is in your list already."


class TooManyPasskeys(Refused):
    """More than anybody has devices."""

    code = "too_many_passkeys"
    message = "You have {most} passkeys. Remove one that you do not use any more first."


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
            challenge=new_challenge(work, person_id, "registration"),
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
            challenge=new_challenge(work, person_id, "authentication"),
            allow_credentials=_descriptors(work, person_id),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def keep_passkey(work: Work, person_id: int, sent: str, *, label: str) -> int:
    """Keep a new passkey; its number. Raises PasskeyRefused, PasskeyKnown and TooManyPasskeys."""
    ours = relying_party(work.tools.public_url)
    challenge = answered_challenge(work, person_id, sent, "registration")
    made = checked(
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
    challenge = answered_challenge(work, person_id, sent, "authentication")
    row = work.row(
        """SELECT id, public_key, sign_count FROM passkey
            WHERE person_id = %(person)s AND credential_id = %(credential)s FOR UPDATE""",
        person=person_id,
        credential=checked(lambda: base64url_to_bytes(json.loads(sent)["id"])),
    )
    if row is None:
        raise PasskeyRefused
    proof = checked(
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


def _descriptors(work: Work, person_id: int) -> list[PublicKeyCredentialDescriptor]:
    rows = work.rows(
        "SELECT credential_id FROM passkey WHERE person_id = %(person)s ORDER BY id",
        person=person_id,
    )
    return [PublicKeyCredentialDescriptor(id=bytes(row.credential_id)) for row in rows]
