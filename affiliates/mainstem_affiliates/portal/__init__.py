"""The portal: what an affiliate earned, why, and what to do next."""

from __future__ import annotations

from typing import Any

from mainstem_affiliates.portal import (
    account,
    company,
    earnings,
    estimate,
    inquiries,
    leads,
    mail,
    onboarding,
    orders,
    payouts,
    people,
    periods,
    plan,
    shop,
    statement,
    team,
    why,
)

routes: list[Any] = [
    *earnings.routes,
    *why.routes,
    *inquiries.routes,
    *payouts.routes,
    *periods.routes,
    *orders.routes,
    *leads.routes,
    *estimate.routes,
    *statement.routes,
    *plan.routes,
    *team.routes,
    *account.routes,
    *company.routes,
    *people.routes,
    *mail.routes,
    *shop.routes,
    *onboarding.routes,
]
