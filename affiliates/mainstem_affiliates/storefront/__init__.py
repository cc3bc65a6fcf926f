"""The storefront: what clients see."""

from __future__ import annotations

from typing import Any

from mainstem_affiliates.storefront import (
    cart,
    checkout,
    departments,
    destination,
    enquiries,
    for_search,
    home,
    lost,
    order_cancellation,
    order_receipt,
    order_sign_off,
    order_withdrawal,
    ordering,
    orders,
    product,
    quotes,
    share_picture,
    small_print,
    theme_sheets,
    tracking,
    withdrawing,
)

FOUND_NOTHING = lost.FOUND_NOTHING
"""How this surface answers where nothing was found."""

routes: list[Any] = [
    *home.routes,
    *departments.routes,
    *product.routes,
    *small_print.routes,
    *cart.routes,
    *checkout.routes,
    *ordering.routes,
    *destination.routes,
    *orders.routes,
    *order_sign_off.routes,
    *order_withdrawal.routes,
    *order_cancellation.routes,
    *order_receipt.routes,
    *withdrawing.routes,
    *tracking.routes,
    *enquiries.routes,
    *quotes.routes,
    *theme_sheets.routes,
    *share_picture.routes,
    *for_search.routes,
    *lost.routes,
]
