"""The money room: payouts, refunds, rates of exchange, the books, tax by country, and what each
affiliate has."""

from __future__ import annotations

from typing import Any

from mainstem.console.money import (
    affiliate_list,
    affiliates,
    books,
    payout,
    payouts,
    rates,
    refunds,
    tax,
)

routes: list[Any] = [
    *payouts.routes,
    *payout.routes,
    *rates.routes,
    *refunds.routes,
    *books.routes,
    *affiliate_list.routes,
    *affiliates.routes,
    *tax.routes,
]

commands = [
    *payouts.commands,
    *payout.commands,
    *rates.commands,
    *books.commands,
    *affiliates.commands,
    *tax.commands,
]
