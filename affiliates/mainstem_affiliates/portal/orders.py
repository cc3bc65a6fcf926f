"""Orders that clients of the affiliate have placed, and what each has earned."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import earnings, network
from mainstem.kit.work import Actor, Work
from mainstem.money import BASIS, Money
from mainstem.web import (
    language_of,
    listing,
    render,
    request_context_of,
)
from mainstem.web.estimates import ShareView, promised_view
from mainstem.web.listing import Listing
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.earnings import OrderEarnings, earnings_of
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around
from mainstem_affiliates.portal.reads import (
    ClientOrder,
)
from mainstem_affiliates.storefront import reads as order_reads
from mainstem_affiliates.storefront.links import ROOT
from mainstem_affiliates.storefront.timeline import Moment, timeline

# What the client's page says to the client, said about the client.
_SAID_OF_CLIENT = {
    "You ordered": "Ordered",
    "We have your payment": "Paid",
    "Your parcel is packed": "The parcel is packed",
    "You withdrew": "The client withdrew",
    "Money went back to you": "Money went back to the client",
    "Money is on its way back to you": "Money is on its way back to the client",
}


class OrdersPage(PortalPage, frozen=True, kw_only=True):
    """The orders of the affiliate's clients."""

    orders: list[ClientOrder]
    listing: Listing
    shop_url: str | None


class OrderPage(PortalPage, frozen=True, kw_only=True):
    """One order of the affiliate's own storefront, without what is the client's alone."""

    number: str
    state: str
    client: str
    city: str
    total: Money
    promised_by: date | None
    is_late: bool
    lines: list[order_reads.OrderLine]
    timeline: list[Moment]
    earned: OrderEarnings | None
    earns: bool
    why_nobody: str
    my_part: str
    """How much of it is credited to the affiliate, where it is credited to others as well; else empty."""
    promised: list[ShareView]
    """The affiliate's own share of what is not earned yet."""


_ORDER_STATES = (
    ("pending", "Waiting for payment"),
    ("placed", "In hand"),
    ("closed", "Finished"),
    ("canceled", "Cancelled"),
    ("expired", "Not paid in time"),
)


@get("/orders")
async def orders(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The orders of the affiliate's clients."""
    me = reads.me(work)
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Client or number"), language.text("Name, e-mail, number")
    )
    state = listing.choice(
        request,
        "state",
        language.text("Stage"),
        [("", language.text("Any")), *((key, language.text(to)) for key, to in _ORDER_STATES)],
    )
    days = listing.period(request, language)
    since, until = listing.instants(days, work.tools.zone)
    found = reads.orders(
        work,
        me,
        state=state.value,
        text=words.value,
        since=since,
        until=until,
        cursor=listing.cursor_of(request),
    )
    page = OrdersPage(
        **around(request, me, "orders"),
        orders=found.rows,
        listing=listing.build("/portal/orders", found, words, state, *days),
        shop_url=f"{ROOT}/{me.shop}" if me.shop else None,
    )
    return render(request, "portal/orders.html", page)


@get("/orders/{order_id:uuid}")
async def order(
    request: HttpRequest, work: NamedDependency[Work], order_id: FromPath[UUID]
) -> Page:
    """One order of the affiliate's own storefront."""
    me, language = reads.me(work), language_of(request)
    text = language.text
    view = order_reads.order_view(work, me.id, order_id)
    earned = reads.earned_on(work, me, order_id)
    mine = await _mine(request, me.id, order_id)
    page = OrderPage(
        **around(request, me, "orders"),
        number=view.number,
        state=view.state,
        client=view.client["name"],
        city=view.address["city"],
        total=view.total,
        promised_by=view.promised_by if view.state in ("paid", "shipped") else None,
        is_late=view.is_late,
        lines=view.lines,
        timeline=timeline(language_of(request), view.moments, _SAID_OF_CLIENT),
        earned=earnings_of(earned, language_of(request)) if earned else None,
        earns=view.earns,
        my_part=language.percent(mine.part_bp) if 0 < mine.part_bp < BASIS else "",
        promised=promised_view(mine.promised, language, own=True),
        why_nobody=text(_EARNS_NOBODY.get(view.earns_reason, "It earns no commission.")),
    )
    return render(request, "portal/order.html", page)


class _Mine(NamedTuple):
    """How much of an order is credited to the affiliate, in basis points, and what of it is not earned yet."""

    part_bp: int
    promised: list[earnings.PromisedShare]


async def _mine(request: HttpRequest, me: int, order_id: UUID) -> _Mine:
    sees_money = network.SEE_MONEY in request_context_of(request).rights

    def read(work: Work) -> _Mine:
        # In the company's Work: who else has a part, or would be paid, is not theirs to see.
        promised = earnings.promised(work, me, order_id) if sees_money else []
        return _Mine(
            earnings.part_of(work, me, order_id, me),
            [one for one in promised if one.beneficiary_id == me],
        )

    return await in_work(request, Actor("affiliate", str(me)), read)


# Why an order earns nobody, as it was frozen when it was sold.
_EARNS_NOBODY = {
    "buyer_is_participant": "The buyer takes part in the programme: what they buy earns no commission.",
    "nobody_eligible": "Nobody was active when it was sold, so it earns no commission.",
    "house_account": "The company sold it itself, so it earns no commission.",
}


routes = [orders, order]
