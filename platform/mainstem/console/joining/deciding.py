"""What staff do with an application: take it up, ask, approve, reject. Each a command, on its page and in the API."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from mainstem import joining
from mainstem.console.joining.application import APPLICATION
from mainstem.kit.documents import Document, Lines, Slug
from mainstem.kit.validation import said_error
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY
from mainstem.web.staff.typed import Reason

QUESTION_MAX = 2000


def _a_question(text: str) -> str:
    if not 0 < len(text) <= QUESTION_MAX:
        raise said_error(
            "missing", "Write the question, in at most {max} characters.", max=QUESTION_MAX
        )
    return text


class QuestionBody(Document):
    """What staff want to know or have."""

    question: Annotated[Lines, AfterValidator(_a_question)] = Field(
        title="Question",
        description="It goes out by mail, and is answered on the applicant's page.",
    )


class ApprovalBody(Document):
    """What the new affiliate is called in addresses, and whether under a sponsor."""

    slug: Slug = Field(title="Name in addresses", description="It stays.")
    without_sponsor: bool = Field(
        False,
        title="Without a sponsor",
        description="Whoever's link it was gets nothing of their sales.",
    )


class RejectionBody(Document):
    """Why not."""

    reason: Reason


def _review(work: Work, *, id: UUID) -> str:
    """Take an application up: the applicant is told that somebody reads it."""
    joining.review(work, id)
    return "You have taken it up."


def _ask(work: Work, body: QuestionBody, *, id: UUID) -> str:
    """Ask an applicant for something, by mail; they answer on their page."""
    joining.ask(work, id, body.question)
    return "Asked. The answer will stand here."


def _approve(work: Work, body: ApprovalBody, *, id: UUID) -> Told:
    """Approve an application: it makes the affiliate, under their sponsor, and their first person as owner,
    who is sent an invitation. Nobody is paid for it."""
    joining.approve(work, id, slug=body.slug, without_sponsor=body.without_sponsor)
    return Told("{name} is an affiliate now.", {"name": joining.application(work, id).company_name})


def _reject(work: Work, body: RejectionBody, *, id: UUID) -> str:
    """Reject an application; the applicant is told why and may apply again."""
    joining.reject(work, id, body.reason)
    return "Rejected. They are told why."


REVIEW = Command(
    name="review_application", path="/applications/{id:uuid}/review", do=_review,
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip


ASK = Command(
    name="ask_applicant", path="/applications/{id:uuid}/question", do=_ask, body=QuestionBody,
    example={"question": "Do you have a place that clients can come to?"},
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip


APPROVE = Command(
    name="approve_application", path="/applications/{id:uuid}/approval", do=_approve, body=ApprovalBody,
    example={"slug": "kulla", "without_sponsor": False},
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip


REJECT = Command(
    name="reject_application", path="/applications/{id:uuid}/rejection", do=_reject, body=RejectionBody,
    example={"reason": "We have two shops in your town already."},
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip


commands = [REVIEW, ASK, APPROVE, REJECT]
routes = [form_route(command, lambda id: APPLICATION.of(id)) for command in commands]
