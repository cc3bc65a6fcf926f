"""The application: filled in by whoever wants to join, or opened filled in by a link of an invitation."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency

from mainstem import joining
from mainstem.joining import APPLICANT, Agreement, ApplicationForm, CameFrom, ProgrammeClosed
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.peers import network_of
from mainstem.kit.work import Work
from mainstem.plan import book
from mainstem.web.context import app_context_of, network_address, origin_of
from mainstem.web.forms import Form, FormFields, Ticked
from mainstem.web.pages.programme.application_page import HttpRequest, Opened, Page, shown_page
from mainstem.web.plan_words import plan_clauses
from mainstem.web.rendering import language_of, redirect, render
from mainstem.web.works import in_work

LINK_MAX = 400


@get("/programme/apply")
async def application_form(request: HttpRequest) -> Page:
    """The application, empty or as an invitation fills it in."""
    by = request.query_params.get("by", "")[:LINK_MAX]
    invitation = request.query_params.get("invitation", "")[:LINK_MAX]
    language = language_of(request)
    opened = await in_work(request, APPLICANT, lambda work: _open(request, work, by, invitation))
    values = {"locale": language.locale}
    if opened.asked:
        values |= {
            "email": opened.asked.email,
            "contact_name": opened.asked.name,
            "locale": opened.asked.locale,
        }
    return shown_page(request, opened, values, by, invitation)


class ApplyFields(FormFields):
    """What stands beside what the company says of itself: the terms that were shown, the box, the link."""

    agreed: Ticked = False
    agreement: str = ""
    by: str = ""
    invitation: str = ""


@post("/programme/apply", status_code=200)
async def send_application(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Take the application in. What comes next is told the same, whoever the e-mail belongs to."""
    sent = form.into(ApplyFields)
    address = network_address(request)
    origin = network_of(origin_of(request)) if origin_of(request) else ""

    def do(work: Work) -> None:
        opened = _open(request, work, sent.by, sent.invitation)
        said = _said(form, sent, opened.agreement)
        asked = opened.asked.id if opened.asked else None
        came = CameFrom(origin, address[:64], opened.sponsor_id, asked)
        joining.apply(work, said, opened.agreement, came)

    try:
        await in_work(request, APPLICANT, do)
    except ProgrammeClosed:
        raise
    except Refused as no:
        opened = await in_work(
            request, APPLICANT, lambda work: _open(request, work, sent.by, sent.invitation)
        )
        return shown_page(request, opened, form.texts(), sent.by, sent.invitation, no)
    return redirect(request, "/programme/sent")


@get("/programme/sent")
async def application_sent(request: HttpRequest) -> Page:
    """What comes next."""
    return render(request, "pages/programme_sent.html")


def _open(request: HttpRequest, work: Work, by: str, invitation: str) -> Opened:
    secret = app_context_of(request).settings.secret
    programme = joining.programme_of(work)
    asked = joining.asked_by_token(work, secret, invitation) if invitation else None
    agreement = joining.agreement_in_force(work, language_of(request).locale)
    if agreement is None or not (asked or joining.is_open(work)):
        raise ProgrammeClosed
    sponsor_id = asked.sponsor_id if asked else joining.read_sponsor_token(secret, by)
    sponsor = ""
    if sponsor_id is not None:
        try:
            sponsor = joining.sponsor_of(work, sponsor_id).name
        except NotFound:
            sponsor_id = None
    plan = book.now(work)
    clauses = plan_clauses(work, plan, language_of(request)) if plan else []
    return Opened(agreement, programme, sponsor_id, sponsor, asked, clauses)


def _said(form: Form, sent: ApplyFields, agreement: Agreement) -> ApplicationForm:
    """What was said, with every problem of it and of the box at once."""
    problems: list[Problem] = []
    said = None
    try:
        said = form.body(ApplicationForm)
    except InvalidInput as no:
        problems += no.problems
    if not sent.agreed:
        problems.append(Problem("/agreed", "missing", "Agree to the terms to apply."))
    elif sent.agreement != agreement.name:
        message = "The terms have changed since you opened this page. Read them again, then agree."
        problems.append(Problem("/agreed", "terms_changed", message))
    if problems or said is None:
        raise InvalidInput(*problems)
    return said


routes = [application_form, send_application, application_sent]
