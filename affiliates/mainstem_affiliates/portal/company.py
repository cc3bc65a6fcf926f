"""The affiliate as a company: its name in law, its numbers and address, and who said so when."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency

from mainstem import joining, network
from mainstem.joining import AffiliateDetails, DetailsVersion
from mainstem.kit.errors import Refused
from mainstem.kit.work import Actor, Work
from mainstem.web import Form, field_errors, language_of, redirect, render, request_context_of
from mainstem.web.rendering import LANGUAGE_NAMES, words
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of


class CompanyPage(PortalPage, frozen=True, kw_only=True):
    """What the affiliate says of itself, as it stands or as it was typed."""

    values: dict[str, str]
    languages_said: list[str]
    languages_of_ours: list[tuple[str, str]]
    errors: dict[str, str]
    history: list[DetailsVersion]
    said_by: dict[str, str]


@get("/company", opt={"right": network.COMPANY_DATA})
async def company(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The company's details."""
    return _page(request, work)


@post("/company", status_code=200, opt={"right": network.COMPANY_DATA})
async def say_company(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Say what the company is. What follows from it is the company's to keep, so its Work writes."""
    me = me_of(request)
    typed, spoken = form.texts(), form.all("languages")

    def keep(work: Work) -> bool:
        said = form.body(AffiliateDetails, languages=spoken)
        return joining.say_details(work, me, said)

    try:
        changed = await in_work(request, _actor(request), keep)
    except Refused as refusal:
        no = refusal
        return await in_work(
            request,
            Actor("affiliate", str(me)),
            lambda work: _page(request, work, typed, spoken, no),
            home=me,
        )
    language = language_of(request)
    notice = language.text("Saved." if changed else "Nothing has changed.")
    return redirect(request, "/portal/company", notice=notice)


def _actor(request: HttpRequest) -> Actor:
    """The person, and not only the affiliate: who said it is kept beside what was said."""
    identity = request_context_of(request).identity
    assert identity is not None, "a guard has let them in"
    return Actor("person", str(identity.person_id))


def _page(
    request: HttpRequest,
    work: Work,
    typed: dict[str, str] | None = None,
    spoken: list[str] | None = None,
    no: Refused | None = None,
) -> Page:
    me, language = reads.me(work), language_of(request)
    said = joining.details_of(work, me.id).written()
    languages = said.pop("languages")
    history = joining.details_history(work, me.id)
    errors = field_errors(no.problems) if no else {}
    page = CompanyPage(
        **around(request, me, "account"),
        values=said if typed is None else typed,
        languages_said=languages if spoken is None else spoken,
        languages_of_ours=list(LANGUAGE_NAMES.items()),
        errors={name: words(language, problem) for name, problem in errors.items()},
        history=history,
        said_by=reads.said_by(work, [one.said_by for one in history]),
    )
    return render(request, "portal/company.html", page, status=no.status if no else 200)


routes = [company, say_company]
