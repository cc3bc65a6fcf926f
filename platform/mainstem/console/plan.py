"""The plan: how the company pays, in words; what waits to be published, and every version that was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem import catalog, proposals
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import Plan, book
from mainstem.proposals import Proposal
from mainstem.web.plan_words import PlanClause, plan_clauses
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    ADMIN,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    reader_of,
    show,
)


class Share(msgspec.Struct, frozen=True):
    """Products of which only a share of the price without tax counts for commission."""

    share: str
    names: list[str]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the plan that was published, and who proposed it."""

    version: int
    name: str
    effective_from: datetime
    published_by: str
    published_at: datetime
    proposed_by: str


class PlanPage(Page, kw_only=True):
    """How the company pays, in words."""

    plan: Plan | None
    clauses: list[PlanClause]
    shares: list[Share]
    minimum: list[Money]
    versions: list[Version]
    who: dict[str, str]
    waiting: Proposal | None
    may_propose: bool


@get("/plan", sync_to_thread=True)
def plan(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The plan in force, what waits to be published, and every version that was."""
    language = language_of(request)
    now, versions, waiting = book.now(work), versions_of(work), proposals.waiting(work)
    actors = [one for row in versions for one in (row.published_by, row.proposed_by)]
    page = PlanPage(
        **layout_of(request, work, "money"),
        plan=now,
        clauses=plan_clauses(work, now, language) if now else [],
        shares=[
            Share(language.percent(row.commissionable_bp), row.names)
            for row in catalog.shares(work, language.locale)
        ],
        minimum=[
            Money(minor, code)
            for code, minor in sorted(now.minimum_payout_minor.items() if now else ())
        ],
        versions=versions,
        who=names_of(work, language, [*actors, waiting.proposed_by if waiting else ""]),
        waiting=waiting,
        may_propose=reader_of(request).may(*ADMIN),
    )
    return show(request, "console/plan.html", page)


def versions_of(work: Work) -> list[Version]:
    """Every version that was published, the newest first."""
    return work.rows_as(
        Version,
        """SELECT v.version, v.document->>'name' AS name, v.effective_from, v.published_by, v.published_at,
                  coalesce(p.proposed_by, v.published_by) AS proposed_by
             FROM plan_version v LEFT JOIN plan_proposal p ON p.version = v.version
            ORDER BY v.version DESC""",
    )


routes = [plan]
