"""The API: orders and leads from storefronts on other machines, and set-up and staff's work by
programs of one's own."""

from __future__ import annotations

from typing import Any

from litestar import Router
from litestar.exceptions import ValidationException

from mainstem.api.company import routes as company_routes
from mainstem.api.leads import list_leads, open_lead, show_lead
from mainstem.api.orders import list_orders, place_order, show_order
from mainstem.api.pictures import UPLOADS
from mainstem.api.pictures import routes as picture_routes
from mainstem.api.requests import answer_invalid
from mainstem.api.setup import routes as setup_routes
from mainstem.api.stock import routes as stock_routes

routes: list[Any] = [
    Router(
        "/",
        route_handlers=[place_order, list_orders, show_order, open_lead, list_leads, show_lead],
        exception_handlers={ValidationException: answer_invalid},
        tags=["Storefronts"],
    )
]

__all__ = ["UPLOADS", "integration_routes", "routes"]

integration_routes: list[Any] = [
    Router("/", route_handlers=[*setup_routes, *stock_routes, *picture_routes, *company_routes])
]
