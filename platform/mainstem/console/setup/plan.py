"""The plan: begin with a template, see a sale worked out, publish."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from pydantic import Field

from mainstem import setup
from mainstem.console.setup.things import ThingPage, thing_page
from mainstem.console.setup.typed import meant, typed
from mainstem.kit.documents import document
from mainstem.kit.errors import Refused
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import Example, examples, parse, which_of
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


class Worked(msgspec.Struct, frozen=True):
    """One sale worked out: each level with its rate and its money."""

    title: str
    shares: list[tuple[int, str, Money]]
    example: Example


class PlanFormPage(ThingPage, kw_only=True):
    """The plan's form, with templates to begin with and a sale worked out."""

    templates: list[TemplateCard]
    examples: list[Worked]


@get("/setup/plan", sync_to_thread=True)
def plan_form(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The plan as it is, or as a template begins it."""
    chosen = request.query_params.get("template", "")
    template = next((one for one in setup.PLAN_TEMPLATES if one.name == chosen), None)
    said = setup.plan_from(template) if template else None
    return _page(request, work, said, chosen=chosen)


class PlanFields(FormFields):
    """What is asked about a plan: to publish it, or only to try it; and the version it was made of."""

    only_try: str = Field(default="", alias="try")
    version: str = ""


@post("/setup/plan", sync_to_thread=True)
def publish_plan(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Publish what was typed as the next version; or, asked to, only work a sale out."""
    said, sent = typed(PLAN.model, form), form.into(PlanFields)

    def do() -> None:
        wanted = document(PLAN.model, meant(PLAN.model, said, work.tools.zone))
        if sent.only_try:
            parse(wanted.written(), version=1)
        else:
            setup.save(work, PLAN, wanted, seen=sent.version or None)

    no = refused(work, do)
    if no or sent.only_try:
        return _page(request, work, said, no, version=sent.version)
    return redirect(request, "/console/setup", notice=language_of(request).text("Published."))


def _page(
    request: HttpRequest,
    work: Work,
    said: dict[str, Any] | None,
    no: Refused | None = None,
    *,
    version: str | None = None,
    chosen: str = "",
) -> HttpResponse:
    language = language_of(request)
    found = setup.read_one(work, PLAN)
    page = thing_page(request, work, PLAN, found, said=said, version=version)
    shown = said if said is not None else found.written() if found else None
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
        examples=[]
        if no or shown is None
        else [_worked(language, one) for one in _examples(work, shown)],
    )
    return show(request, "console/setup_plan.html", plan_page, no)


def _worked(language: Language, one: Example) -> Worked:
    shares = [
        (share.level, language.percent(share.rate_bp) if share.rate_bp else "", share.amount)
        for share in one.shares
    ]
    return Worked(which_of(one.rule, language), shares, one)


def _examples(work: Work, said: dict[str, Any]) -> list[Example]:
    """A sale worked out by what stands in the form, where that is a plan."""
    try:
        plan = parse(
            document(PLAN.model, meant(PLAN.model, said, work.tools.zone)).written(), version=1
        )
    except Refused:
        return []
    currency = work.value("SELECT currencies[1] FROM company_profile") or CURRENCY
    return examples(plan, currency)


routes = [plan_form, publish_plan]
