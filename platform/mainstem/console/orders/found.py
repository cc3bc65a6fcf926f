"""Orders, page by page: found by filters and words."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from mainstem.console import lists
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    show,
)


class Orders(Page, kw_only=True):
    """Orders, page by page."""

    rows: list[lists.FoundOrder]
    listing: Listing
    payment: dict[str, tuple[str, str]]
    fulfillment: dict[str, tuple[str, str]]


@get("/orders", sync_to_thread=True)
def list_orders(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Orders, newest first unless asked otherwise."""
    language = language_of(request)
    text = language.text
    any_ = [("", text("Any"))]
    words = listing.text(
        request, "q", text("Client, number or parcel"), text("Name, phone, e-mail, number")
    )
    state = listing.choice(
        request,
        "state",
        text("State"),
        any_ + [(key, text(name)) for key, name in labels.ORDER_STATES.items()],
    )
    payment = listing.choice(
        request,
        "payment",
        text("Refunded"),
        any_ + [(key, text(labels.PAYMENT[key][0])) for key in lists.MONEY_BACK],
    )
    shop, shop_id = _storefront(request, work)
    currency = listing.choice(
        request,
        "currency",
        text("Currency"),
        any_ + [(code, code) for code in lists.currencies(work)],
    )
    days = listing.period(request, language)
    sort = listing.choice(
        request,
        "sort",
        text("Sort by"),
        [("newest", text("Newest first")), ("oldest", text("Oldest first"))],
    )
    since, until = listing.instants(days, work.tools.zone)
    found = lists.orders(
        work,
        state=state.value,
        payment=payment.value,
        storefront=shop_id,
        currency=currency.value,
        since=since,
        until=until,
        text=words.value,
        sorting=lists.ORDER_SORTINGS[sort.value],
        cursor=listing.cursor_of(request),
    )
    page = Orders(
        **layout_of(request, work, "orders"),
        rows=found.rows,
        listing=listing.build(
            "/console/orders", found, words, state, payment, shop, currency, *days, sort
        ),
        payment=labelled(language, labels.PAYMENT),
        fulfillment=labelled(language, labels.FULFILLMENT),
    )
    return show(request, "console/orders.html", page)


def _storefront(request: HttpRequest, work: Work) -> tuple[listing.FilterField, int | None]:
    """The field for a storefront, chosen while they are few and named when they are many."""
    language, name = language_of(request), "storefront"
    shops = lists.storefronts(work)
    if len(shops) <= lists.CHOICES_MAX:
        options = [("", language.text("Any")), *((str(row.id), row.name) for row in shops)]
        chosen = listing.choice(request, name, language.text("Storefront"), options)
        return chosen, int(chosen.value) if chosen.value else None
    named = listing.text(request, name, language.text("Storefront"), language.text("Its name"))
    # A name that nobody has is nobody's storefront, not everybody's.
    return named, (lists.storefront_named(work, named.value) or 0) if named.value else None


routes = [list_orders]
