"""Joining, as staff decide it: applications, whom we have asked to apply, and affiliates' states."""

from __future__ import annotations

from typing import Any

from mainstem.console.joining import application, applications, invitations, states

routes: list[Any] = [
    *applications.routes,
    *application.routes,
    *invitations.routes,
    *states.routes,
]

commands = [*application.commands, *invitations.commands, *states.commands]
