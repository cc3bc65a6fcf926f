"""An applicant's own page, by its signed link: how far it is, what is asked for, and what staff want to know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup
from pydantic import BeforeValidator

from mainstem import joining, network
from mainstem.identity import read_application_link
from mainstem.joining import APPLICANT, PaperStore
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, field_errors
from mainstem.web.rendering import language_of, redirect, render, words
from mainstem.web.rich_text import rich
from mainstem.web.works import in_work

Page = Response[bytes]
HttpRequest = Request[Any, Any, Any]

PAPER = "/programme/paper"
FORM_MAX = joining.BYTES_MAX + 300_000
UPLOADS = {PAPER: FORM_MAX}
"""How much the form that takes papers reads, by its path."""


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
    return await _page(request, token)


class WordsFields(FormFields):
    """A requirement, and the text for it."""

    code: str = ""
    words: str = ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class AnswerFields(FormFields):
    """A question, and its answer."""

    question: Annotated[UUID | None, BeforeValidator(_uuid)] = None
    answer: str = ""


class PaperFields(FormFields):
    """The link of the page, and the requirement. The file comes beside them."""

    token: str = ""
    code: str = ""


@post("/programme/application/{token:str}/words", status_code=200)
async def give_words(
    request: HttpRequest, token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Meet a requirement by a text."""
    id, sent = _read(request, token), form.into(WordsFields)
    return await _do(
        request, token, sent.code, lambda work: joining.give_words(work, id, sent.code, sent.words)
    )


@post("/programme/application/{token:str}/answer", status_code=200)
async def answer(request: HttpRequest, token: FromPath[str], form: NamedDependency[Form]) -> Page:
    """Answer a question."""
    id, sent = _read(request, token), form.into(AnswerFields)
    question = sent.question or UUID(int=0)
    return await _do(
        request, token, str(question), lambda work: joining.answer(work, id, question, sent.answer)
    )


@post(PAPER, status_code=200, request_max_body_size=FORM_MAX)
async def give_paper(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Meet a requirement by a file. It is checked before anything is written."""
    sent = form.into(PaperFields)
    id, file = _read(request, sent.token), form.file("paper")
    data = file.file.read(joining.BYTES_MAX + 1) if file else b""
    settings = app_context_of(request).settings
    try:
        if len(data) <= joining.BYTES_MAX:
            await sync_to_thread(joining.refuse_infected, settings.scanner, data)
    except joining.PaperRefused as no:
        return await _page(request, sent.token, no, sent.code)

    def do(work: Work) -> None:
        joining.link_named(work, id)
        if file is None or not data:
            raise InvalidInput(Problem("/paper", "missing", "Choose a file."))
        store = PaperStore(settings.data)
        joining.give_paper(work, id, sent.code, joining.take_paper(store, file.filename, data))

    return await _do(request, sent.token, sent.code, do)


async def _do(request: HttpRequest, token: str, at: str, do: Callable[[Work], object]) -> Page:
    try:
        await in_work(request, APPLICANT, do)
    except Refused as no:
        if no.status == 404:
            raise
        return await _page(request, token, no, at)
    notice = language_of(request).text("Thank you. We have it.")
    return redirect(request, f"/programme/application/{token}", notice=notice)


async def _page(request: HttpRequest, token: str, no: Refused | None = None, at: str = "") -> Page:
    id, language = _read(request, token), language_of(request)
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


def _read(request: HttpRequest, token: str) -> UUID:
    return read_application_link(app_context_of(request).settings.secret, token)


routes = [follow, give_words, answer, give_paper]
