"""Recovery codes: ten, each of which stands once for a second factor that was lost."""

from __future__ import annotations

import os
import re
import secrets

from argon2.low_level import Type, hash_secret_raw

from mainstem.identity.secrets import derived_key, keyed_hash_of
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.signed import in_force
from mainstem.kit.work import Work

CODES = 10
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that is taken for another
_GROUPS, _GROUP = 3, 4
_SALT = 16
_ROUNDS, _KIB = 3, 12 * 1024
"""The least that OWASP asks of Argon2id: a code is random, and ten of them are hashed in one go."""


class NothingToRecover(Refused):
    """Recovery codes stand for a second factor."""

    code = "nothing_to_recover"
    message = "Set up an authenticator app or a passkey first."


def make_recovery_codes(work: Work, person_id: int) -> list[str]:
    """Ten new codes, shown this once; those of before open nothing any more."""
    codes, salt = [_new_code() for _ in range(CODES)], os.urandom(_SALT)
    work.run("DELETE FROM recovery_code WHERE person_id = %(person)s", person=person_id)
    work.run(
        """INSERT INTO recovery_code (person_id, code_hash, salt, created_at)
           SELECT %(person)s, unnest(%(hashes)s::bytea[]), %(salt)s, %(now)s""",
        person=person_id,
        hashes=[_hash(_plain(code), salt) for code in codes],
        salt=salt,
        now=work.now(),
    )
    record(work, "recovery_codes.made", person_id)
    return codes


def use_recovery_code(work: Work, person_id: int, code: str) -> bool:
    """Whether this is a code of theirs that was not used; it is used now."""
    used = work.run(
        """UPDATE recovery_code SET used_at = %(now)s
            WHERE person_id = %(person)s AND code_hash = ANY(%(hashes)s) AND used_at IS NULL""",
        person=person_id,
        hashes=_hashes(work, person_id, _plain(code)),
        now=work.now(),
    )
    if used:
        record(work, "recovery_code.used", person_id)
    return bool(used)


def recovery_codes_left(work: Work, person_id: int) -> int:
    """How many of somebody's codes were not used."""
    return int(
        work.value(
            """SELECT count(*) FROM recovery_code
                WHERE person_id = %(person)s AND used_at IS NULL""",
            person=person_id,
        )
    )


def recovery_codes_under_secret(work: Work) -> int:
    """How many people have codes left that open under the company's secret alone, as they were once
    made."""
    return int(
        work.value(
            """SELECT count(DISTINCT person_id) FROM recovery_code
                WHERE is_keyed AND used_at IS NULL"""
        )
    )


def _new_code() -> str:
    """Some 59 bits: with five tries in a quarter of an hour nobody comes near one, and with the
    database alone a guess costs as much as one of a password."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _plain(code: str) -> str:
    """A code as it is hashed, however it is typed."""
    return re.sub(r"[\s-]", "", code).upper()


def _hashes(work: Work, person_id: int, code: str) -> list[bytes]:
    """What the database would keep of a code: the ten of one making have one salt, so that whoever
    types one waits for one hash."""
    made = work.row(
        "SELECT salt, is_keyed FROM recovery_code WHERE person_id = %(person)s LIMIT 1",
        person=person_id,
    )
    if made is None:
        return []
    salt = bytes(made.salt)
    if not made.is_keyed:
        return [_hash(code, salt)]
    return [_hash(_keyed(one, person_id, code), salt) for one in in_force(work.tools.secret)]


def _hash(code: str | bytes, salt: bytes) -> bytes:
    """Argon2id. It takes some hundredths of a second and is made inside a transaction: by one person
    at a time, who has signed in or given the right password, and five times in a quarter of an hour."""
    secret = code if isinstance(code, bytes) else code.encode()
    return hash_secret_raw(
        secret, salt, time_cost=_ROUNDS, memory_cost=_KIB, parallelism=1, hash_len=32, type=Type.ID
    )


def _keyed(secret: str, person_id: int, code: str) -> bytes:
    """What stands for a code of before they were hashed with a salt: it was kept under the company's
    secret, and that is what was hashed."""
    return keyed_hash_of(derived_key(secret, "mainstem.recovery-code"), f"{person_id} {code}")
