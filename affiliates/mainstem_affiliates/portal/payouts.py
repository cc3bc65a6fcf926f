"""Payouts: each with what it pays, and what is not in the next one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import network
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.payouts import (
    PayoutExclusion,
    contents_of,
    conversions_of,
    lines_of,
    payout_exclusions,
)
from mainstem.web import (
    language_of,
    listing,
    payout_words,
    render,
    request_context_of,
)
from mainstem.web.listing import Listing
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around
from mainstem_affiliates.portal.reads import (
    Payout,
)


class PayoutsPage(PortalPage, frozen=True, kw_only=True):
    """Every payout, and what waits."""

    waiting: list[str]
    payouts: list[Payout]
    listing: Listing
    next_payout_day: date


class PayoutPage(PortalPage, frozen=True, kw_only=True):
    """One payout, how its amount arose, and what it pays."""

    payout: Payout
    sums: list[tuple[str, Money]]
    rows: list[payout_words.LineView]
    listing: Listing


@get("/payouts", opt={"right": network.SEE_MONEY})
async def payouts(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """Every payout and how far it is."""
    me = reads.me(work)
    days = listing.period(request, language_of(request))
    since, until = listing.instants(days, work.tools.zone)
    found = reads.payouts(work, me, since=since, until=until, cursor=listing.cursor_of(request))
    page = PayoutsPage(
        **around(request, me, "earnings"),
        waiting=[
            _waits(language_of(request), one) for one in payout_exclusions(work, affiliate=me.id)
        ],
        payouts=found.rows,
        listing=listing.build("/portal/payouts", found, *days),
        next_payout_day=reads.next_payout_day(work),
    )
    return render(request, "portal/payouts.html", page)


@get("/payouts/{payout_id:uuid}", opt={"right": network.SEE_MONEY})
async def payout(
    request: HttpRequest, work: NamedDependency[Work], payout_id: FromPath[UUID]
) -> Page:
    """One payout, and every movement that it pays."""
    me, language = reads.me(work), language_of(request)
    it = contents_of(work, me.id, payout_id)
    found = lines_of(work, it, cursor=listing.cursor_of(request))
    sees_orders = network.WORK in request_context_of(request).rights
    page = PayoutPage(
        **around(request, me, "earnings"),
        payout=Payout(
            it.id,
            it.number,
            it.amount,
            it.state,
            it.reserved_at,
            it.paid_at,
            it.reference,
            conversions_of(work, me.id, [it.id]).get(it.id, []),
        ),
        sums=payout_words.sums_of(language, it),
        rows=payout_words.rows_of(
            language,
            found.rows,
            lambda home, id: f"/portal/orders/{id}" if home == me.id and sees_orders else None,
        ),
        listing=listing.build(f"/portal/payouts/{it.id}", found),
    )
    return render(request, "portal/payout.html", page)


_WAITS = {
    "debt": "{amount} was refunded to clients after you had been paid: your next commissions pay that off first.",
    "not_active": "{amount} is yours, and is not paid out while you are not active with us.",
    "no_account": "{amount} waits until you have told us where to pay you.",
    "other_currency": "{amount} cannot go to your payout account, which is in {paid_in}. Give us a bank account for "
    "it under My account.",
    "account_refused": "{amount} waits: our payment service may not pay to your account. Give us a bank account "
    "under My account.",
    "changed": "{amount} goes out with your payout in {paid_in}, converted at that day's rate.",
    "account_not_ready": "{amount} waits until your payout account is ready.",
    "under_way": "{amount} follows when your earlier payout has arrived.",
    "paid_today": "{amount} goes out with the next run.",
    "below_minimum": "{amount} waits until there is {minimum} to pay out.",
}


def _waits(language: Language, one: PayoutExclusion) -> str:
    return language.text(_WAITS[one.reason]).format(
        amount=language.money(-one.payable if one.reason == "debt" else one.payable),
        paid_in=one.paid_in,
        minimum=language.money(one.minimum),
    )


routes = [payouts, payout]
