"""The affiliate's own storefront: opened, edited a page at a time, looked at, published and undone."""

from __future__ import annotations

from typing import Any

from mainstem_affiliates.portal.shop import domains, history, overview, picture, publication, steps

UPLOADS = picture.UPLOADS

routes: list[Any] = [
    *overview.routes,
    *steps.routes,
    *picture.routes,
    *publication.routes,
    *history.routes,
    *domains.routes,
]
