"""The console's home: how much waits where, and the search over everything."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem.console import queries
from mainstem.console import search as find
from mainstem.console.lists import FoundOrder
from mainstem.console.setup.overview import StepRow, left_of_setup
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


class Tile(msgspec.Struct, frozen=True):
    """One figure that leads to its queue."""

    label: str
    value: int
    url: str
    since: datetime | None = None
    tone: str = "plain"


class Group(msgspec.Struct, frozen=True):
    """The figures of one part of the company."""

    name: str
    tiles: list[Tile]


class Home(Page, kw_only=True):
    """The funnel."""

    groups: list[Group]
    quiet: bool
    steps: list[StepRow]
    """What is left of set-up, for whoever may do it."""


class SearchPage(Page, kw_only=True):
    """What a search found."""

    orders: list[FoundOrder]
    leads: list[find.FoundLead]
    affiliates: list[find.FoundAffiliate]
    fulfilments: list[find.FoundFulfilment]
    payouts: list[find.FoundPayout]
    goods: list[find.FoundGoods]
    nothing: bool
    more_orders: str


# (group, who may, tiles as (label, key, address, tone when there are any))
_GROUPS = (
    ("Ship", SHIP, (
        ("To pick", "to_pick", "/desk/ship", "plain"),
        ("Picking", "picking", "/desk/ship?queue=picking", "plain"),
        ("To pack", "to_pack", "/desk/ship?queue=pack", "plain"),
        ("To hand over", "to_hand_over", "/desk/ship?queue=hand-over", "plain"),
        ("In transit", "in_transit", "/desk/ship/transit", "plain"),
    )),
    ("Services", SERVICE, (
        ("New leads", "leads_new", "/desk/leads?view=new", "wait"),
        ("To quote", "leads_to_quote", "/desk/leads?view=qualified", "plain"),
        ("Quotes out", "quotes_out", "/desk/leads?view=quoted", "plain"),
        ("To follow up", "leads_follow_up", "/desk/leads?view=follow_up", "wait"),
        ("Jobs unscheduled", "jobs_unscheduled", "/desk/jobs", "wait"),
        ("Jobs today", "jobs_today", "/desk/jobs/board", "plain"),
        ("Awaiting sign-off", "jobs_sign_off", "/desk/jobs?view=sign-off", "plain"),
    )),
    ("Money", MONEY, (
        ("Payouts under way", "payouts_under_way", "/console/payouts", "plain"),
        ("Payouts on hold", "payouts_held", "/console/payouts?view=held", "bad"),
        ("Payouts that failed", "payouts_failed", "/console/payouts?view=held", "bad"),
        ("To approve", "to_approve", "/console/refunds", "wait"),
        ("Refunds that failed", "refunds_failed", "/console/refunds", "bad"),
        ("Commissions to review", "commissions_held", "/console/reviews", "wait"),
        ("To pay by bank", "payouts_to_confirm", "/console/payouts?view=bank", "wait"),
        ("Checks that failed", "checks_failed", "/console/ledger", "bad"),
    )),
    ("Affiliates", ADMIN, (
        ("Storefronts to approve", "storefronts_waiting", "/console/storefronts", "wait"),
    )),
    ("Stock", ADMIN, (
        ("Low stock", "stock_low", "/console/setup/stock?marked=1", "wait"),
    )),
    ("Activity", ADMIN, (
        ("Waiting tasks", "facts_waiting", "/console/facts", "plain"),
        ("Failed tasks", "dead_letters", "/console/facts", "bad"),
    )),
)  # fmt: skip


@get("/", sync_to_thread=True)
def home(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The funnel, with what this reader may open."""
    groups = _groups(request, queries.funnel(work))
    page = Home(
        **layout_of(request, work, "home"),
        groups=groups,
        quiet=not any(tile.value for group in groups for tile in group.tiles),
        steps=left_of_setup(request, work) if reader_of(request).may(*ADMIN) else [],
    )
    return show(request, "console/home.html", page)


def _groups(request: HttpRequest, counts: queries.Funnel) -> list[Group]:
    language = language_of(request)
    return [
        Group(
            language.text(name),
            [
                Tile(
                    language.text(label),
                    getattr(counts, key),
                    url,
                    getattr(counts, f"{key}_oldest", None),
                    tone if getattr(counts, key) else "plain",
                )
                for label, key, url, tone in tiles
            ],
        )
        for name, roles, tiles in _GROUPS
        if reader_of(request).may(*roles)
    ]


@get("/search", sync_to_thread=True)
def search(
    request: HttpRequest, work: NamedDependency[Work], q: FromQuery[str] = ""
) -> HttpResponse:
    """Everything that the text names; what is the only thing found opens at once."""
    text = search_terms.as_typed(q)
    may = reader_of(request).may if text else _nothing
    orders = find.orders(work, text) if may(*ORDERS) else []
    leads = find.leads(work, text) if may(*SERVICE) else []
    affiliates = find.affiliates(work, text) if may(*MONEY) else []
    payouts = find.payouts(work, text) if may(*MONEY) else []
    fulfilments = find.fulfilments(work, text) if may(*SHIP) else []
    goods = find.goods(work, text, locale=language_of(request).locale) if text else []
    urls = [
        *(f"/console/orders/{row.home_id}/{row.id}" for row in orders),
        *(f"/desk/leads/{row.home_id}/{row.id}" for row in leads),
        *(f"/console/affiliates/{row.id}" for row in affiliates),
        *(f"/console/payouts?view=all&q={row.number}" for row in payouts),
    ]
    if not may(*ORDERS):
        urls += [f"/desk/ship/{row.home_id}/{row.order_id}/{row.no}" for row in fulfilments]
    if len(urls) == 1 and not goods:
        return redirect(request, urls[0])
    layout = layout_of(request, work, "search") | {"query": text}
    page = SearchPage(
        **layout,
        orders=orders,
        leads=leads,
        affiliates=affiliates,
        fulfilments=fulfilments,
        payouts=payouts,
        goods=goods,
        nothing=not urls and not fulfilments and not goods,
        more_orders=f"/console/orders?{urlencode({'q': text})}"
        if len(orders) >= find.FOUND_MAX
        else "",
    )
    return show(request, "console/search.html", page)


def _nothing(*_: str) -> bool:
    return False


routes = [home, search]
