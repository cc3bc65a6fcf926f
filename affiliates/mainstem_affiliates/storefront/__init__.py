"""The storefront: what clients see."""

from __future__ import annotations

from typing import Any

from mainstem_affiliates.storefront import cart, checkout, enquiries, orders, shop

routes: list[Any] = [
    *shop.routes,
    *cart.routes,
    *checkout.routes,
    *orders.routes,
    *enquiries.routes,
]
