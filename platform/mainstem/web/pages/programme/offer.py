"""The programme's page: what is paid for what, when and how, from the plan in force; and what it is not."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from markupsafe import Markup

from mainstem import company, income, joining
from mainstem.income import IncomeStatement
from mainstem.joining import ProgrammeClosed
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.plan import SALE_MINOR, Example, book, examples, which_of
from mainstem.web.context import app_context_of
from mainstem.web.plan_words import PlanClause, plan_clauses
from mainstem.web.rendering import language_of, locale_of, render
from mainstem.web.rich_text import rich
from mainstem.web.works import in_work

Page = Response[bytes]
HttpRequest = Request[Any, Any, Any]


class RulePaid(msgspec.Struct, frozen=True):
    """What sales of one sort pay: what the rule is for, and a sale worked out."""

    which: str
    example: Example


class OfferPage(msgspec.Struct, frozen=True):
    """What the programme's page shows. `led_by` is kept for the application: whose link it was."""

    company: str
    headline: str
    intro: Markup
    does: Markup
    does_not: Markup
    sale: Money
    rules: list[RulePaid]
    minimum: list[Money]
    may_bring_in: bool
    levels: int
    terms: Markup
    plan: list[PlanClause]
    income: IncomeStatement | None
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
        if plan is None or not (asked or joining.is_open(work)):
            raise ProgrammeClosed
        profile = company.profile(work)
        currency = profile.currencies[0] if profile else "EUR"
        language = language_of(request)
        names = book.names_in(work, plan.document, locale)
        terms = joining.agreement_in_force(work, locale)
        return OfferPage(
            company=company.face(work).name,
            headline=programme.text("headline", locale),
            intro=rich(programme.text("intro", locale)),
            does=rich(programme.text("does", locale)),
            does_not=rich(programme.text("does_not", locale)),
            sale=Money(SALE_MINOR, currency),
            rules=[
                RulePaid(which_of(one.rule, language, names), one)
                for one in examples(plan, currency)
            ],
            minimum=[Money(minor, code) for code, minor in plan.minimum_payout_minor.items()],
            may_bring_in=programme.recruiters != "nobody" and plan.levels > 1,
            levels=plan.levels,
            terms=rich(terms.body if terms else ""),
            plan=plan_clauses(work, plan, language),
            income=income.newest(work),
            apply_url="/programme/apply" + (f"?{query}" if query else ""),
        )

    return render(request, "pages/programme.html", await in_work(request, CLIENT, look))


routes = [offer]
