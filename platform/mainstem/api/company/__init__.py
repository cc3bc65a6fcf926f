"""The company's own rows and verbs over the API, for programs that show its key."""

from __future__ import annotations

from typing import Any

from mainstem.api.company import (
    activity,
    applications,
    commands,
    fulfilments,
    inquiries,
    jobs,
    leads,
    money,
    orders,
    periods,
    storefronts,
    withdrawals,
)
from mainstem.api.company.commands import COMMANDS

__all__ = ["COMMANDS", "routes"]

routes: list[Any] = [
    *commands.routes,
    *orders.routes,
    *withdrawals.routes,
    *fulfilments.routes,
    *leads.routes,
    *jobs.routes,
    *money.routes,
    *inquiries.routes,
    *periods.routes,
    *applications.routes,
    *activity.routes,
    *storefronts.routes,
]
