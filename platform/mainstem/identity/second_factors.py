"""Second factors: what somebody has beside the password, and how it comes and goes.

Every change takes the person first, so that two at once follow one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from mainstem.identity.ending import end_sessions
from mainstem.identity.passkeys import Passkey, drop_passkey, keep_passkey, passkeys_of
from mainstem.identity.people import Person
from mainstem.identity.recovery import (
    NothingToRecover,
    make_recovery_codes,
    recovery_codes_left,
)
from mainstem.identity.secrets import hash_of
from mainstem.identity.sessions import rotate
from mainstem.identity.totp import confirm_begun_totp
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work


class NoSecondFactor(Refused):
    """There is nothing to take away."""

    code = "no_second_factor"
    message = "They have no second factor."


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What somebody has beside the password."""

    totp_since: datetime | None
    passkeys: list[Passkey]
    recovery_codes: int
    """How many were not used."""

    @property
    def any(self) -> bool:
        """Whether anything is asked beside the password. Recovery codes alone are nothing."""
        return self.totp_since is not None or bool(self.passkeys)


class Added(NamedTuple):
    """What came of a new second factor: the session's new token, and the recovery codes that came
    with the first one, which are shown this once."""

    token: str
    recovery_codes: list[str]


def second_factors_of(work: Work, person_id: int) -> SecondFactors:
    """What somebody has."""
    return SecondFactors(
        work.value(
            """SELECT confirmed_at FROM totp
                WHERE person_id = %(person)s AND confirmed_at IS NOT NULL""",
            person=person_id,
        ),
        passkeys_of(work, person_id),
        recovery_codes_left(work, person_id),
    )


def add_totp(work: Work, person_id: int, session_id: int, code: str) -> Added:
    """Take the authenticator app into use that was begun, by its first code. Raises WrongCode."""
    work.take(Person, person_id)
    is_first = not second_factors_of(work, person_id).any
    confirm_begun_totp(work, person_id, code)
    return _added(work, person_id, session_id, "totp", is_first)


def add_passkey(work: Work, person_id: int, session_id: int, sent: str, *, label: str) -> Added:
    """Keep a passkey that a browser has made. Raises PasskeyRefused and its like."""
    work.take(Person, person_id)
    is_first = not second_factors_of(work, person_id).any
    keep_passkey(work, person_id, sent, label=label)
    return _added(work, person_id, session_id, "passkey", is_first)


def _added(work: Work, person_id: int, session_id: int, kind: str, is_first: bool) -> Added:
    """With the first one, every session ends that was opened without."""
    token = rotate(work, session_id)
    if is_first:
        end_sessions(work, person_id, keep=hash_of(token))
    record(work, "second_factor.added", f"{person_id}:{kind}")
    return Added(token, make_recovery_codes(work, person_id) if is_first else [])


def remove_totp(work: Work, person_id: int) -> None:
    """Ask for no code of the app any more. Removed twice is fine."""
    work.take(Person, person_id)
    if work.run("DELETE FROM totp WHERE person_id = %(person)s", person=person_id):
        _removed(work, person_id, "totp")


def remove_passkey(work: Work, person_id: int, id: int) -> None:
    """Take a passkey of somebody's own away. Raises NotFound."""
    work.take(Person, person_id)
    drop_passkey(work, person_id, id)
    _removed(work, person_id, "passkey")


def _removed(work: Work, person_id: int, kind: str) -> None:
    if not second_factors_of(work, person_id).any:
        work.run("DELETE FROM recovery_code WHERE person_id = %(person)s", person=person_id)
    record(work, "second_factor.removed", f"{person_id}:{kind}")


def renew_recovery_codes(work: Work, person_id: int) -> list[str]:
    """Ten new recovery codes in place of what is left of the others. Raises NothingToRecover."""
    work.take(Person, person_id)
    if not second_factors_of(work, person_id).any:
        raise NothingToRecover
    return make_recovery_codes(work, person_id)


def take_second_factors_away(work: Work, person_id: int, *, reason: str) -> None:
    """Somebody has lost what they had: from now on the password is enough, until they set up anew.
    Their sessions end. Raises NoSecondFactor."""
    work.take(Person, person_id)
    if not second_factors_of(work, person_id).any:
        raise NoSecondFactor
    for table in ("totp", "passkey", "recovery_code", "second_factor_attempt"):
        work.run(f"DELETE FROM {table} WHERE person_id = %(person)s", person=person_id)
    end_sessions(work, person_id)
    id = new_id()
    work.run(
        """INSERT INTO second_factor_removal (id, person_id, removed_by, reason, removed_at)
           VALUES (%(id)s, %(person)s, %(who)s, %(reason)s, %(now)s)""",
        id=id,
        person=person_id,
        who=str(work.actor),
        reason=reason,
        now=work.now(),
    )
    record(work, "second_factor.reset", id)
