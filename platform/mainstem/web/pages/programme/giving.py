"""What an applicant gives on their page: a text or a paper for a requirement, and the answer to a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import BeforeValidator

from mainstem import joining
from mainstem.joining import APPLICANT, PaperStore
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields
from mainstem.web.pages.programme.following import HttpRequest, Page, application_named, follow_page
from mainstem.web.rendering import language_of, redirect
from mainstem.web.works import in_work

PAPER = "/programme/paper"
FORM_MAX = joining.BYTES_MAX + 300_000
UPLOADS = {PAPER: FORM_MAX}
"""How much the form that takes papers reads, by its path."""


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
    id, sent = application_named(request, token), form.into(WordsFields)
    return await _do(
        request, token, sent.code, lambda work: joining.give_words(work, id, sent.code, sent.words)
    )


@post("/programme/application/{token:str}/answer", status_code=200)
async def answer(request: HttpRequest, token: FromPath[str], form: NamedDependency[Form]) -> Page:
    """Answer a question."""
    id, sent = application_named(request, token), form.into(AnswerFields)
    question = sent.question or UUID(int=0)
    return await _do(
        request, token, str(question), lambda work: joining.answer(work, id, question, sent.answer)
    )


@post(PAPER, status_code=200, request_max_body_size=FORM_MAX)
async def give_paper(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Meet a requirement by a file. It is checked before anything is written."""
    sent = form.into(PaperFields)
    id, file = application_named(request, sent.token), form.file("paper")
    data = file.file.read(joining.BYTES_MAX + 1) if file else b""
    settings = app_context_of(request).settings
    try:
        if len(data) <= joining.BYTES_MAX:
            await sync_to_thread(joining.refuse_infected, settings.scanner, data)
    except joining.PaperRefused as no:
        return await follow_page(request, sent.token, no, sent.code)

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
        return await follow_page(request, token, no, at)
    notice = language_of(request).text("Thank you. We have it.")
    return redirect(request, f"/programme/application/{token}", notice=notice)


routes = [give_words, answer, give_paper]
