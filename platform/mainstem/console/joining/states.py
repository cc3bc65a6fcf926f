"""An affiliate's state, changed with its reason: paused, suspended, ended, and active again."""

from __future__ import annotations

from pydantic import Field

from mainstem import network
from mainstem.console.money.affiliates import AFFILIATE
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY
from mainstem.web.staff.typed import Reason


class StateBody(Document):
    """Why."""

    reason: Reason = Field(title="Why", description="The affiliate is told.")


def _pause(work: Work, body: StateBody, *, id: int) -> str:
    """Pause an affiliate: no new clients come to them, and what they earn is paid as always."""
    network.take_step(work, id, "pause", why=body.reason)
    return "Paused. They are told why."


def _resume(work: Work, body: StateBody, *, id: int) -> str:
    """Make an affiliate active again."""
    network.take_step(work, id, "resume", why=body.reason)
    return "Active again. They are told."


def _suspend(work: Work, body: StateBody, *, id: int) -> str:
    """Suspend an affiliate: they see their money and nothing else, their shop takes no orders, and
    payouts wait."""
    network.take_step(work, id, "suspend", why=body.reason)
    return "Suspended. They are told why."


def _terminate(work: Work, body: StateBody, *, id: int) -> str:
    """End the work with an affiliate: what is owed to them is still paid."""
    network.take_step(work, id, "terminate", why=body.reason)
    return "Ended. They are told why."


PAUSE = Command(
    name="pause_affiliate", path="/affiliates/{id:int}/pause", do=_pause, body=StateBody,
    example={"reason": "They are away until the first of May."},
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip
RESUME = Command(
    name="resume_affiliate", path="/affiliates/{id:int}/resumption", do=_resume, body=StateBody,
    example={"reason": "Their shop says what it should."},
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip
SUSPEND = Command(
    name="suspend_affiliate", path="/affiliates/{id:int}/suspension", do=_suspend, body=StateBody,
    example={"reason": "Their shop promises what we do not keep."},
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip
TERMINATE = Command(
    name="terminate_affiliate", path="/affiliates/{id:int}/termination", do=_terminate, body=StateBody,
    example={"reason": "They have closed their company."},
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip

commands = [PAUSE, RESUME, SUSPEND, TERMINATE]
routes = [form_route(command, lambda id: AFFILIATE.of(id)) for command in commands]
