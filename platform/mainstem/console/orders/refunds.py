"""Sending money back: by line, or an amount."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders
from mainstem.console import queries
from mainstem.console.orders.allowed import asked_minor, still_here
from mainstem.console.orders.page import BASE, ORDER
from mainstem.console.orders.refund_form import RefundForm, wanted_in
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.orders import lock
from mainstem.web.forms import Form
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
)
from mainstem.web.staff.typed import reason_in


class RefundedMeanwhile(Refused):
    """Something was given back since the page was drawn."""

    code = "refunded_meanwhile"
    message = "Something was refunded since this page was loaded. Check what is left, then decide."


class LeftMeanwhile(Refused):
    """Something has left since the reader was asked whether it still goes."""

    code = "left_meanwhile"
    message = "Something was shipped since this page was loaded. Check what is left, then decide."


@post(f"{BASE}/refunds", sync_to_thread=True)
def refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
) -> HttpResponse:
    """Send money back: by line, or an amount. The form says what had been asked back before it,
    so that the same form sent twice sends nothing twice, and what was still here when the reader was
    asked whether the goods go."""

    def do() -> str:
        wanted = wanted_in(form, queries.order(work, home, order).currency)
        reason = reason_in(form)
        lock(work, [(home, order)])
        if _was_sent_before(work, home, order, form, wanted, reason):
            return "This refund was requested already."
        if form["still"] and form["still"] != str(
            still_here(queries.order_lines(work, home, order))
        ):
            raise LeftMeanwhile()
        outcome = orders.refund(
            work,
            home,
            order,
            amount_minor=wanted.amount_minor,
            reason=reason,
            lines=wanted.lines,
            goods_go=wanted.goods_go,
            pieces=wanted.pieces,
        )
        if outcome == "needs_approval":
            return "A colleague has to approve it. Until then nothing moves."
        return "The refund is requested."

    return ORDER.of(home, order).act(request, work, do, form)


def _was_sent_before(
    work: Work, home: int, order: UUID, form: Form, wanted: RefundForm, reason: str
) -> bool:
    """Whether this very form has been sent. Raises RefundedMeanwhile where another one was."""
    actor, before = str(work.actor), queries.refunds_of(work, home, order)
    if form["asked"] == str(asked_minor(before)):
        return _waits_already(queries.approvals_of(work, home, order), wanted, reason, actor)
    if before and _is_the_same(before[-1], wanted, reason, actor, form["asked"], before):
        return True
    raise RefundedMeanwhile()


def _is_the_same(
    last: Any, wanted: RefundForm, reason: str, actor: str, asked: str, before: list[Any]
) -> bool:
    """Whether this form was sent a moment ago: it stands as the last refund, and before it stood
    what the form says."""
    kept = [(part["line_no"], part["amount_minor"]) for part in last.lines]
    said = {str(no): count for no, count in (wanted.pieces or {}).items() if count}
    return (
        (kept, last.amount_minor, last.goods_go, last.reason, last.actor)
        == (wanted.lines, wanted.amount_minor, wanted.goods_go, reason, actor)
        and (wanted.pieces is None or last.pieces == said)
        and asked == str(asked_minor(before[:-1]))
    )


def _waits_already(approvals: list[Any], wanted: RefundForm, reason: str, actor: str) -> bool:
    """Whether this form was sent a moment ago, and waits for a second person."""
    return any(
        row.state == "needs_approval"
        and row.kind == "refund"
        and (row.asked_by, row.reason, row.amount_minor, row.goods_go)
        == (actor, reason, wanted.amount_minor, wanted.goods_go)
        and [(part["line_no"], part["amount_minor"]) for part in row.lines] == wanted.lines
        and row.pieces == {str(no): count for no, count in (wanted.pieces or {}).items()}
        for row in approvals
    )


routes = [refund]
