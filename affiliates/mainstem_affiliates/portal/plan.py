"""How the affiliate is paid: the plan that their sales fall under today, in words."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from mainstem import network
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.plan import book
from mainstem.web import language_of, render
from mainstem.web.plan_words import PlanClause, plan_clauses
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around


class PlanPage(PortalPage, frozen=True, kw_only=True):
    """The plan, clause by clause, with its version and its fingerprint."""

    name: str
    version: int
    fingerprint: str
    clauses: list[PlanClause]


@get("/plan", opt={"right": network.SEE_MONEY})
async def plan(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The plan that a sale of today falls under."""
    me = reads.me(work)
    now = book.of_affiliate(work, me.id)
    if now is None:
        raise NotFound("plan")
    page = PlanPage(
        **around(request, me, "earnings"),
        name=now.name,
        version=now.version,
        fingerprint=now.fingerprint[:16],
        clauses=plan_clauses(work, now, language_of(request)),
    )
    return render(request, "portal/plan.html", page)


routes = [plan]
