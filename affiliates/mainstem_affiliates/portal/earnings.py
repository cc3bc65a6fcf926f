"""Earnings: what an affiliate has earned, and why."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem import network
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.periods import Period
from mainstem.periods.queries import running
from mainstem.plan import tell
from mainstem.web import (
    language_of,
    listing,
    redirect,
    render,
    request_context_of,
)
from mainstem.web.listing import Listing
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around
from mainstem_affiliates.portal.next_step import NextStep, next_step
from mainstem_affiliates.portal.reads import (
    CurrencyBalance,
    OrderMovements,
    PaidIn,
    Payout,
)


class MovementView(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of a commission, as the page shows it."""

    text: str
    level: int
    amount: Money
    kind: str
    at: datetime
    payable_on: date | None
    is_matured: bool
    paid_in: PaidIn | None
    went_back_whole: bool


class OrderEarnings(msgspec.Struct, frozen=True, kw_only=True):
    """What an order earned, as the page shows it."""

    number: str
    url: str | None
    total: Money
    at: datetime
    movements: list[MovementView]


class EarningsPage(PortalPage, frozen=True, kw_only=True):
    """What the affiliate earned, why, and what next."""

    balances: list[CurrencyBalance]
    next: NextStep | None
    orders: list[OrderEarnings]
    listing: Listing
    payouts: list[Payout]
    next_payout_day: date
    period: str
    """What the period of today is called, where the plan pays for any."""


@get("/", opt={"right": network.MAIL})
async def earnings(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """What did I earn, why, what next. Whoever does not see earnings begins with the orders."""
    may = request_context_of(request).rights
    if network.SEE_MONEY not in may:
        return redirect(request, "/portal/orders" if network.WORK in may else "/portal/mail")
    me = reads.me(work)
    cursor = listing.cursor_of(request)
    balances = reads.balances(work, me)
    found, moved = reads.movements(work, me, cursor=cursor)
    account = next(iter(reads.pay_accounts(work)), None)
    paid = reads.payouts(work, me, most=3)
    language = language_of(request)
    page = EarningsPage(
        **around(request, me, "earnings"),
        balances=balances,
        next=next_step(work, language, me, balances, account, earned=bool(found or cursor)),
        orders=[earnings_of(order, language, leads_on=network.WORK in may) for order in found],
        listing=listing.build("/portal", moved, anchor="#why"),
        payouts=paid.rows,
        next_payout_day=reads.next_payout_day(work),
        period=it.name if (it := period_of(work)) else "",
    )
    return render(request, "portal/earnings.html", page)


def period_of(work: Work) -> Period | None:
    """The period of today, where the plan pays for any."""
    return running(work, work.now().astimezone(work.tools.zone).date())


def earnings_of(
    order: OrderMovements, language: Language, *, leads_on: bool = True
) -> OrderEarnings:
    """What an order has earned, ready to be drawn; `leads_on` to its page, where the reader may see it."""
    return OrderEarnings(
        number=order.number,
        url=f"/portal/orders/{order.order_id}" if order.is_mine and leads_on else None,
        total=order.total,
        at=order.at,
        movements=[
            MovementView(
                text=tell(movement.explanation, language, of_team=movement.level > 0),
                level=movement.level,
                amount=movement.amount,
                kind=movement.kind,
                at=movement.credited_at,
                payable_on=movement.payable_on,
                is_matured=movement.is_matured,
                paid_in=movement.paid_in,
                went_back_whole=movement.went_back_whole,
            )
            for movement in order.movements
        ],
    )


routes = [earnings]
