"""Staff answer, once, with their reason: it is a fact, and whoever asked is told by mail."""

from __future__ import annotations

from uuid import UUID

from mainstem.inquiries.asking import WORDS_MAX
from mainstem.inquiries.model import INQUIRIES
from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.events import record
from mainstem.kit.text import unseen_problems
from mainstem.kit.work import Work


def answer(work: Work, home_id: int, inquiry_id: UUID, *, upheld: bool, reason: str) -> None:
    """Say whether the affiliate is right, and why. What follows for the money is a verb of its own.

    Raises NotFound, InvalidInput without a reason, and InvalidTransition when it is answered already.
    """
    reason = reason.strip()
    if problems := _problems(reason):
        raise InvalidInput(*problems)
    state = work.value(
        """SELECT state FROM commission_inquiry WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=inquiry_id,
    )
    if state is None:
        raise NotFound("inquiry")
    work.run(
        """UPDATE commission_inquiry
              SET state = %(state)s, answer = %(reason)s, decided_by = %(by)s, decided_at = %(now)s
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=inquiry_id,
        state=INQUIRIES.step(state, "uphold" if upheld else "decline"),
        reason=reason,
        by=str(work.actor),
        now=work.now(),
    )
    record(work, "inquiry.answered", inquiry_id, home=home_id)


def _problems(reason: str) -> list[Problem]:
    if not reason:
        return [Problem("/reason", "missing", "Write why: the affiliate reads it.")]
    if len(reason) > WORDS_MAX:
        facts = {"max": WORDS_MAX + 1}
        return [Problem("/reason", "too_long", "Keep this under {max} characters.", facts)]
    return list(unseen_problems("/reason", reason, lines=True))
