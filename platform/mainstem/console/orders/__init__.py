"""Orders: found, looked at on one page that says everything, and what may be done with them."""

from __future__ import annotations

from typing import Any

from mainstem.console.orders import (
    approvals,
    attribution,
    cancellation,
    failed_refunds,
    found,
    page,
    refunds,
)

routes: list[Any] = [
    *found.routes,
    *page.routes,
    *cancellation.routes,
    *refunds.routes,
    *failed_refunds.routes,
    *approvals.routes,
    *attribution.routes,
]

commands = [
    *cancellation.commands,
    *refunds.commands,
    *failed_refunds.commands,
    *approvals.commands,
    *attribution.commands,
]
