"""Periods: what this month has come to so far, what the next step takes, and what closed ones have earned."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem import network, periods
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.periods import Forecast, Needed, NextRank, NextTier, queries
from mainstem.plan import tell
from mainstem.web import language_of, listing, render
from mainstem.web.listing import Listing
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around


class TierView(msgspec.Struct, frozen=True, kw_only=True):
    """The next tier of a rule, as the page shows it."""

    it: NextTier
    rate: str
    next_rate: str


class AskedView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the next rank asks, as the page shows it; nothing missing where it is reached."""

    what: str
    have: str
    need: str
    missing: str


class SoFar(msgspec.Struct, frozen=True, kw_only=True):
    """A period that lasts, in one currency: what was sold, what it would pay, and what comes next."""

    volume: Money
    team: Money | None
    clients: int
    due: list[tuple[str, Money]]
    tiers: list[TierView]
    forecast: Forecast | None


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """What a closed period earned, or what of it went back."""

    period: str
    text: str
    amount: Money
    at: datetime
    payable_on: date
    is_matured: bool


class PeriodsPage(PortalPage, frozen=True, kw_only=True):
    """The period of today so far, and what closed ones have earned."""

    it: periods.Period | None
    titles: queries.OwnTitles
    has_ranks: bool
    next_rank: str
    asked: list[AskedView]
    so_far: list[SoFar]
    movements: list[Movement]
    listing: Listing


@get("/periods", opt={"right": network.SEE_MONEY})
async def show_periods(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """This period so far, and the ones before it."""
    me, language = reads.me(work), language_of(request)
    today = work.now().astimezone(work.tools.zone).date()
    it = queries.running(work, today)
    plan = periods.version(work, it.plan_version) if it else None
    figures = queries.own_figures(work, it, me.id) if it else []
    rank = _next_rank(plan, figures[0] if figures else None) if plan else None
    moved = queries.own_movements(work, me.id, cursor=listing.cursor_of(request))
    page = PeriodsPage(
        **around(request, me, "earnings"),
        it=it,
        titles=queries.own_titles(work, it, me.id) if it else queries.OwnTitles(),
        has_ranks=bool(plan and plan.ranks),
        next_rank=rank[1].name if rank else "",
        asked=[_asked(one, rank[0], language) for one in rank[1].asked] if rank else [],
        so_far=[_so_far(work, it, plan, one, me.id, language) for one in figures]
        if it and plan
        else [],
        movements=[_movement(one, language) for one in moved.rows],
        listing=listing.build("/portal/periods", moved, anchor="#closed"),
    )
    return render(request, "portal/periods.html", page)


def _next_rank(
    plan: periods.PeriodPlan, figures: queries.OwnFigures | None
) -> tuple[str, NextRank] | None:
    """The next rank, with the currency of what it asks."""
    currency = figures.currency if figures else plan.currency
    name, asked = (figures.next_rank, figures.asked) if figures else (None, [])
    rank = periods.next_rank(plan, currency, name, asked)
    return (currency, rank) if rank else None


def _asked(one: Needed, currency: str, language: Language) -> AskedView:
    def written(number: int) -> str:
        money = one.what in ("personal", "team")
        return language.money(Money(number, currency)) if money else str(number)

    return AskedView(
        what=one.what,
        have=written(one.have),
        need=written(one.need),
        missing=written(one.missing) if one.missing else "",
    )


def _so_far(
    work: Work,
    it: periods.Period,
    plan: periods.PeriodPlan,
    figures: queries.OwnFigures,
    me: int,
    language: Language,
) -> SoFar:
    today = work.now().astimezone(work.tools.zone).date()
    currency, own = figures.currency, figures.volume_minor
    due = [one for one in queries.own_so_far(work, it, me) if one.currency == currency]
    counted = {one.rule: one.of_minor for one in due}
    return SoFar(
        volume=Money(own, currency),
        team=Money(figures.team_minor, currency) if figures.team_minor > own else None,
        clients=figures.clients,
        due=[(one.rule, Money(one.amount_minor, currency)) for one in due],
        tiers=[
            TierView(
                it=tier,
                rate=language.percent(tier.rate_bp),
                next_rate=language.percent(tier.next_rate_bp),
            )
            for tier in periods.next_tiers(plan, currency, counted, own)
        ],
        forecast=periods.forecast(plan, it, currency, own, today),
    )


def _movement(one: queries.OwnMovement, language: Language) -> Movement:
    return Movement(
        period=str(one.explanation["facts"]["period"]),
        text=tell(one.explanation, language),
        amount=one.amount,
        at=one.credited_at,
        payable_on=one.held_until,
        is_matured=one.matured,
    )


routes = [show_periods]
