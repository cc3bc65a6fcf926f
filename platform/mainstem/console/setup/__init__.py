"""Set-up: what there is still to do, and a page for everything that a company sets."""

from __future__ import annotations

from typing import Any

from mainstem.console.setup import (
    keys,
    network,
    overview,
    payments,
    people,
    plan,
    shelves,
    suggestions,
    things,
)

commands = [*people.commands]

routes: list[Any] = [
    *overview.routes,
    *people.routes,
    *keys.routes,
    *network.routes,
    *payments.routes,
    *plan.routes,
    *shelves.routes,
    *suggestions.routes,
    *things.routes,
]
