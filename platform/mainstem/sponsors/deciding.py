"""A second person answers; and what is approved is carried out at its instant, never before."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from mainstem import identity, network
from mainstem.kit.errors import InvalidTransition, NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.sponsors.rules import MAY_APPROVE, checked

DUE_MAX = 20
"""So many moves are carried out in one minute's work at most; the next minute takes the next."""


class MayNotApproveMoves(Refused):
    """The answer is not the reader's to give."""

    code: ClassVar[str] = "may_not_approve_moves"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "Only finance approves moves, and only whoever asked withdraws one."


def approve(work: Work, move_id: UUID) -> bool:
    """Approve what a colleague asked for; whether they have moved already, and not only later.

    It is checked again. Raises SamePerson, MayNotApproveMoves, InvalidTransition, and what the rules raise.
    """
    it = _take(work, move_id, "approved")
    _refuse_who_may_not(work, it)
    later = it.effective_at is not None and it.effective_at > work.now()
    _answer(work, it, "approved")
    record(work, "sponsor_move.approved", move_id)
    if later:
        checked(work, it.affiliate_id, it.to_sponsor_id)
        return False
    _carry_out(work, it, approved_by=str(work.actor))
    return True


def deny(work: Work, move_id: UUID, *, words: str) -> None:
    """Nobody moves; why not, for whoever asked. Raises what `approve` does of who may and when."""
    it = _take(work, move_id, "denied")
    _refuse_who_may_not(work, it)
    _answer(work, it, "denied", words)
    record(work, "sponsor_move.denied", move_id)


def carry_out_due(work: Work) -> int:
    """Carry out the approved moves whose instant has come; how many were taken up.

    What can no longer be done ends as failed, with its reason, and moves nobody.
    """
    network.lock_tree(work)
    due = work.rows(
        """SELECT * FROM sponsor_move WHERE state = 'approved' AND effective_at <= %(now)s
            ORDER BY effective_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED""",
        now=work.now(),
        most=DUE_MAX,
    )
    for it in due:
        _carry_out_or_fail(work, it)
    return len(due)


def _carry_out_or_fail(work: Work, it: Any) -> None:
    try:
        with work.session.begin_nested():
            _carry_out(work, it, approved_by=it.decided_by)
    except Refused as no:
        _end(work, it.id, "failed", no.text())
        record(work, "sponsor_move.failed", it.id)


def _carry_out(work: Work, it: Any, *, approved_by: str) -> None:
    network.lock_tree(work)
    checked(work, it.affiliate_id, it.to_sponsor_id)
    network.move(
        work,
        it.affiliate_id,
        it.to_sponsor_id,
        why=it.reason,
        actor=it.asked_by,
        approved_by=approved_by,
        move_id=it.id,
    )
    _end(work, it.id, "done")
    record(work, "sponsor_move.done", it.id)


def _take(work: Work, move_id: UUID, told: str) -> Any:
    it = work.row("SELECT * FROM sponsor_move WHERE id = %(id)s FOR UPDATE", id=move_id)
    if it is None:
        raise NotFound("request")
    if it.state != "needs_approval":
        raise InvalidTransition("request", it.state, told)
    return it


def _refuse_who_may_not(work: Work, it: Any) -> None:
    if not identity.is_second_person(work, it.asked_by, MAY_APPROVE):
        raise MayNotApproveMoves


def _answer(work: Work, it: Any, state: str, words: str = "") -> None:
    work.run(
        """UPDATE sponsor_move SET state = %(state)s, decided_by = %(actor)s, decided_at = %(now)s,
                  words = %(words)s WHERE id = %(id)s""",
        id=it.id,
        state=state,
        actor=str(work.actor),
        now=work.now(),
        words=words,
    )


def _end(work: Work, move_id: UUID, state: str, words: str = "") -> None:
    work.run(
        """UPDATE sponsor_move SET state = %(state)s, done_at = %(now)s, words = %(words)s
            WHERE id = %(id)s""",
        id=move_id,
        state=state,
        now=work.now(),
        words=words,
    )
