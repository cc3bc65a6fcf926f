"""Clients: one on a page, and to whom they are tied."""

from __future__ import annotations

from typing import Any

from mainstem.console.clients import binding, client, rebinding

routes: list[Any] = [*client.routes, *binding.routes, *rebinding.routes]

commands = rebinding.commands
