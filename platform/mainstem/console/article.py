"""One article: stock by location, what moved, prices and their history, offers, and its latest sales."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.console import queries
from mainstem.console.palette import client_url
from mainstem.console.setup.words import CHOICES
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    ADMIN,
    ORDERS,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    reader_of,
    show,
)


class SaleView(msgspec.Struct, frozen=True):
    """A line in which it was sold, and where its client is seen."""

    row: queries.SaleRow
    client_url: str


class ArticlePage(Page, kw_only=True):
    """Everything about one article that this reader may see."""

    it: queries.ArticleDetails
    shelves: list[queries.ShelfRow]
    movements: list[queries.MovementRow]
    listing: Listing
    reasons: dict[str, str]
    who: dict[str, str]
    prices: list[queries.PriceRow]
    sales: list[SaleView]
    edit_url: str
    shelves_url: str


@get("/articles/{id:int}", sync_to_thread=True)
def article(request: HttpRequest, work: NamedDependency[Work], id: FromPath[int]) -> HttpResponse:
    """One article; its sales for whoever may see orders."""
    language, may = language_of(request), reader_of(request).may
    it = queries.article(work, id, language.locale)
    moved = queries.moved(work, id, cursor=listing.cursor_of(request))
    sales = queries.sales(work, id) if may(*ORDERS) else []
    page = ArticlePage(
        **layout_of(request, work, "search"),
        it=it,
        shelves=queries.shelves(work, id),
        movements=moved.rows,
        listing=listing.build(f"/console/articles/{id}", moved),
        reasons={row.reason: language.text(CHOICES[row.reason]) for row in moved.rows},
        who=names_of(work, language, [row.actor for row in moved.rows]),
        prices=queries.prices(work, id),
        sales=[SaleView(row, client_url(row.client_key)) for row in sales],
        edit_url=_at("/console/setup/products/edit", it.slug) if may(*ADMIN) else "",
        shelves_url=_at("/console/setup/shelves", f"{it.sku}@") if may(*ADMIN) else "",
    )
    return show(request, "console/article.html", page)


def _at(url: str, key: str) -> str:
    return f"{url}?{urlencode({'key': key})}"


routes = [article]
