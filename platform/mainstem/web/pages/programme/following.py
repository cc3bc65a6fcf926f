"""An applicant's own page, by its signed link: how far it is, what is asked for, and what staff want to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from markupsafe import Markup

from mainstem import joining, network
from mainstem.identity import read_application_link
from mainstem.joining import APPLICANT
from mainstem.kit.errors import Refused
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import field_errors
from mainstem.web.rendering import language_of, render, words
from mainstem.web.rich_text import rich
from mainstem.web.works import in_work

Page = Response[bytes]
HttpRequest = Request[Any, Any, Any]


class Wanted(msgspec.Struct, frozen=True):
    """A requirement, and what was given for it."""

    code: str
    name: str
    help: str
    needs: str
    required: bool
    words: str
    paper: str
    given_at: datetime | None


class Asked(msgspec.Struct, frozen=True):
    """A question of staff's, and the answer."""

    id: str
    question: str
    asked_at: datetime
    answer: str


class FollowPage(msgspec.Struct, frozen=True):
    """An application as whoever sent it sees it. `at` says which form was refused, errors are by field."""

    token: str
    company: str
    state: str
    sent_at: datetime
    may_answer: bool
    wanted: list[Wanted]
    asked: list[Asked]
    why: str
    terms: Markup
    agreed_at: datetime
    at: str
    error: str
    here: str


@get("/programme/application/{token:str}")
async def follow(request: HttpRequest, token: FromPath[str]) -> Page:
    """How far the application is."""
    return await follow_page(request, token)


async def follow_page(
    request: HttpRequest, token: str, no: Refused | None = None, at: str = ""
) -> Page:
    """The applicant's page as an answer, with what was refused on the form named `at`."""
    id, language = application_named(request, token), language_of(request)
    error = ""
    if no is not None:
        [said, *_] = [*field_errors(no.problems).values(), no]
        error = words(language, said)
    page = await in_work(
        request, APPLICANT, lambda work: _follow(work, language, id, token, at, error)
    )
    return render(
        request, "pages/programme_application.html", page, status=no.status if no else 200
    )


def _follow(
    work: Work, language: Language, id: UUID, token: str, at: str, error: str
) -> FollowPage:
    it = joining.application(work, id)
    given = joining.answers_of(work, id)
    agreed = joining.agreement_named(work, it.agreement_locale, it.agreement_version)
    steps = joining.history(work, id)
    return FollowPage(
        token=token,
        company=it.company_name,
        state=it.state,
        sent_at=it.confirmed_at,
        may_answer=network.ANSWER in network.MAY[it.state],
        wanted=[
            Wanted(
                one.code,
                _in(one.names, language),
                _in(one.help, language),
                one.needs,
                one.required,
                given[one.code].words if one.code in given else "",
                given[one.code].paper_name if one.code in given else "",
                given[one.code].given_at if one.code in given else None,
            )
            for one in joining.programme_of(work).requirements
        ],
        asked=[
            Asked(str(one.id), one.question, one.asked_at, one.answer)
            for one in joining.questions_of(work, id)
        ],
        why=steps[-1].why if it.state == "rejected" and steps else "",
        terms=rich(agreed.body),
        agreed_at=it.agreed_at,
        at=at,
        error=error,
        here=f"/programme/application/{token}",
    )


def _in(texts: Any, language: Language) -> str:
    return texts.get(language.locale) or next((text for text in texts.values() if text), "")


def application_named(request: HttpRequest, token: str) -> UUID:
    """The application that a link is of; refused where the link is not one of ours."""
    return read_application_link(app_context_of(request).settings.secret, token)


routes = [follow]
