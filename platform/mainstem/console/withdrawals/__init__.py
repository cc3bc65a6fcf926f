"""Withdrawals: what waits, what is due, and what the desk decides."""

from __future__ import annotations

from typing import Any

from mainstem.console.withdrawals import acceptance, decisions, entering, listed, page

routes: list[Any] = [
    *listed.routes,
    *page.routes,
    *acceptance.routes,
    *decisions.routes,
    *entering.routes,
]

commands = [*acceptance.commands, *decisions.commands, *entering.commands]
