"""Set-up: what there is still to do, and a page for everything that a company sets."""

from __future__ import annotations

from typing import Any

from mainstem.console.setup import (
    access,
    invitations,
    keys,
    network,
    overview,
    payments,
    people,
    plan,
    receiving,
    saving,
    shelves,
    suggestions,
    thing,
    things,
)

commands = [*access.commands]

routes: list[Any] = [
    *overview.routes,
    *people.routes,
    *invitations.routes,
    *access.routes,
    *keys.routes,
    *network.routes,
    *payments.routes,
    *plan.routes,
    *shelves.routes,
    *receiving.routes,
    *suggestions.routes,
    *things.routes,
    *thing.routes,
    *saving.routes,
]
