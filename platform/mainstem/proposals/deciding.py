"""The second person's answer to a proposed plan; and whoever proposed it may think again."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from mainstem import identity
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.plan import Plan, book
from mainstem.proposals import rules
from mainstem.proposals.queries import Proposal, document_of, proposal


class MayNotPublish(Refused):
    """The answer is not the reader's to give."""

    code: ClassVar[str] = "may_not_publish"
    status: ClassVar[int] = 403
    message: ClassVar[str] = (
        "Only finance and admins publish plans, and only whoever proposed one withdraws it."
    )


def publish(work: Work, proposal_id: UUID) -> Plan:
    """Publish what a colleague proposed; its version.

    It is checked once more. Raises SamePerson, MayNotPublish, InvalidTransition, NotFound, and what
    `book.publish` raises.
    """
    it = _take(work, proposal_id, "published")
    _refuse_who_may_not(work, it)
    document = document_of(work, it.id)
    rules.refuse_new_warnings(document, it.accepted)
    made = book.publish(
        work, document, effective_from=_start(it, work.now()), confirmed=bool(it.accepted)
    )
    _answer(work, it, "published", version=made.version)
    record(work, "plan.published", str(made.version))
    return made


def deny(work: Work, proposal_id: UUID, *, words: str) -> None:
    """The plan stays as it is; why, for whoever proposed another. Raises what `publish` does of who may and when."""
    it = _take(work, proposal_id, "denied")
    _refuse_who_may_not(work, it)
    _answer(work, it, "denied", words=words)
    record(work, "plan_proposal.denied", proposal_id)


def withdraw(work: Work, proposal_id: UUID) -> None:
    """Whoever proposed it wants it no more. Raises NotFound, InvalidTransition, MayNotPublish."""
    it = _take(work, proposal_id, "withdrawn")
    if it.proposed_by != str(work.actor):
        raise MayNotPublish
    _answer(work, it, "canceled")
    record(work, "plan_proposal.withdrawn", proposal_id)


def _start(it: Proposal, now: datetime) -> datetime:
    """From when on: never from an instant that has passed while it waited.

    What was to begin before it was proposed is the history of another programme, which the command line brings in.
    """
    wanted = it.effective_from
    if wanted is None:
        return now
    return wanted if wanted < it.proposed_at else max(wanted, now)


def _take(work: Work, proposal_id: UUID, told: str) -> Proposal:
    work.run("SELECT pg_advisory_xact_lock(7220)")
    it = proposal(work, proposal_id)
    if it.state != "needs_approval":
        raise InvalidTransition("proposal", it.state, told)
    return it


def _refuse_who_may_not(work: Work, it: Proposal) -> None:
    if not identity.is_second_person(work, it.proposed_by, rules.MAY_PUBLISH):
        raise MayNotPublish


def _answer(
    work: Work, it: Proposal, state: str, *, words: str = "", version: int | None = None
) -> None:
    work.run(
        """UPDATE plan_proposal SET state = %(state)s, decided_by = %(actor)s, decided_at = %(now)s,
                  words = %(words)s, version = %(version)s WHERE id = %(id)s""",
        id=it.id,
        state=state,
        actor=str(work.actor),
        now=work.now(),
        words=words,
        version=version,
    )
