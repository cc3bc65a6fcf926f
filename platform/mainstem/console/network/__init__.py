"""The network: the tree of sponsors, moves in it, groups, and who waits to be placed."""

from __future__ import annotations

from typing import Any

from mainstem.console.network import answering, groups, holding, moving, tree
from mainstem.web.commands import Command

commands: list[Command] = [*moving.commands, *groups.commands, *holding.commands]
routes: list[Any] = [
    *tree.routes,
    *moving.routes,
    *answering.routes,
    *groups.routes,
    *holding.routes,
]
