"""The programme's pages: what is paid for what, applying, confirming, and an applicant's own page."""

from __future__ import annotations

from typing import Any

from mainstem.web.pages.programme import applying, confirming, following, giving, offer

UPLOADS = giving.UPLOADS
"""How much the form that takes papers reads, by its path."""

routes: list[Any] = [
    *offer.routes,
    *applying.routes,
    *confirming.routes,
    *following.routes,
    *giving.routes,
]
