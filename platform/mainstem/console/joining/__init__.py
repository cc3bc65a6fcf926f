"""Joining, as staff decide it: applications, whom we have asked to apply, and affiliates' states."""

from __future__ import annotations

from typing import Any

from mainstem.console.joining import (
    application,
    applications,
    deciding,
    invitations,
    papers,
    states,
)

routes: list[Any] = [
    *applications.routes,
    *application.routes,
    *papers.routes,
    *deciding.routes,
    *invitations.routes,
    *states.routes,
]

commands = [*deciding.commands, *invitations.commands, *states.commands]
