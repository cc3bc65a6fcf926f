"""The second person: whoever answers a request is somebody else than whoever made it, and no program."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from mainstem.identity.api_keys import issuer_of
from mainstem.identity.people import roles_of
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work


class SamePerson(Refused):
    """Whoever asked is not the second person."""

    code: ClassVar[str] = "same_person"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "You asked for this yourself. Somebody else has to approve it."


def is_second_person(work: Work, asked_by: str, roles: Collection[str]) -> bool:
    """Whether the actor may answer what somebody else has asked for: a member of staff in one of these roles.

    Raises SamePerson for whoever asked, and for whoever issued the key of the program that asked.
    """
    # Whoever issued the key could have had the program ask.
    if str(work.actor) in (asked_by, issuer_of(work, asked_by)):
        raise SamePerson
    return work.actor.kind == "staff" and not roles_of(work, work.actor).isdisjoint(roles)
