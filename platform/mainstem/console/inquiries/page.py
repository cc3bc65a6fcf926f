"""One inquiry: what is asked, what the plan says of it by itself, and the answer."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import inquiries, joining
from mainstem.earnings import queries as earned
from mainstem.earnings import why_order_unpaid
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.plan import tell, tell_unpaid
from mainstem.web.context import app_context_of
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    names_of,
)
from mainstem.web.staff.screen import Screen, Screens

BASE = "/inquiries/{home:int}/{inquiry:uuid}"


class InquiryPage(Page, kw_only=True):
    """Everything about one inquiry."""

    it: inquiries.InquiryDetails
    url: str
    state: tuple[str, str]
    about: str
    order_url: str
    who: dict[str, str]
    today: date
    days_left: int
    by_the_plan: str
    """What the plan says of it: why nothing was earned, or what was."""
    lines: list[str]
    """How each movement of theirs on the order was worked out, oldest first."""


@get(BASE, sync_to_thread=True)
def inquiry(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    inquiry: FromPath[UUID],
) -> HttpResponse:
    """One inquiry."""
    return INQUIRY.of(home, inquiry).show(request, work)


@get(f"{BASE}/evidence", sync_to_thread=True)
def evidence(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    inquiry: FromPath[UUID],
) -> Response[bytes]:
    """The file that came with it, to be saved and not to be shown: no page of ours runs it."""
    it = inquiries.details(work, home, inquiry)
    settings = app_context_of(request).settings
    data = joining.PaperStore(settings.data).get(it.paper_hash) if it.paper_hash else None
    if data is None:
        raise NotFound("paper")
    joining.refuse_infected(settings.scanner, data)
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(it.paper_name)}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
    }
    return Response(data, media_type=joining.MEDIA_TYPES[it.paper_kind], headers=headers)


def page_of(request: HttpRequest, work: Work, home: int, id: UUID) -> InquiryPage:
    """Everything about one inquiry, ready to be drawn."""
    language = language_of(request)
    it = inquiries.details(work, home, id)
    today = work.now().astimezone(work.tools.zone).date()
    return InquiryPage(
        **layout_of(request, work, "money"),
        it=it,
        url=url_of(home, id),
        state=labelled(language, labels.INQUIRY_STATES)[it.state],
        about=language.text(labels.INQUIRY_ABOUT[it.about]),
        order_url=f"/console/orders/{it.order_home_id}/{it.order_id}" if it.order_id else "",
        who=names_of(work, language, [it.decided_by or ""]),
        today=today,
        days_left=inquiries.days_left(today, it.due_on, work.tools.zone),
        by_the_plan=_by_the_plan(work, language, it),
        lines=_lines(work, language, it),
    )


def _by_the_plan(work: Work, language: Language, it: inquiries.InquiryDetails) -> str:
    if it.order_id is None:
        return language.text("No order of ours has this number.")
    return tell_unpaid(why_order_unpaid(work, it.home_id, it.number).reason, language)


def _lines(work: Work, language: Language, it: inquiries.InquiryDetails) -> list[str]:
    if it.order_id is None or it.order_home_id is None:
        return []
    return [
        tell(row.explanation, language)
        for row in earned.of_order(work, it.order_home_id, it.order_id)
        if row.beneficiary_id == it.home_id
        and (not it.rule or (row.rule, row.level) == (it.rule, it.level))
    ]


def url_of(home: int, id: UUID) -> str:
    """Where the inquiry's page is."""
    return f"/console/inquiries/{home}/{id}"


INQUIRY = Screens("console/inquiry.html", page_of, url_of)


def of_inquiry(home: int, inquiry: UUID) -> Screen:
    """The page of the inquiry that an address names."""
    return INQUIRY.of(home, inquiry)


routes = [inquiry, evidence]
