"""Jobs: services that teams perform, from the first booking to the signature."""

from __future__ import annotations

from typing import Any

from mainstem_fulfillment.desk.jobs import board, job, scheduling, sign_off, visit, waiting

routes: list[Any] = [
    *waiting.routes,
    *board.routes,
    *job.routes,
    *scheduling.routes,
    *visit.routes,
    *sign_off.routes,
]

commands = [*scheduling.commands, *visit.commands, *sign_off.commands]
