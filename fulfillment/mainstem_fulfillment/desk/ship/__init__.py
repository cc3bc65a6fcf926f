"""Ship: what is to be picked, packed, handed over, and what is on its way."""

from __future__ import annotations

from typing import Any

from mainstem_fulfillment.desk.ship import fulfilment, packing, picking, queue, transit

routes: list[Any] = [
    *queue.routes,
    *transit.routes,
    *fulfilment.routes,
    *picking.routes,
    *packing.routes,
]

commands = [*picking.commands, *packing.commands, *transit.commands]
