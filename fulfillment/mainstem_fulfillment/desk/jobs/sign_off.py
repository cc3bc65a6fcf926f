"""The client's word on finished work, as staff have heard it."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import SERVICE
from mainstem_fulfillment import jobs
from mainstem_fulfillment.desk.jobs.job import BASE, of_job
from mainstem_fulfillment.jobs import JobKey


class SignOff(Document):
    """Who accepts the work."""

    by: str = Field(title="Name", description="Of whoever has accepted it for the client.")


class Objection(Document):
    """What is not done."""

    objection: str = Field(title="Objection", description="In the client's words.")


def _sign_off(work: Work, body: SignOff, *, home: int, order: UUID, line: int) -> str:
    """Say that the client has accepted the work, and told us."""
    jobs.sign_off(work, JobKey(home, order, line), by=body.by)
    return "The work is accepted. Its commission is on the way."


def _dispute(work: Work, body: Objection, *, home: int, order: UUID, line: int) -> str:
    """Say that the client objects: the work is not done, and a team goes again."""
    jobs.dispute(work, JobKey(home, order, line), objection=body.objection)
    return "The objection is saved. Book a time to correct it."


SIGN_OFF = Command(
    name="sign_off_job",
    path=f"{BASE}/signature",
    do=_sign_off,
    body=SignOff,
    example={"by": "Ada Lind"},
    scope="jobs:write",
    roles=SERVICE,
    tag="Jobs",
)
DISPUTE = Command(
    name="dispute_job",
    path=f"{BASE}/objection",
    do=_dispute,
    body=Objection,
    example={"objection": "The door does not close."},
    scope="jobs:write",
    roles=SERVICE,
    tag="Jobs",
)

commands = [SIGN_OFF, DISPUTE]
routes = [form_route(command, of_job) for command in commands]
