"""The front page: every open storefront."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get

from mainstem import joining
from mainstem.identity import (
    has_staff,
)
from mainstem.kit import paging
from mainstem.kit.paging import SortColumn, Sorting
from mainstem.kit.work import CLIENT, Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import (
    locale_of,
    render,
)
from mainstem.web.works import in_work

Page = Response[bytes]


class Shop(msgspec.Struct, frozen=True):
    """A storefront on the front page."""

    name: str
    url: str
    lead: str


class FrontPage(msgspec.Struct, frozen=True):
    """What the front page shows."""

    shops: list[Shop]
    listing: Listing
    needs_setup: bool
    takes_applications: bool


SHOPS_MAX = 24
"""Storefronts on one page of the front page."""

_SHOPS = """SELECT id, slug, name, locales, texts FROM storefront WHERE active {seek} {sorted}"""

_BY_OPENED = Sorting("opened", (SortColumn("id", "id", int),), descending=False)


@get("/")
async def front(request: Request[Any, Any, Any]) -> Page:
    """The front page: the storefronts, page by page, and sign-in for affiliates and staff."""
    locale = locale_of(request)
    cursor = listing.cursor_of(request)

    def look(work: Work) -> FrontPage:
        found = paging.read(work, _SHOPS, _BY_OPENED, cursor=cursor, most=SHOPS_MAX)
        shops = []
        for row in found.rows:
            texts = row.texts.get(locale) or row.texts.get(row.locales[0]) or {}
            shops.append(Shop(row.name, f"/s/{row.slug}", str(texts.get("tagline", ""))))
        return FrontPage(
            shops,
            listing.build("/", found),
            needs_setup=not has_staff(work),
            takes_applications=joining.is_open(work),
        )

    return render(request, "pages/front.html", await in_work(request, CLIENT, look))


routes = [front]
