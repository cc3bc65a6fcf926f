"""The console's home: what waits for somebody, and how far the work has come."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem.console import queries
from mainstem.console.setup.overview import StepRow, left_of_setup
from mainstem.console.urgency import by_cost
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.rendering import language_of
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


class Group(msgspec.Struct, frozen=True):
    """The figures of one part of the company."""

    name: str
    tiles: list[Tile]


class WaitingRow(msgspec.Struct, frozen=True):
    """What waits for somebody, in words; and what it costs, where that is money."""

    label: str
    count: int
    url: str
    is_late: bool
    due: datetime | None
    since: datetime | None
    amounts: list[Money]


class Home(Page, kw_only=True):
    """What waits, the costliest first; and how far the rest of the work has come."""

    waiting: list[WaitingRow]
    groups: list[Group]
    quiet: bool
    steps: list[StepRow]
    """What is left of set-up, for whoever may do it."""


# kind: (label, address, who may)
_WAITING = {
    "late_promises": ("Promised and not yet delivered", "/desk/ship?queue=all", SHIP),
    "disputes_to_answer": ("Disputes to answer", "/console/orders?payment=disputed", MONEY),
    "payouts_failed": ("Payouts that failed", "/console/payouts?view=held", MONEY),
    "payouts_held": ("Payouts on hold", "/console/payouts?view=held", MONEY),
    "payouts_to_confirm": ("To pay by bank", "/console/payouts?view=bank", MONEY),
    "unpaid_excluded": ("Earned, with nowhere to be paid", "/console/payouts?view=excluded", MONEY),
    "withdrawals": ("Withdrawals to answer", "/console/withdrawals", ORDERS),
    "refunds_owed": ("Refunds that failed", "/console/refunds", MONEY),
    "to_approve": ("To approve", "/console/refunds", MONEY),
    "applications": ("Applications to decide", "/console/applications", MONEY),
    "commissions_held": ("Commissions to review", "/console/reviews", MONEY),
    "inquiries": ("Questions about commissions", "/console/inquiries", MONEY),
    "reattributions": ("Changes of who is credited, to agree to", "/console/inquiries", MONEY),
    "plans_proposed": ("Plans to publish", "/console/plan/proposals", MONEY),
    "checks_failed": ("Checks that failed", "/console/ledger", MONEY),
    "quotes_expiring": ("Quotes about to expire", "/desk/leads?view=quoted", SERVICE),
    "leads_follow_up": ("To follow up", "/desk/leads?view=follow_up", SERVICE),
    "leads_new": ("New leads", "/desk/leads?view=new", SERVICE),
    "jobs_unscheduled": ("Visits without a team", "/desk/jobs", SERVICE),
    "jobs_disputed": ("Work that the client objects to", "/desk/jobs?view=sign-off", SERVICE),
    "storefronts_waiting": ("Storefronts to approve", "/console/storefronts", ADMIN),
    "stock_low": ("Low stock", "/console/setup/stock?marked=1", ADMIN),
    "dead_letters": ("Failed tasks", "/console/facts", ADMIN),
    "mail_failed": ("Mail that could not be sent", "/console/mail?state=failed", ADMIN),
}

# (group, who may, tiles as (label, key, address))
_GROUPS = (
    ("Ship", SHIP, (
        ("To pick", "to_pick", "/desk/ship"),
        ("Picking", "picking", "/desk/ship?queue=picking"),
        ("To pack", "to_pack", "/desk/ship?queue=pack"),
        ("To hand over", "to_hand_over", "/desk/ship?queue=hand-over"),
        ("In transit", "in_transit", "/desk/ship/transit"),
    )),
    ("Services", SERVICE, (
        ("To quote", "leads_to_quote", "/desk/leads?view=qualified"),
        ("Quotes out", "quotes_out", "/desk/leads?view=quoted"),
        ("Jobs today", "jobs_today", "/desk/jobs/board"),
        ("Awaiting sign-off", "jobs_sign_off", "/desk/jobs?view=sign-off"),
    )),
    ("Money", MONEY, (("Payouts under way", "payouts_under_way", "/console/payouts"),)),
    ("Activity", ADMIN, (("Waiting tasks", "facts_waiting", "/console/facts"),)),
)  # fmt: skip


@get("/", sync_to_thread=True)
def home(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What waits for this reader, and how far the work has come that they may open."""
    waiting, groups = _waiting(request, work), _groups(request, queries.funnel(work))
    page = Home(
        **layout_of(request, work, "home"),
        waiting=waiting,
        groups=groups,
        quiet=not waiting and not groups,
        steps=left_of_setup(request, work) if reader_of(request).may(*ADMIN) else [],
    )
    return show(request, "console/home.html", page)


def _waiting(request: HttpRequest, work: Work) -> list[WaitingRow]:
    may, language, now = reader_of(request).may, language_of(request), work.now()
    kinds = [kind for kind, (_, _, roles) in _WAITING.items() if may(*roles)]
    found = queries.what_waits(work, kinds)
    currencies = {amount.currency for one in found for amount in one.amounts}
    return [
        WaitingRow(
            language.text(_WAITING[one.kind][0]),
            one.count,
            _WAITING[one.kind][1],
            one.is_late(now),
            one.due,
            one.since,
            list(one.amounts),
        )
        for one in by_cost(found, now, queries.worth(work) if len(currencies) > 1 else {})
    ]


def _groups(request: HttpRequest, counts: queries.Funnel) -> list[Group]:
    """The steps at which something stands."""
    language = language_of(request)
    groups = [
        Group(
            language.text(name),
            [
                Tile(
                    language.text(label),
                    getattr(counts, key),
                    url,
                    getattr(counts, f"{key}_oldest", None),
                )
                for label, key, url in tiles
                if getattr(counts, key)
            ],
        )
        for name, roles, tiles in _GROUPS
        if reader_of(request).may(*roles)
    ]
    return [group for group in groups if group.tiles]


routes = [home]
