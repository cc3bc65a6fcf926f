"""Payouts: who is paid, what waits for somebody, and a run outside its day."""

from __future__ import annotations

from functools import partial

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem import payouts
from mainstem.console import lists, queries
from mainstem.kit import paging
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import book
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.listing import Listing
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    reasons_of,
)
from mainstem.web.staff.screen import Screen

VIEWS = {
    "open": ["reserved", "transferring", "transferred", "requested", "in_transit", "reversing"],
    "held": ["on_hold", "failed"],
    "bank": ["reserved", "requested"],
    "paid": ["paid"],
    "all": [],
}


class Row(msgspec.Struct, frozen=True):
    """A payout, and what may be done with it."""

    it: lists.PayoutRow
    amount: Money
    may_retry: bool
    may_cancel: bool
    may_confirm: bool


class Payouts(Page, kw_only=True):
    """Payouts, and what a run would pay."""

    view: str
    listing: Listing
    reasons: dict[str, str]
    exclusions: list[tuple[payouts.PayoutExclusion, str]]
    rows: list[Row]
    payable: list[queries.Payable]
    everywhere: list[payouts.AffiliateMoney]
    minimum: dict[str, Money]
    providers: dict[str, str]


@get("/payouts", sync_to_thread=True)
def list_payouts(
    request: HttpRequest, work: NamedDependency[Work], view: FromQuery[str] = "open"
) -> HttpResponse:
    """Payouts, newest first."""
    return payouts_screen(view).show(request, work)


def payouts_screen(view: str, url: str = "/console/payouts") -> Screen:
    """The payouts of one view, and where a form on them leads."""
    return Screen("console/payouts.html", lambda request, work: _payouts(request, work, view), url)


def _payouts(request: HttpRequest, work: Work, view: str) -> Payouts:
    view = view if view in (*VIEWS, "excluded") else "open"
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Affiliate or number"), language.text("Name, e-mail, number")
    )
    currency = listing.choice(
        request,
        "currency",
        language.text("Currency"),
        [("", language.text("Any")), *((code, code) for code in lists.currencies(work))],
    )
    days = listing.period(request, language, of=language.text("Period"))
    found: paging.Page[lists.PayoutRow] = paging.Page([])
    if view in VIEWS:
        found = lists.payouts(
            work,
            states=VIEWS[view],
            provider="bank" if view == "bank" else "",
            currency=currency.value,
            text=words.value,
            since=listing.day_of(days[0]),
            until=listing.day_of(days[1]),
            cursor=listing.cursor_of(request),
        )
    plan = book.now(work)
    minimum = plan.minimum_payout_minor if plan else {}
    return Payouts(
        **layout_of(request, work, "money"),
        view=view,
        listing=listing.build(
            "/console/payouts",
            found,
            words,
            currency,
            *days,
            view=view if view != "open" else "",
        ),
        reasons=reasons_of(language, [row.error for row in found.rows]),
        exclusions=[
            (
                one,
                language.text(labels.EXCLUSION_REASONS[one.reason]).format(
                    currency=one.payable.currency,
                    paid_in=one.paid_in,
                    minimum=language.money(one.minimum),
                ),
            )
            for one in (payouts.payout_exclusions(work) if view == "excluded" else [])
        ],
        rows=[
            Row(
                row,
                Money(row.amount_minor, row.currency),
                may_retry=row.state in ("on_hold", "failed") and not row.another_in_progress,
                may_cancel=_may_cancel(row),
                may_confirm=row.provider == "bank" and row.state in ("reserved", "requested"),
            )
            for row in found.rows
        ],
        payable=queries.payable(work),
        everywhere=list(payouts.money_of_all(work).values()),
        minimum={currency: Money(minor, currency) for currency, minor in minimum.items()},
        providers={name: language.text(label) for name, label in labels.PROVIDERS.items()},
    )


def _may_cancel(row: lists.PayoutRow) -> bool:
    if row.provider == "bank":
        return row.state in ("reserved", "requested")
    return row.state in ("on_hold", "failed") and not row.another_in_progress


def _run(work: Work) -> Told:
    """Pay out what is payable, today instead of on Monday. The same day again pays nobody twice."""
    today = work.now().astimezone(work.tools.zone).date()
    count = payouts.run(work, today)
    record(work, "payout.run", today.isoformat())
    if not count:
        return Told("Nobody has enough to be paid now.", {"n": 0}, "nothing_to_do")
    return Told("One payout is reserved.", {"n": count}, many="{n} payouts are reserved.")


RUN = Command(
    name="run_payouts",
    path="/payouts",
    proof=MONEY_PROOF,
    do=_run,
    scope="money:write",
    roles=MONEY,
    tag="Payouts",
)

commands = [RUN]
routes = [list_payouts, form_route(RUN, partial(payouts_screen, "open"))]
