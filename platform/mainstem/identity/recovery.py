"""Recovery codes: ten, each of which stands once for a second factor that was lost."""

from __future__ import annotations

import re
import secrets

from mainstem.identity.secrets import derived_key, keyed_hash_of
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work

CODES = 10
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that is taken for another
_GROUPS, _GROUP = 3, 4


class NothingToRecover(Refused):
    """Recovery codes stand for a second factor."""

    code = "nothing_to_recover"
    message = "Set up an authenticator app or a passkey first."


def make_recovery_codes(work: Work, person_id: int) -> list[str]:
    """Ten new codes, shown this once; those of before open nothing any more."""
    codes = [_new_code() for _ in range(CODES)]
    work.run("DELETE FROM recovery_code WHERE person_id = %(person)s", person=person_id)
    work.run(
        """INSERT INTO recovery_code (person_id, code_hash, created_at)
           SELECT %(person)s, unnest(%(hashes)s::bytea[]), %(now)s""",
        person=person_id,
        hashes=[_hash(work, person_id, code) for code in codes],
        now=work.now(),
    )
    record(work, "recovery_codes.made", person_id)
    return codes


def use_recovery_code(work: Work, person_id: int, code: str) -> bool:
    """Whether this is a code of theirs that was not used; it is used now."""
    typed = re.sub(r"[\s-]", "", code).upper()
    used = work.run(
        """UPDATE recovery_code SET used_at = %(now)s
            WHERE person_id = %(person)s AND code_hash = %(hash)s AND used_at IS NULL""",
        person=person_id,
        hash=_hash(work, person_id, typed),
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


def _new_code() -> str:
    """Some 59 bits: with five tries in a quarter of an hour nobody comes near one."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _hash(work: Work, person_id: int, code: str) -> bytes:
    key = derived_key(work.tools.secret, "mainstem.recovery-code")
    return keyed_hash_of(key, f"{person_id} {code.replace('-', '')}")
