"""The search over everything, as a page: what the palette finds too, and more of it."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem import referrals
from mainstem.console import search as find
from mainstem.console.lists import FoundOrder
from mainstem.console.palette import Hit, client_url, person_url, places
from mainstem.kit import search_terms
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import (
    ADMIN,
    MONEY,
    ORDERS,
    SERVICE,
    SHIP,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    reader_of,
    show,
)


class SearchPage(Page, kw_only=True):
    """What a search found."""

    orders: list[FoundOrder]
    clients: list[tuple[str, find.FoundClient]]
    leads: list[find.FoundLead]
    affiliates: list[find.FoundAffiliate]
    fulfilments: list[find.FoundFulfilment]
    payouts: list[find.FoundPayout]
    goods: list[find.FoundGoods]
    codes: list[referrals.Code]
    people: list[tuple[str, find.FoundPerson]]
    places: list[Hit]
    nothing: bool
    more_orders: str


@get("/search", sync_to_thread=True)
def search(
    request: HttpRequest, work: NamedDependency[Work], q: FromQuery[str] = ""
) -> HttpResponse:
    """Everything that the text names; what is the only thing found opens at once."""
    text = search_terms.as_typed(q)
    page = _found(request, work, text)
    urls = _urls(request, page)
    if len(urls) == 1:
        return redirect(request, urls[0])
    page.nothing = not urls and not page.fulfilments and not page.places
    return show(request, "console/search.html", page)


def _found(request: HttpRequest, work: Work, text: str) -> SearchPage:
    may = reader_of(request).may if text else _nothing
    language = language_of(request)
    orders = find.orders(work, text) if may(*ORDERS) else []
    layout = layout_of(request, work, "search") | {"query": text}
    return SearchPage(
        **layout,
        orders=orders,
        clients=[(client_url(one.client_key), one) for one in find.clients(work, text)]
        if may(*ORDERS)
        else [],
        leads=find.leads(work, text) if may(*SERVICE) else [],
        affiliates=find.affiliates(work, text) if may(*MONEY) else [],
        payouts=find.payouts(work, text) if may(*MONEY) else [],
        fulfilments=find.fulfilments(work, text) if may(*SHIP) else [],
        goods=find.goods(work, text, locale=language.locale) if text else [],
        codes=find.codes(work, text) if may(*MONEY) else [],
        people=[(person_url(one), one) for one in find.people(work, text)] if may(*ADMIN) else [],
        places=places(language, may, text) if text else [],
        nothing=False,
        more_orders=f"/console/orders?{urlencode({'q': text})}"
        if len(orders) >= find.FOUND_MAX
        else "",
    )


def _urls(request: HttpRequest, page: SearchPage) -> list[str]:
    """Where what was found is. A client stands with their order or lead, a code with its affiliate, and
    what is shipped with its order, for whoever may see that."""
    may = reader_of(request).may
    urls = [
        *(f"/console/orders/{row.home_id}/{row.id}" for row in page.orders),
        *(f"/desk/leads/{row.home_id}/{row.id}" for row in page.leads),
        *(f"/console/affiliates/{row.id}" for row in page.affiliates),
        *(f"/console/payouts?view=all&q={row.number}" for row in page.payouts),
        *(f"/console/articles/{row.id}" for row in page.goods),
        *(hit.url for hit in page.places),
    ]
    if not may(*ORDERS):
        urls += [f"/desk/ship/{row.home_id}/{row.order_id}/{row.no}" for row in page.fulfilments]
    if not page.affiliates:
        urls += [url for url, _ in page.people]
    return urls


def _nothing(*_: str) -> bool:
    return False


routes = [search]
