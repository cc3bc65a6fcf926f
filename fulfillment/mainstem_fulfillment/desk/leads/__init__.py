"""Leads: requests for services, from new to won or lost."""

from __future__ import annotations

from typing import Any

from mainstem_fulfillment.desk.leads import lead, pipeline, quotes, working

routes: list[Any] = [
    *pipeline.routes,
    *lead.routes,
    *working.routes,
    *quotes.routes,
]

commands = [*working.commands, *quotes.commands]
