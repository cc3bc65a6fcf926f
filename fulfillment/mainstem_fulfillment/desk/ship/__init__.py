"""Ship: what is to be picked, packed, handed over, and what is on its way."""

from __future__ import annotations

from typing import Any

from mainstem_fulfillment.desk.ship import (
    fulfilment,
    packing,
    picking,
    putting_back,
    queue,
    transit,
)

routes: list[Any] = [
    *queue.routes,
    *transit.routes,
    *fulfilment.routes,
    *picking.routes,
    *putting_back.routes,
    *packing.routes,
]

commands = [*picking.commands, *putting_back.commands, *packing.commands, *transit.commands]
