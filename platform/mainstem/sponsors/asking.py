"""One member of staff asks for a move, with its reason; nothing moves until another one approves it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID

from mainstem import network
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.sponsors.deciding import MayNotApproveMoves
from mainstem.sponsors.rules import checked


class MoveWaits(Refused):
    """One request at a time: the next would be decided on a tree that the first one changes."""

    code: ClassVar[str] = "move_waits"
    message: ClassVar[str] = (
        "Another move of {affiliate} waits already. Decide that first, or withdraw it."
    )


class DayNotAhead(InvalidInput):
    """Nothing in the past moves."""

    code: ClassVar[str] = "day_not_ahead"


def ask(
    work: Work, affiliate_id: int, sponsor_id: int | None, *, reason: str, on: date | None = None
) -> UUID:
    """Ask for an affiliate and everybody below to move under another sponsor (None: under nobody).

    They move as soon as it is approved, or when the day `on` begins where the company is. Raises what the
    rules raise, MoveWaits, DayNotAhead.
    """
    effective_at = _beginning(work, on)
    network.lock_tree(work)
    who, _ = checked(work, affiliate_id, sponsor_id)
    id = new_id()
    asked = work.run(
        """INSERT INTO sponsor_move (id, affiliate_id, from_sponsor_id, to_sponsor_id, members, effective_at,
                                     reason, state, asked_by, asked_at)
           VALUES (%(id)s, %(who)s, %(from)s, %(to)s, %(members)s, %(effective)s, %(reason)s,
                   'needs_approval', %(actor)s, %(now)s)
           ON CONFLICT (affiliate_id) WHERE state IN ('needs_approval', 'approved') DO NOTHING""",
        id=id,
        who=affiliate_id,
        to=sponsor_id,
        members=network.team_size(work, affiliate_id) + 1,
        effective=effective_at,
        reason=reason,
        actor=str(work.actor),
        now=work.now(),
        **{"from": who.sponsor_id},
    )
    if not asked:
        raise MoveWaits(affiliate=who.name)
    record(work, "sponsor_move.asked", id)
    return id


def _beginning(work: Work, day: date | None) -> datetime | None:
    if day is None:
        return None
    if day <= work.now().astimezone(work.tools.zone).date():
        ahead = (
            "Say a day that is still to come, or none: then they move as soon as it is approved."
        )
        raise DayNotAhead(Problem("/on", "day_not_ahead", ahead))
    return datetime.combine(day, time(), work.tools.zone)


def withdraw(work: Work, move_id: UUID) -> None:
    """Whoever asked asks no more, also of what is approved and still to come.

    Raises NotFound, InvalidTransition, MayNotApproveMoves.
    """
    it = work.row(
        "SELECT state, asked_by FROM sponsor_move WHERE id = %(id)s FOR UPDATE", id=move_id
    )
    if it is None:
        raise NotFound("request")
    if it.state not in ("needs_approval", "approved"):
        raise InvalidTransition("request", it.state, "withdrawn")
    if it.asked_by != str(work.actor):
        raise MayNotApproveMoves
    work.run(
        """UPDATE sponsor_move SET state = 'canceled', decided_by = %(actor)s, decided_at = %(now)s
            WHERE id = %(id)s""",
        id=move_id,
        actor=str(work.actor),
        now=work.now(),
    )
    record(work, "sponsor_move.withdrawn", move_id)
