"""One withdrawal: what was said, word for word, and what became of each piece."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import withdrawals
from mainstem.console.orders.allowed import alone
from mainstem.kit.work import Work
from mainstem.money import Money
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

BASE = "/withdrawals/{home:int}/{withdrawal:uuid}"


class Choice(msgspec.Struct, frozen=True):
    """A line of the order of which pieces can be named."""

    no: int
    name: str
    most: int


class WithdrawalPage(Page, kw_only=True):
    """Everything about one withdrawal."""

    it: withdrawals.Details
    url: str
    order_url: str
    state: tuple[str, str]
    channel: str
    who: dict[str, str]
    reasons: dict[str, str]
    """Why the law would except a line, in words."""
    reason: str
    choices: list[Choice]
    """What pieces can be named of, while nobody has said which."""
    waits: bool
    alone: Money | None
    today: date


@get(BASE, sync_to_thread=True)
def withdrawal(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    withdrawal: FromPath[UUID],
) -> HttpResponse:
    """One withdrawal."""
    return WITHDRAWAL.of(home, withdrawal).show(request, work)


def page_of(request: HttpRequest, work: Work, home: int, id: UUID) -> WithdrawalPage:
    """Everything about one withdrawal, ready to be drawn."""
    language = language_of(request)
    it = withdrawals.details(work, home, id)
    named = bool(it.lines)
    choices = [
        Choice(line.line_no, line.name, line.free)
        for line in (withdrawals.lines_of(work, home, it.order_id) if it.order_id else [])
        if line.free and not named
    ]
    reasons = {code: language.text(words) for code, words in labels.WHY_NOT_WITHDRAW.items()}
    return WithdrawalPage(
        **layout_of(request, work, "orders"),
        it=it,
        url=url_of(home, id),
        order_url=f"/console/orders/{home}/{it.order_id}" if it.order_id else "",
        state=labelled(language, labels.WITHDRAWAL_STATES)[it.state],
        channel=language.text(labels.CHANNELS[it.channel]),
        who=names_of(work, language, [it.decided_by or ""]),
        reasons=reasons,
        reason=reasons.get(it.reason, it.reason),
        choices=choices,
        waits=it.state == "received" and any(line.waits for line in it.lines),
        alone=alone(work, it.currency) if it.currency else None,
        today=work.now().astimezone(work.tools.zone).date(),
    )


def url_of(home: int, id: UUID) -> str:
    """Where the withdrawal's page is."""
    return f"/console/withdrawals/{home}/{id}"


WITHDRAWAL = Screens("console/withdrawal.html", page_of, url_of)


def of_withdrawal(home: int, withdrawal: UUID) -> Screen:
    """The page of the withdrawal that an address names."""
    return WITHDRAWAL.of(home, withdrawal)


routes = [withdrawal]
