"""Sending money back: by line, or an amount."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mainstem import orders
from mainstem.console import queries
from mainstem.console.orders.allowed import asked_minor, still_here
from mainstem.console.orders.cancellation import NEEDS_APPROVAL
from mainstem.console.orders.page import BASE, of_order
from mainstem.console.orders.refund_form import RefundRequest, refuse_unclear, wanted_in
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.orders import lock
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import ORDERS


class RefundedMeanwhile(Refused):
    """Something was given back since the page was drawn."""

    code = "refunded_meanwhile"
    message = "Something was refunded since this page was loaded. Check what is left, then decide."


class LeftMeanwhile(Refused):
    """Something has left since the reader was asked whether it still goes."""

    code = "left_meanwhile"
    message = "Something was shipped since this page was loaded. Check what is left, then decide."


def _refund(work: Work, wanted: RefundRequest, *, home: int, order: UUID) -> str | Told:
    """Send money back of an order: for lines, or an amount beside them.

    What it pays for and is still here no longer goes, unless `goods_go`. Where it is more than
    whoever asks may send back alone, a colleague is asked and nothing moves until then. `goodwill` is
    borne by the company: commission stands, and it is reported by month and colleague. `seen` says
    what stood when it was decided; with it, the same request sent twice sends nothing twice.
    """
    if wanted.currency != queries.order(work, home, order).currency:
        raise InvalidInput(Problem("/currency", "not_offered", "This is not one of the choices."))
    refuse_unclear(wanted)
    lock(work, [(home, order)])
    if wanted.seen and _was_sent_before(work, home, order, wanted, wanted.seen.asked_minor):
        return Told("This refund was requested already.", outcome="done_before")
    if wanted.seen and wanted.seen.still_here not in (None, _still_here(work, home, order)):
        raise LeftMeanwhile()
    outcome = orders.refund(
        work,
        home,
        order,
        amount_minor=wanted.total_minor,
        reason=wanted.reason,
        lines=wanted.parts,
        goods_go=wanted.goods_go,
        pieces=wanted.counted,
        goodwill=wanted.goodwill,
    )
    return NEEDS_APPROVAL if outcome == "needs_approval" else "The refund is requested."


def _still_here(work: Work, home: int, order: UUID) -> int:
    return still_here(queries.order_lines(work, home, order))


def _was_sent_before(work: Work, home: int, order: UUID, wanted: RefundRequest, asked: int) -> bool:
    """Whether this very request has been sent. Raises RefundedMeanwhile where another one was."""
    actor, before = str(work.actor), queries.refunds_of(work, home, order)
    if asked == asked_minor(before):
        return _waits_already(queries.approvals_of(work, home, order), wanted, actor)
    if before and _is_the_same(before[-1], wanted, actor, asked, before):
        return True
    raise RefundedMeanwhile()


def _is_the_same(
    last: Any, wanted: RefundRequest, actor: str, asked: int, before: list[Any]
) -> bool:
    """Whether this was sent a moment ago: it stands as the last refund, and before it stood what
    was seen."""
    kept = _parts(last.lines)
    said = {str(no): count for no, count in (wanted.counted or {}).items() if count}
    return (
        (last.amount_minor, last.goodwill, last.reason, last.actor)
        == (wanted.total_minor, wanted.goodwill, wanted.reason, actor)
        # Goodwill names each line that it is of, and stops none.
        and (wanted.goodwill or (kept, last.goods_go) == (wanted.parts, wanted.goods_go))
        and (wanted.counted is None or last.pieces == said)
        and asked == asked_minor(before[:-1])
    )


def _waits_already(approvals: list[Any], wanted: RefundRequest, actor: str) -> bool:
    """Whether this was sent a moment ago, and waits for a second person."""
    return any(
        row.state == "needs_approval"
        and row.kind == "refund"
        and (row.asked_by, row.reason, row.amount_minor, row.goodwill)
        == (actor, wanted.reason, wanted.total_minor, wanted.goodwill)
        and (
            wanted.goodwill
            or (row.goods_go == wanted.goods_go and _parts(row.lines) == wanted.parts)
        )
        and row.pieces == {str(no): count for no, count in (wanted.counted or {}).items()}
        for row in approvals
    )


def _parts(lines: list[dict[str, int]]) -> list[tuple[int, int]]:
    return [(part["line_no"], part["amount_minor"]) for part in lines]


def _read(work: Work, form: Form, *, home: int, order: UUID) -> RefundRequest:
    return wanted_in(form, queries.order(work, home, order).currency)


REFUND = Command(
    name="refund_order",
    path=f"{BASE}/refunds",
    do=_refund,
    body=RefundRequest,
    read=_read,
    example={
        "currency": "SEK",
        "lines": [{"line_no": 1, "amount_minor": 49900}],
        "reason": "It came broken.",
    },
    fields={"/amount_minor": "/amount"},
    scope="orders:write",
    roles=ORDERS,
    tag="Orders",
)

commands = [REFUND]
routes = [form_route(REFUND, of_order)]
