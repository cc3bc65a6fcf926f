"""What an affiliate in each state may do, and the steps from one state to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Problem
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.transitions import Machine, Step
from mainstem.kit.work import Work

ELIGIBLE = ("active", "paused")
"""States in which an affiliate is credited for sales: a pause stops new clients, not their pay."""


SEE_MONEY, BE_PAID, WORK = "see_money", "be_paid", "work"
"""What an affiliate does with us: see what is theirs; say where it goes; all the rest of the portal,
and the API of their storefronts."""

ACCOUNT, COMPANY_DATA, PEOPLE, MAIL = "account", "company_data", "people", "mail"
"""Who they are: their account, the company's name, numbers and address in law, who signs in for them, and
what each of those gets by mail."""

ANSWER = "answer"
"""What an applicant does: give what is asked for, and answer questions."""

_EVERYTHING = frozenset({SEE_MONEY, BE_PAID, WORK, ACCOUNT, COMPANY_DATA, PEOPLE, MAIL})

MAY: dict[str, frozenset[str]] = {
    "applied": frozenset({ANSWER}),
    "in_review": frozenset({ANSWER}),
    "active": _EVERYTHING,
    "paused": _EVERYTHING,
    "suspended": frozenset({SEE_MONEY, MAIL}),
    "terminated": frozenset({SEE_MONEY, BE_PAID, ACCOUNT, COMPANY_DATA, MAIL}),
    "rejected": frozenset(),
}
"""The one table of what an affiliate in each state may still do (docs/decisions/26)."""

ROLE_MAY: dict[str, frozenset[str]] = {
    "owner": _EVERYTHING,
    "seller": frozenset({WORK, ACCOUNT, MAIL}),
    "accountant": frozenset({SEE_MONEY, BE_PAID, ACCOUNT, COMPANY_DATA, MAIL}),
}
"""The one table of what each role within an affiliate may do, where its state lets anybody."""


def rights(state: str, role: str) -> frozenset[str]:
    """What somebody in this role of an affiliate in this state may do."""
    return MAY[state] & ROLE_MAY[role]


STATES = Machine(
    "affiliate",
    Step("review", "taken up", ("applied",), "in_review"),
    Step("ask", "asked for something", ("applied", "in_review"), "in_review"),
    Step("approve", "approved", ("applied", "in_review"), "active"),
    Step("reject", "rejected", ("applied", "in_review"), "rejected"),
    Step("pause", "paused", ("active",), "paused"),
    Step("resume", "made active again", ("paused", "suspended", "terminated"), "active"),
    Step("suspend", "suspended", ("active", "paused"), "suspended"),
    Step("terminate", "ended", ("active", "paused", "suspended"), "terminated"),
)
"""Every step of an applicant, and of the affiliate that they become."""

NEEDS_WHY = frozenset({"reject", "suspend", "terminate"})
"""Steps that are told with their reason."""


def step_to(before: str, after: str) -> str:
    """The step that leads from one state to another; InvalidTransition where none does."""
    for action, step in STATES.steps.items():
        if before in step.sources and step.target == after:
            return action
    raise InvalidTransition("affiliate", before, after)


class WhyMissing(InvalidInput):
    """The affiliate is told why, so somebody has to say it."""

    @classmethod
    def at(cls, pointer: str) -> WhyMissing:
        """The refusal, with the field in which it is said."""
        return cls(Problem(pointer, "missing", "Say why: the affiliate is told."))


def take_step(work: Work, affiliate_id: int, action: str, *, why: str = "") -> str:
    """Take a step of an affiliate's; the state that they are in now. What they have earned stays theirs.

    Raises NotFound, InvalidTransition, and WhyMissing for a step that needs its reason.
    """
    before = work.value("SELECT state FROM affiliate WHERE id = %(id)s FOR UPDATE", id=affiliate_id)
    if before is None:
        raise NotFound("affiliate")
    after = STATES.step(before, action)
    if action in NEEDS_WHY and not why.strip():
        raise WhyMissing.at("/why")
    work.run(
        "UPDATE affiliate SET state = %(state)s WHERE id = %(id)s", id=affiliate_id, state=after
    )
    note_step(work, before, after, why=why, affiliate_id=affiliate_id)
    record(work, f"affiliate.{after}", affiliate_id, home=affiliate_id)
    return after


def note_step(
    work: Work,
    before: str,
    after: str,
    *,
    why: str = "",
    affiliate_id: int | None = None,
    application_id: UUID | None = None,
) -> None:
    """Keep that somebody went from one state to another: who did it, when and why."""
    work.run(
        """INSERT INTO affiliate_step
             (id, application_id, affiliate_id, before, after, why, actor, work_id, at)
           VALUES (%(id)s, %(application)s, %(affiliate)s, %(before)s, %(after)s, %(why)s, %(actor)s,
                   %(work)s, %(now)s)""",
        id=new_id(),
        application=application_id,
        affiliate=affiliate_id,
        before=before,
        after=after,
        why=why.strip(),
        actor=str(work.actor),
        work=work.id,
        now=work.now(),
    )


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step that was taken: from which state to which, and why."""

    before: str
    after: str
    why: str
    actor: str
    at: datetime


def steps_of(work: Work, affiliate_id: int, *, most: int = 40) -> list[StepTaken]:
    """An affiliate's steps, from when they applied, the newest first."""
    return work.rows_as(
        StepTaken,
        """SELECT before, after, why, actor, at FROM affiliate_step
            WHERE affiliate_id = %(id)s ORDER BY at DESC, id DESC LIMIT %(most)s""",
        id=affiliate_id,
        most=most,
    )
