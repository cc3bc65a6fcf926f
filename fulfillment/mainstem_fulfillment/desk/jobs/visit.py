"""The visit: on the way, at the client's, done."""

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


class JobReport(Document):
    """What was done."""

    report: str = Field(title="Report", description="For the client, who signs it off.")


def _depart(work: Work, *, home: int, order: UUID, line: int) -> str:
    """Say that the team is on its way."""
    jobs.depart(work, JobKey(home, order, line))
    return "They are on their way."


def _arrive(work: Work, *, home: int, order: UUID, line: int) -> str:
    """Say that the team is there."""
    jobs.arrive(work, JobKey(home, order, line))
    return "They are there."


def _finish(work: Work, body: JobReport, *, home: int, order: UUID, line: int) -> str:
    """Say that the work is done, and what was done. The client has five days to object."""
    jobs.finish(work, JobKey(home, order, line), report=body.report)
    return "The work is reported. The client has five days to object."


DEPART = Command(
    name="depart_to_job",
    path=f"{BASE}/departure",
    do=_depart,
    scope="jobs:write",
    roles=SERVICE,
    tag="Jobs",
)
ARRIVE = Command(
    name="arrive_at_job",
    path=f"{BASE}/arrival",
    do=_arrive,
    scope="jobs:write",
    roles=SERVICE,
    tag="Jobs",
)
FINISH = Command(
    name="finish_job",
    path=f"{BASE}/report",
    do=_finish,
    body=JobReport,
    example={"report": "The stove is in place, the flue is tight, the client has seen it burn."},
    scope="jobs:write",
    roles=SERVICE,
    tag="Jobs",
)

commands = [DEPART, ARRIVE, FINISH]
routes = [form_route(command, of_job) for command in commands]
