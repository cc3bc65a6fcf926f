"""Affiliates are put into groups, from a day on, and taken out of them."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from mainstem import network
from mainstem.console.network.tree import NODE
from mainstem.kit.documents import Document, Name
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY


class GroupBody(Document):
    """Which group, and from which day on."""

    name: Name = Field(title="Group", description="As the plan and the programme call it.")
    day: date | None = Field(
        None, title="From", description="The day on which it begins. None: now."
    )


class LeaveBody(Document):
    """Which group, and from which day on no longer."""

    name: Name = Field(title="Group", description="As the plan and the programme call it.")
    day: date | None = Field(
        None, title="From", description="The day from which they are in it no longer. None: now."
    )


def _join(work: Work, body: GroupBody, *, id: int) -> Told:
    """Put an affiliate into a group, now or from a day on. What was sold before keeps its terms."""
    network.join_group(work, id, body.name, day=body.day)
    return Told("They are in the group {name}.", {"name": body.name})


def _leave(work: Work, body: LeaveBody, *, id: int) -> Told:
    """Take an affiliate out of a group, now or from a day on. What was sold before keeps its terms."""
    network.leave_group(work, id, body.name, day=body.day)
    return Told("They leave the group {name}.", {"name": body.name})


JOIN = Command(
    name="put_into_group", path="/affiliates/{id:int}/groups", page="/network/{id:int}/groups",
    do=_join, body=GroupBody, example={"name": "gold", "day": "2030-01-01"},
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip
LEAVE = Command(
    name="take_out_of_group", path="/affiliates/{id:int}/groups/departure",
    page="/network/{id:int}/groups/departure", do=_leave, body=LeaveBody,
    example={"name": "gold"}, scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip

commands = [JOIN, LEAVE]
routes = [form_route(command, lambda id: NODE.of(id)) for command in commands]
