"""The people of an affiliate: who signs in for it, as what, and who lets them in and out.

An affiliate that has people has an owner among them. Whoever changes its people locks its row first, so
that two owners who remove each other at one moment do so one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from mainstem.identity.invitations import invite
from mainstem.identity.people import AFFILIATE_ROLES, create_person, grant, person_of, revoke
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work

PEOPLE_MAX = 40
WRITTEN_TO_EVERY = timedelta(hours=1)

_CAN_COME_IN = """
SELECT p.password_hash IS NOT NULL OR EXISTS (
         SELECT 1 FROM invitation i WHERE i.person_id = p.id AND i.accepted_at IS NULL
            AND i.created_at > %(since)s AND i.expires_at > %(now)s)
  FROM person p WHERE p.id = %(id)s"""


class LastOwner(Refused):
    """Somebody must be able to let others in."""

    code = "last_owner"
    message = "This is the only owner. Make somebody else one first."


@dataclass(frozen=True, slots=True)
class AffiliatePerson:
    """Somebody who signs in for an affiliate."""

    id: int
    name: str
    email: str
    role: str
    has_password: bool
    since: datetime


def people_of_affiliate(work: Work, affiliate_id: int) -> list[AffiliatePerson]:
    """Who signs in for an affiliate, by name."""
    return work.rows_as(
        AffiliatePerson,
        """SELECT p.id, p.name, p.email, m.affiliate_role AS role,
                  p.password_hash IS NOT NULL AS has_password, m.granted_at AS since
             FROM membership m JOIN person p ON p.id = m.person_id
            WHERE m.affiliate_id = %(id)s AND m.revoked_at IS NULL ORDER BY p.name, p.id""",
        id=affiliate_id,
    )


def let_in(
    work: Work, affiliate_id: int, *, email: str, name: str, role: str, locale: str
) -> tuple[int, UUID | None]:
    """Let somebody sign in for an affiliate, in a role: their id, and what their invitation is known by.

    That is None for somebody who has a password, and for whoever was sent an invitation within the hour,
    which still works: nobody is written to again and again. Whoever is there in a role keeps it.

    Raises InvalidInput.
    """
    _lock(work, affiliate_id)
    _refuse_unknown(role)
    if len(people_of_affiliate(work, affiliate_id)) >= PEOPLE_MAX:
        raise InvalidInput(
            Problem("/email", "too_many", "At most {max} people.", {"max": PEOPLE_MAX})
        )
    known = person_of(work, email)
    person = create_person(work, email=email, name=name, locale=locale) if known is None else known
    grant(work, person, "affiliate", affiliate_id=affiliate_id, affiliate_role=role)
    if work.value(_CAN_COME_IN, id=person, since=work.now() - WRITTEN_TO_EVERY, now=work.now()):
        return person, None
    reference = new_id()
    invite(work, person, reference=reference)
    return person, reference


def give_role(work: Work, affiliate_id: int, person_id: int, role: str) -> bool:
    """Give somebody of an affiliate another role; whether it is another one. Raises NotFound, LastOwner."""
    _lock(work, affiliate_id)
    _refuse_unknown(role)
    before = _role_of(work, affiliate_id, person_id)
    if before == role:
        return False
    # The earlier one ends: who was what until when stays to be seen.
    revoke(work, person_id, "affiliate", affiliate_id=affiliate_id)
    grant(work, person_id, "affiliate", affiliate_id=affiliate_id, affiliate_role=role)
    refuse_without_owner(work, affiliate_id)
    return True


def let_go(work: Work, affiliate_id: int, person_id: int) -> None:
    """End somebody's signing in for an affiliate, from their next request on. Raises NotFound, LastOwner."""
    _lock(work, affiliate_id)
    _role_of(work, affiliate_id, person_id)
    revoke(work, person_id, "affiliate", affiliate_id=affiliate_id)
    if not people_of_affiliate(work, affiliate_id):
        raise LastOwner
    refuse_without_owner(work, affiliate_id)
    record(work, "affiliate.person_left", person_id, home=affiliate_id)


def refuse_without_owner(work: Work, affiliate_id: int) -> None:
    """Raise LastOwner where people sign in for an affiliate and none of them is an owner."""
    roles = {one.role for one in people_of_affiliate(work, affiliate_id)}
    if roles and "owner" not in roles:
        raise LastOwner


def _lock(work: Work, affiliate_id: int) -> None:
    work.run("SELECT id FROM affiliate WHERE id = %(id)s FOR UPDATE", id=affiliate_id)


def _role_of(work: Work, affiliate_id: int, person_id: int) -> str:
    for one in people_of_affiliate(work, affiliate_id):
        if one.id == person_id:
            return one.role
    raise NotFound("person")


def _refuse_unknown(role: str) -> None:
    if role not in AFFILIATE_ROLES:
        raise InvalidInput(Problem("/role", "not_offered", "Choose what they do."))
