"""The desk's answer to an inquiry: a command, on its page and in the API."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from mainstem import inquiries
from mainstem.console.inquiries.page import BASE, of_inquiry
from mainstem.kit.documents import Document
from mainstem.kit.validation import said_error
from mainstem.kit.work import Work
from mainstem.web.commands import Command
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY


def _chosen(decision: object) -> object:
    if decision not in ("upheld", "declined"):
        raise said_error("missing", "This is needed.")
    return decision


class InquiryAnswer(Document):
    """Whether the affiliate is right, and why."""

    decision: Annotated[Literal["upheld", "declined"], BeforeValidator(_chosen)] = Field(
        title="Decision",
        description="`upheld`: the affiliate is right. `declined`: what stands is right.",
    )
    reason: str = Field(title="Why", description="The affiliate reads it, word for word.")


def _answer(work: Work, body: InquiryAnswer, *, home: int, inquiry: UUID) -> str:
    """Answer what an affiliate asked about a commission, once. They are told by mail. What follows for the
    money is a command of its own."""
    upheld = body.decision == "upheld"
    inquiries.answer(work, home, inquiry, upheld=upheld, reason=body.reason)
    return "Answered. The affiliate is told."


ANSWER = Command(
    name="answer_commission_inquiry",
    path=f"{BASE}/answer",
    do=_answer,
    body=InquiryAnswer,
    example={
        "decision": "declined",
        "reason": "The client gave a code at the till, which comes before the shop.",
    },
    scope="money:write",
    roles=MONEY,
    tag="Money",
)

commands = [ANSWER]
routes = [form_route(ANSWER, of_inquiry)]
