"""Milestones of a service: what a share is promised for, on the way from a request to work that is accepted.

None of them pays before the service is delivered. They differ in what is asked: that the request was
qualified, that it was won, that the work was delivered, that the client has accepted it.
"""

from __future__ import annotations

from typing import Literal

Milestone = Literal["qualified", "won", "delivered", "accepted"]
MILESTONES: tuple[Milestone, ...] = ("qualified", "won", "delivered", "accepted")
OF_A_LEAD: tuple[Milestone, ...] = ("qualified", "won")
"""Those that only a service reaches which began with a lead."""


def reached(kind: str, *, from_lead: bool) -> tuple[Milestone, ...]:
    """The milestones that a line of this kind of product reaches in time. Goods are only delivered."""
    if kind != "service":
        return ("delivered",)
    return tuple(one for one in MILESTONES if from_lead or one not in OF_A_LEAD)
