"""The storefront: what clients see."""

from __future__ import annotations

from typing import Any

from mainstem_affiliates.storefront import (
    cart,
    checkout,
    destination,
    enquiries,
    home,
    order_cancellation,
    order_receipt,
    order_withdrawal,
    orders,
    product,
    quotes,
    small_print,
    tracking,
    withdrawing,
)

routes: list[Any] = [
    *home.routes,
    *product.routes,
    *small_print.routes,
    *cart.routes,
    *checkout.routes,
    *destination.routes,
    *orders.routes,
    *order_withdrawal.routes,
    *order_cancellation.routes,
    *order_receipt.routes,
    *withdrawing.routes,
    *tracking.routes,
    *enquiries.routes,
    *quotes.routes,
]
