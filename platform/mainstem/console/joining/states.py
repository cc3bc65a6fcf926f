"""An affiliate's state, changed with its reason: paused, suspended, ended, and active again."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from mainstem import network
from mainstem.console.money.affiliates import AFFILIATE
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY
from mainstem.web.staff.typed import Reason


class StateBody(Document):
    """Why."""

    reason: Reason = Field(title="Why", description="The affiliate is told.")


def _doing(action: str, words: str, tells: str) -> Callable[..., Told]:
    def do(work: Work, body: StateBody, *, id: int) -> Told:
        network.take_step(work, id, action, why=body.reason)
        return Told(tells)

    do.__doc__ = words
    return do


def _command(name: str, path: str, action: str, words: str, tells: str, why: str) -> Command:
    return Command(
        name=name,
        path=f"/affiliates/{{id:int}}/{path}",
        do=_doing(action, words, tells),
        body=StateBody,
        example={"reason": why},
        scope="affiliates:write",
        roles=MONEY,
        tag="Affiliates",
    )


PAUSE = _command(
    "pause_affiliate",
    "pause",
    "pause",
    "Pause an affiliate: no new clients come to them, and what they earn is paid as always.",
    "Paused. They are told why.",
    "They are away until the first of May.",
)
RESUME = _command(
    "resume_affiliate",
    "resumption",
    "resume",
    "Make an affiliate active again.",
    "Active again. They are told.",
    "Their shop says what it should.",
)
SUSPEND = _command(
    "suspend_affiliate",
    "suspension",
    "suspend",
    "Suspend an affiliate: they see their money and nothing else, their shop takes no orders, payouts wait.",
    "Suspended. They are told why.",
    "Their shop promises what we do not keep.",
)
TERMINATE = _command(
    "terminate_affiliate",
    "termination",
    "terminate",
    "End the work with an affiliate: what is owed to them is still paid.",
    "Ended. They are told why.",
    "They have closed their company.",
)

commands = [PAUSE, RESUME, SUSPEND, TERMINATE]
routes = [form_route(command, lambda id: AFFILIATE.of(id)) for command in commands]
