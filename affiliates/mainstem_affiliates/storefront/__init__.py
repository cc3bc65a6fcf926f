"""The storefront: what clients see."""

from __future__ import annotations

from typing import Any

from mainstem_affiliates.storefront import (
    cart,
    checkout,
    destination,
    enquiries,
    home,
    orders,
    product,
    quotes,
    small_print,
    theme_sheets,
    tracking,
)

routes: list[Any] = [
    *home.routes,
    *product.routes,
    *small_print.routes,
    *cart.routes,
    *checkout.routes,
    *destination.routes,
    *orders.routes,
    *tracking.routes,
    *enquiries.routes,
    *quotes.routes,
    *theme_sheets.routes,
]
