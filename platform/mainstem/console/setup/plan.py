"""The plan: begin with a template or a text, see a sale worked out, propose or publish."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from pydantic import Field

from mainstem import proposals, setup
from mainstem.console.setup.plan_shown import (
    Found,
    PeriodExample,
    RuleCard,
    clauses_of,
    found_in,
    periods_of,
    rules_of,
)
from mainstem.console.setup.plan_text import plan_in
from mainstem.console.setup.thing import ThingPage, thing_page
from mainstem.console.setup.typed import meant, typed
from mainstem.kit.documents import document
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.plan import (
    Change,
    Plan,
    book,
    difference,
    parse,
)
from mainstem.proposals import Proposal
from mainstem.setup import Saved
from mainstem.web.forms import Form, FormFields
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, refused, show

PLAN = setup.resource("plan")
CURRENCY = "SEK"


class TemplateCard(msgspec.Struct, frozen=True):
    """A plan to begin with."""

    title: str
    words: str
    url: str
    is_chosen: bool


class PlanFormPage(ThingPage, kw_only=True):
    """The plan's form: templates to begin with, and what stands in it in words and in money."""

    templates: list[TemplateCard]
    for_all: tuple[str, ...]
    rules: list[RuleCard]
    periods: list[PeriodExample]
    found: list[Found]
    changes: list[Change]
    in_force: int
    at_once: bool
    """Whether it is published at once: there is nobody else to ask."""
    waiting: Proposal | None
    document: str
    """What was pasted, where it could not be read."""


@get("/setup/plan", sync_to_thread=True)
def plan_form(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The plan as it is, or as a template begins it."""
    chosen = request.query_params.get("template", "")
    template = next((one for one in setup.PLAN_TEMPLATES if one.name == chosen), None)
    said = setup.plan_from(template) if template else None
    return _page(request, work, said, chosen=chosen)


class PlanFields(FormFields):
    """What is asked about a plan: to publish it, only to try it, for a row more, or to read a text; and the
    version it was made of."""

    only_try: str = Field(default="", alias="try")
    version: str = ""
    more: str = ""
    reads: str = ""
    document: str = ""


@post("/setup/plan", sync_to_thread=True)
def publish_plan(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Publish or propose what was typed as the next version; or, asked to, only work a sale out."""
    sent = form.into(PlanFields)
    if sent.reads:
        return _read(request, work, sent)
    said = typed(PLAN.model, form)
    if sent.more:
        return _page(request, work, said, version=sent.version, more=sent.more)

    saved: list[Saved] = []

    def do() -> None:
        wanted = document(PLAN.model, meant(PLAN.model, said, work.tools.zone))
        if sent.only_try:
            parse(wanted.written(), version=1)
        else:
            saved.append(setup.save(work, PLAN, wanted, seen=sent.version or None))

    no = refused(work, do)
    if no or sent.only_try:
        return _page(request, work, said, no, version=sent.version)
    return _told(request, work, saved[0])


def _told(request: HttpRequest, work: Work, saved: Saved) -> HttpResponse:
    text = language_of(request).text
    waiting = proposals.waiting(work) if saved.waits else None
    if waiting is None:
        return redirect(request, "/console/setup", notice=text("Published."))
    notice = text("Proposed. A colleague has to publish it.")
    return redirect(request, f"/console/plan/proposals/{waiting.id}", notice=notice)


def _read(request: HttpRequest, work: Work, sent: PlanFields) -> HttpResponse:
    """The form with what a text says in it."""
    said: list[dict[str, Any]] = []
    no = refused(work, lambda: said.append(plan_in(PLAN.model, sent.document)))
    if no:
        return _page(request, work, None, no, version=sent.version, pasted=sent.document)
    return _page(request, work, said[0], version=sent.version or None)


def _page(
    request: HttpRequest,
    work: Work,
    said: dict[str, Any] | None,
    no: Refused | None = None,
    *,
    version: str | None = None,
    chosen: str = "",
    more: str = "",
    pasted: str = "",
) -> HttpResponse:
    language = language_of(request)
    found = setup.read_one(work, PLAN)
    page = thing_page(request, work, PLAN, found, said=said, version=version, more=more)
    shown = said if said is not None else found.written() if found else None
    plan = _meant(work, shown) if shown is not None else None
    now = book.now(work)
    currency = work.value("SELECT currencies[1] FROM company_profile") or CURRENCY
    said_now = clauses_of(work, language, plan) if plan else []
    plan_page = PlanFormPage(
        **{name: getattr(page, name) for name in page.__struct_fields__},
        templates=[
            TemplateCard(
                language.text(one.title),
                language.text(one.words),
                f"/console/setup/plan?template={one.name}",
                one.name == chosen,
            )
            for one in setup.PLAN_TEMPLATES
        ],
        for_all=said_now[0].sentences if said_now else (),
        rules=rules_of(language, plan, said_now, currency) if plan else [],
        periods=periods_of(plan, currency) if plan else [],
        found=found_in(language, plan) if plan else [],
        changes=difference(clauses_of(work, language, now), said_now) if now and plan else [],
        in_force=now.version if now else 0,
        at_once=proposals.publishes_at_once(work),
        waiting=proposals.waiting(work),
        document=pasted,
    )
    return show(request, "console/setup_plan.html", plan_page, no)


def _meant(work: Work, said: dict[str, Any]) -> Plan | None:
    """The plan that stands in the form, where it is one."""
    try:
        return parse(
            document(PLAN.model, meant(PLAN.model, said, work.tools.zone)).written(), version=1
        )
    except Refused:
        return None


routes = [plan_form, publish_plan]
