"""Why was I not paid? The plan's answer for an order or a member of the team; and whoever finds it wrong
asks on the spot.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import msgspec
from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem import earnings, inquiries, joining, network
from mainstem.earnings import EarnedLine
from mainstem.inquiries import WantedInquiry
from mainstem.joining import Paper, PaperStore
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.locale import Language
from mainstem.kit.work import Actor, Work
from mainstem.plan import tell_unpaid
from mainstem.web import Form, app_context_of, field_errors, language_of, redirect, render
from mainstem.web.forms import FormFields, whole_number
from mainstem.web.rendering import words
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of

T = TypeVar("T")

PATH = "/portal/why"
FORM_MAX = joining.BYTES_MAX + 300_000
UPLOADS = {PATH: FORM_MAX}
"""How much the form that takes evidence reads."""

WHOLE_ORDER = ""
"""What is asked about when it is no line of what was earned."""


class WhyPage(PortalPage, frozen=True, kw_only=True):
    """The answer, what would have changed it where something was earned, and the form for whoever finds it
    wrong. `lines` are what can be asked about."""

    order: str
    answer: str
    why_not_more: list[str]
    of_member: bool
    lines: list[tuple[str, str]]
    due_on: date
    values: dict[str, str]
    errors: dict[str, str]
    refused: str


class AskFields(FormFields):
    """What is asked, and about which line. The file comes beside it."""

    order: str = ""
    line: str = ""
    words: str = ""


@get("/why", opt={"right": network.SEE_MONEY})
async def why(
    request: HttpRequest, order: FromQuery[str] = "", member: FromQuery[str] = ""
) -> Page:
    """Why nothing was paid for an order, or is earned of a member's sales."""
    if not member:
        return await _page(request, order.strip()[: inquiries.NUMBER_MAX])
    me, slug, language = me_of(request), member.strip()[:60], language_of(request)
    reason = await _as_company(
        request, lambda work: earnings.why_nothing_from_member(work, me, slug)
    )
    return await _page(request, "", of_member=tell_unpaid(reason, language))


@post("/why", status_code=200, request_max_body_size=FORM_MAX, opt={"right": network.SEE_MONEY})
async def ask(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Ask about an order, or one line of what it earned."""
    me, language, sent = me_of(request), language_of(request), form.into(AskFields)
    rule, _, level = sent.line.rpartition(":")

    def keep(work: Work, paper: Paper | None) -> date:
        wanted = WantedInquiry(
            number=sent.order,
            words=sent.words,
            rule=rule,
            level=whole_number(level, digits=4) or 0,
            paper=paper,
        )
        inquiries.ask(work, me, wanted)
        return inquiries.due_after(work.now(), work.tools.zone)

    try:
        paper = await _evidence(request, form)
        due_on = await _as_company(request, lambda work: keep(work, paper))
    except Refused as no:
        return await _page(request, sent.order[: inquiries.NUMBER_MAX], sent=form.texts(), no=no)
    notice = language.text("We have your question. You get the answer by {day}.")
    return redirect(request, "/portal/inquiries", notice=notice.format(day=language.day(due_on)))


async def _evidence(request: HttpRequest, form: Form) -> Paper | None:
    """The file that was sent, searched and kept; None where none was. Raises PaperRefused."""
    file = form.file("evidence")
    if file is None:
        return None
    settings = app_context_of(request).settings
    data = file.file.read(joining.BYTES_MAX + 1)
    if len(data) <= joining.BYTES_MAX:
        await sync_to_thread(joining.refuse_infected, settings.scanner, data)
    return joining.take_paper(PaperStore(settings.data), file.filename, data)


async def _page(
    request: HttpRequest,
    number: str,
    *,
    of_member: str = "",
    sent: dict[str, str] | None = None,
    no: Refused | None = None,
) -> Page:
    me, language = me_of(request), language_of(request)
    found = _Answer(of_member) if of_member else await _answer(request, number)
    errors = field_errors(no.problems) if no else {}
    said = {name: words(language, problem) for name, problem in errors.items()}

    def draw(work: Work) -> Page:
        page = WhyPage(
            **around(request, reads.me(work), "earnings"),
            order=number,
            answer=found.text,
            why_not_more=found.why_not_more,
            of_member=bool(of_member),
            lines=[(WHOLE_ORDER, language.text("The whole order")), *found.lines],
            due_on=inquiries.due_after(work.now(), work.tools.zone),
            values=sent or {},
            errors=said | ({"order": said["number"]} if "number" in said else {}),
            refused=words(language, no) if no and not errors else "",
        )
        return render(request, "portal/why.html", page, status=no.status if no else 200)

    return await in_work(request, Actor("affiliate", str(me)), draw, home=me)


class _Answer(msgspec.Struct, frozen=True):
    """What the plan says of an order, what would have changed it, and the lines that can be asked about."""

    text: str
    why_not_more: list[str] = []
    lines: list[tuple[str, str]] = []


async def _answer(request: HttpRequest, number: str) -> _Answer:
    if not number:
        return _Answer("")
    me, language = me_of(request), language_of(request)

    def read(work: Work) -> _Answer:
        found = earnings.why_order_unpaid(work, me, number)
        of = (found.home_id, found.order_id)
        return _Answer(
            tell_unpaid(found.reason, language),
            earnings.why_not_more(work, *of, me, language) if found.lines else [],
            [(f"{line.rule}:{line.level}", _told(language, line)) for line in found.lines],
        )

    try:
        return await _as_company(request, read)
    except NotFound as no:
        return _Answer(words(language, no))


def _told(language: Language, line: EarnedLine) -> str:
    said = "Level {level}: {amount}" if line.level else "Your own client: {amount}"
    return language.text(said).format(level=line.level, amount=language.money(line.amount))


async def _as_company(request: HttpRequest, do: Callable[[Work], T]) -> T:
    """In the company's Work: an order may be of a shop that the asker does not see."""
    return await in_work(request, Actor("affiliate", str(me_of(request))), do)


routes = [why, ask]
