"""The programme's page: what is paid for what, when and how, from the plan in force; and what it is not."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from markupsafe import Markup

from mainstem import company, joining
from mainstem.joining import ProgrammeClosed
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.plan import Plan, Rule, book, shares_of
from mainstem.web.context import app_context_of
from mainstem.web.rendering import locale_of, render
from mainstem.web.rich_text import rich
from mainstem.web.works import in_work

Page = Response[bytes]
HttpRequest = Request[Any, Any, Any]

SALE_MINOR = 100_000
"""The sale without tax that the page works out: a thousand, where cents are counted."""


class LevelPaid(msgspec.Struct, frozen=True):
    """What one level is paid of the sale that is worked out."""

    level: int
    rate_bp: int
    amount: Money


class KindPaid(msgspec.Struct, frozen=True):
    """What one kind of sale pays: worked out, and how long it is held."""

    kind: str
    levels: list[LevelPaid]
    hold_days: int
    cap_bp: int
    is_capped: bool
    """Whether all levels together would get more than the cap, so that each gives way."""


class OfferPage(msgspec.Struct, frozen=True):
    """What the programme's page shows. `led_by` is kept for the application: whose link it was."""

    company: str
    headline: str
    intro: Markup
    does: Markup
    does_not: Markup
    sale: Money
    kinds: list[KindPaid]
    minimum: list[Money]
    may_bring_in: bool
    levels: int
    terms: Markup
    apply_url: str


@get("/programme")
async def offer(request: HttpRequest) -> Page:
    """What is paid for what, what an affiliate does, and the way to apply."""
    locale = locale_of(request)
    query = request.url.query
    secret = app_context_of(request).settings.secret
    invitation = request.query_params.get("invitation", "")

    def look(work: Work) -> OfferPage:
        programme = joining.programme_of(work)
        plan = book.now(work)
        asked = joining.asked_by_token(work, secret, invitation) if invitation else None
        if plan is None or not (programme.is_open or asked):
            raise ProgrammeClosed
        profile = company.profile(work)
        terms = joining.agreement_in_force(work, locale)
        return OfferPage(
            company=company.face(work).name,
            headline=programme.text("headline", locale),
            intro=rich(programme.text("intro", locale)),
            does=rich(programme.text("does", locale)),
            does_not=rich(programme.text("does_not", locale)),
            sale=Money(SALE_MINOR, profile.currencies[0] if profile else "EUR"),
            kinds=kinds_paid(plan, profile.currencies[0] if profile else "EUR"),
            minimum=[Money(minor, code) for code, minor in plan.minimum_payout_minor.items()],
            may_bring_in=programme.recruiters != "nobody" and plan.levels > 1,
            levels=plan.levels,
            terms=rich(terms.body if terms else ""),
            apply_url="/programme/apply" + (f"?{query}" if query else ""),
        )

    return render(request, "pages/programme.html", await in_work(request, CLIENT, look))


def kinds_paid(plan: Plan, currency: str) -> list[KindPaid]:
    """What each kind of sale pays, worked out on one where every level has somebody."""
    return [_paid(rule, currency) for rule in plan.rules.values()]


def _paid(rule: Rule, currency: str) -> KindPaid:
    everybody = range(1, len(rule.levels_bp) + 1)
    levels = [
        LevelPaid(one.level, one.rate_bp, Money(one.credited_minor, currency))
        for one in shares_of(rule, everybody, SALE_MINOR, 0)
    ]
    is_capped = sum(rule.levels_bp) > rule.cap_bp
    return KindPaid(rule.kind, levels, rule.hold_days, rule.cap_bp, is_capped)


routes = [offer]
