"""Codes of an authenticator app (TOTP, RFC 6238): six digits that change each half minute.

Each of them opens once, and none that is older than the last one that did. The secret of which they
are made lies encrypted, by a key from the company's secret: the database alone makes no code.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mainstem.identity.secrets import derived_key
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.signed import in_force
from mainstem.kit.work import Work

DIGITS = 6
STEP_SECONDS = 30
STEPS_APART = 1
"""How far a telephone's clock may be from ours, in steps, either way."""

_CODE = re.compile(r"[0-9]{6}")  # ASCII: \d would take the digits of every script
_NONCE = 12


class WrongCode(InvalidInput):
    """This code is not the one of now, or has been used."""

    code = "wrong_code"
    status = 422
    message = "This code is not right. Wait for the next one and try that."

    def __init__(self) -> None:
        super().__init__(Problem("/code", self.code, self.message))


def begin_totp(work: Work, person_id: int) -> None:
    """Make a new secret for somebody's app. Until a code of it is seen, nothing else changes."""
    work.run(
        "DELETE FROM totp WHERE person_id = %(person)s AND confirmed_at IS NULL", person=person_id
    )
    work.run(
        """INSERT INTO totp (person_id, secret, created_at)
           VALUES (%(person)s, %(secret)s, %(now)s)
           ON CONFLICT (person_id) WHERE confirmed_at IS NULL DO NOTHING""",
        person=person_id,
        secret=_sealed(work, person_id, pyotp.random_base32()),
        now=work.now(),
    )


def begun_totp(work: Work, person_id: int) -> str | None:
    """The secret that waits for its first code; None where nothing was begun."""
    kept = work.value(
        "SELECT secret FROM totp WHERE person_id = %(person)s AND confirmed_at IS NULL",
        person=person_id,
    )
    return None if kept is None else _opened(work, person_id, bytes(kept))


def totp_uri(secret: str, *, email: str, company: str) -> str:
    """What an app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=company)


def confirm_begun_totp(work: Work, person_id: int, code: str) -> None:
    """Take the begun secret into use, in place of the one before, by a code of it. Raises WrongCode."""
    secret = begun_totp(work, person_id)
    step = None if secret is None else step_of(secret, code, work.now())
    if step is None:
        raise WrongCode
    work.run(
        "DELETE FROM totp WHERE person_id = %(person)s AND confirmed_at IS NOT NULL",
        person=person_id,
    )
    work.run(
        """UPDATE totp SET confirmed_at = %(now)s, last_step = %(step)s
            WHERE person_id = %(person)s""",
        person=person_id,
        step=step,
        now=work.now(),
    )


def use_totp(work: Work, person_id: int, code: str) -> bool:
    """Whether this is a code of now that was not used; it is used now."""
    row = work.row(
        """SELECT id, secret FROM totp
            WHERE person_id = %(person)s AND confirmed_at IS NOT NULL FOR UPDATE""",
        person=person_id,
    )
    secret = None if row is None else _opened(work, person_id, bytes(row.secret))
    step = None if secret is None else step_of(secret, code, work.now())
    if row is None or step is None:
        return False
    return bool(
        work.run(
            "UPDATE totp SET last_step = %(step)s WHERE id = %(id)s AND last_step < %(step)s",
            id=row.id,
            step=step,
        )
    )


class Resealed(NamedTuple):
    """What became of the apps of before: how many lie under the present secret now, and how many
    open under none that is in force."""

    moved: int
    lost: int


def reseal_totps(work: Work) -> Resealed:
    """Encrypt every app's secret by the company's present one. Done again, it finds nothing to do."""
    moved = lost = 0
    for row in work.rows("SELECT id, person_id, secret FROM totp ORDER BY id FOR UPDATE"):
        kept = bytes(row.secret)
        if _opened_by(work.tools.secret, row.person_id, kept) is not None:
            continue
        secret = _opened(work, row.person_id, kept)
        if secret is None:
            lost += 1
            continue
        moved += work.run(
            "UPDATE totp SET secret = %(secret)s WHERE id = %(id)s",
            id=row.id,
            secret=_sealed(work, row.person_id, secret),
        )
    return Resealed(moved, lost)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Which step of time a code belongs to, of those that are near enough; None for any other."""
    code = code.replace(" ", "")
    if not _CODE.fullmatch(code):
        return None
    app = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    present = app.timecode(now)
    steps = range(present - STEPS_APART, present + STEPS_APART + 1)
    right = [step for step in steps if pyotp.utils.strings_equal(code, app.generate_otp(step))]
    return max(right, default=None)


def _sealed(work: Work, person_id: int, secret: str) -> bytes:
    """Encrypted for one person: copied to another's row it opens nothing."""
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(work.tools.secret).encrypt(nonce, secret.encode(), _owner(person_id))


def _opened(work: Work, person_id: int, kept: bytes) -> str | None:
    """The secret; None where no secret of the company's is in force under which it was kept."""
    opened = (_opened_by(secret, person_id, kept) for secret in in_force(work.tools.secret))
    return next((secret for secret in opened if secret is not None), None)


def _opened_by(secret: str, person_id: int, kept: bytes) -> str | None:
    with suppress(InvalidTag):
        return _cipher(secret).decrypt(kept[:_NONCE], kept[_NONCE:], _owner(person_id)).decode()
    return None


def _cipher(secret: str) -> AESGCM:
    return AESGCM(derived_key(secret, "mainstem.totp"))


def _owner(person_id: int) -> bytes:
    return f"person:{person_id}".encode()
