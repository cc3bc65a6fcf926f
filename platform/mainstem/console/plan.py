"""The plan: how the company pays, in words, and a new version of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency

from mainstem import catalog
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import Plan, PlanAsks, book
from mainstem.web.forms import Form, FormFields, Ticked
from mainstem.web.plan_words import PlanClause, plan_clauses
from mainstem.web.rendering import language_of, redirect, words
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    refused,
    show,
)

DOCUMENT_MAX = 20_000


class Share(msgspec.Struct, frozen=True):
    """Products of which only a share of the price without tax counts for commission."""

    share: str
    names: list[str]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the plan that was published."""

    version: int
    name: str
    effective_from: datetime
    published_by: str
    published_at: datetime


class PlanPage(Page, kw_only=True):
    """How the company pays, in words."""

    plan: Plan | None
    clauses: list[PlanClause]
    shares: list[Share]
    minimum: list[Money]
    versions: list[Version]
    who: dict[str, str]
    document: str
    found: list[str]
    """Everything that is refused or asked about in what was sent."""
    asks: bool
    """Whether what was sent may be published all the same, by whoever says that it is meant."""


@get("/plan", sync_to_thread=True)
def plan(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The plan in force, and every version that was published."""
    return _plan(request, work)


class PlanFields(FormFields):
    """A version of the plan as JSON, its first day, and whether what it does beyond that is meant."""

    document: str = ""
    effective_from: str = ""
    confirmed: Ticked = False


@post("/plan", sync_to_thread=True)
def publish(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Publish a version. Whoever publishes confirms what it does beyond what it says."""
    published: list[Plan] = []

    def do() -> None:
        sent = form.into(PlanFields)
        made = book.publish(
            work,
            _document(sent.document),
            effective_from=_effective_from(work, sent.effective_from),
            confirmed=sent.confirmed,
        )
        record(work, "plan.published", str(made.version))
        published.append(made)

    no = refused(work, do)
    if no:
        return _plan(request, work, no, form)
    said = language_of(request).text("Version {n} of the plan is published.")
    return redirect(request, "/console/plan", notice=said.format(n=published[0].version))


def versions_of(work: Work) -> list[Version]:
    """Every version that was published, the newest first."""
    return work.rows_as(
        Version,
        """SELECT version, document->>'name' AS name, effective_from, published_by, published_at
             FROM plan_version ORDER BY version DESC""",
    )


def _plan(
    request: HttpRequest, work: Work, no: Refused | None = None, form: Form | None = None
) -> HttpResponse:
    language = language_of(request)
    now = book.now(work)
    versions = versions_of(work)
    document = work.value(
        "SELECT document FROM plan_version WHERE version = %(version)s",
        version=now.version if now else 0,
    )
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
        who=names_of(work, language, [row.published_by for row in versions]),
        document=json.dumps(document, indent=2, ensure_ascii=False) if document else "",
        found=[words(language, problem) for problem in no.problems] if no else [],
        asks=isinstance(no, PlanAsks),
    )
    return show(request, "console/plan.html", page, no, form)


def _document(text: str) -> dict[str, Any]:
    try:
        if len(text) > DOCUMENT_MAX:
            raise ValueError
        found = json.loads(text)
    except json.JSONDecodeError as problem:
        raise InvalidInput(
            Problem("/document", "invalid_field", "This is no JSON: look at line {line}.",
                    {"line": problem.lineno})
        ) from problem  # fmt: skip
    except (ValueError, RecursionError) as problem:
        raise InvalidInput(
            Problem("/document", "invalid_field", "This is no plan that anybody could read.")
        ) from problem
    if not isinstance(found, dict):
        raise InvalidInput(Problem("/document", "invalid_field", "A plan is a JSON object."))
    return found


def _effective_from(work: Work, text: str) -> datetime:
    """The beginning of a day where the company lives; now, where none is given."""
    if not text:
        return work.now()
    wrong = Problem("/effective_from", "invalid_field", "Give a day, from today on.")
    try:
        day = date.fromisoformat(text)
    except ValueError as problem:
        raise InvalidInput(wrong) from problem
    today = work.now().astimezone(work.tools.zone).date()
    if day < today or day.year > today.year + 10:
        raise InvalidInput(wrong)
    return work.now() if day == today else datetime.combine(day, time(), work.tools.zone)


routes = [plan, publish]
