"""The console: what waits where, orders, money and facts, for the parent's staff."""

from __future__ import annotations

from typing import Any

from litestar import Router

from mainstem.console import (
    article,
    audit,
    catalogue,
    clients,
    codes,
    costs,
    demo_clock,
    domains,
    facts,
    found,
    goodwill,
    home,
    inquiries,
    joining,
    lab,
    lab_files,
    mail,
    mail_previews,
    money,
    network,
    orders,
    own_mail,
    palette,
    periods,
    plan,
    plan_proposals,
    reviews,
    setup,
    store_credit,
    storefronts,
    why,
    withdrawals,
)
from mainstem.web.commands import Command
from mainstem.web.guards import staff
from mainstem.web.staff.layout import ADMIN, MONEY, ORDERS

routes: list[Any] = [
    *home.routes,
    *found.routes,
    *palette.routes,
    *article.routes,
    *own_mail.routes,
    Router(
        "/",
        route_handlers=[*orders.routes, *withdrawals.routes, *clients.routes],
        guards=[staff(*ORDERS)],
    ),
    Router(
        "/",
        route_handlers=[
            *money.routes,
            *codes.routes,
            *plan.routes,
            *plan_proposals.routes,
            *costs.routes,
            *lab.routes,
            *lab_files.routes,
            *periods.routes,
            *reviews.routes,
            *inquiries.routes,
            *why.routes,
            *goodwill.routes,
            *joining.routes,
            *network.routes,
        ],
        guards=[staff(*MONEY)],
    ),
    Router(
        "/",
        route_handlers=[
            *facts.routes,
            *demo_clock.routes,
            *audit.routes,
            *catalogue.routes,
            *mail.routes,
            *mail_previews.routes,
            *setup.routes,
            *storefronts.routes,
            *domains.routes,
        ],
        guards=[staff(*ADMIN)],
    ),
]

commands: list[Command] = [
    *orders.commands,
    *store_credit.commands,
    *withdrawals.commands,
    *clients.commands,
    *money.commands,
    *inquiries.commands,
    *codes.commands,
    *periods.commands,
    *plan_proposals.commands,
    *lab.commands,
    *joining.commands,
    *network.commands,
    *facts.commands,
    *mail.commands,
    *storefronts.commands,
    *domains.commands,
    *setup.commands,
]
