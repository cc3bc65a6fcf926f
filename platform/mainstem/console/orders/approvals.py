"""The second person's yes or no, and whose purchase an order is."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import BeforeValidator, Field

from mainstem import orders
from mainstem.console import queries
from mainstem.console.orders.page import BASE, ORDER, of_order
from mainstem.earnings import decide as decide_review
from mainstem.kit.documents import Document
from mainstem.kit.validation import said_error
from mainstem.kit.work import Work
from mainstem.web.commands import Command
from mainstem.web.forms import Form
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
    ORDERS,
    HttpRequest,
    HttpResponse,
)
from mainstem.web.staff.typed import Denial

APPROVAL = f"{BASE}/approvals/{{approval:uuid}}"


# No commands: whoever approves or denies is a person, never a program (docs/decisions/43).


@post(f"{APPROVAL}/approval", sync_to_thread=True, opt={"proof": MONEY_PROOF})
def approve(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """The second person says yes."""

    def do() -> str:
        asked = {row.id: row.kind for row in queries.approvals_of(work, home, order)}
        orders.approve(work, home, approval)
        if asked.get(approval) == "settlement":
            return "The refund is closed: the bank has paid it."
        return "Approved. The refund is requested."

    return ORDER.of(home, order).act(request, work, do)


@post(f"{APPROVAL}/denial", sync_to_thread=True)
def deny(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """The second person says no, and why."""
    return ORDER.of(home, order).do(
        request,
        work,
        lambda: orders.deny(work, home, approval, words=form.body(Denial).reason),
        "Denied. Nothing is refunded.",
    )


def _chosen(verdict: object) -> object:
    if verdict not in ("release", "refuse"):
        raise said_error("missing", "This is needed.")
    return verdict


class ReviewVerdict(Document):
    """Whose purchase an order is, and why."""

    verdict: Annotated[Literal["release", "refuse"], BeforeValidator(_chosen)] = Field(
        title="Verdict",
        description="`release`: a client's, and it earns. `refuse`: a participant's own, and it does not.",
    )
    words: str = Field(title="Why", description="Kept, and shown to staff.")


def _withdraw(work: Work, *, home: int, order: UUID, approval: UUID) -> str:
    """Ask no more for what waits for a second person: only whoever has asked may withdraw it."""
    orders.withdraw(work, home, approval)
    return "Withdrawn. Nothing is refunded."


def _review(work: Work, body: ReviewVerdict, *, home: int, order: UUID) -> str:
    """Say whose purchase an order is whose commission is held: a client's earns, a participant's own
    does not. It may be said again and otherwise."""
    release = body.verdict == "release"
    decide_review(work, home, order, release=release, words=body.words)
    if release:
        return "Released: it earns commission like any other sale."
    return "Refused: it earns no commission."


WITHDRAW = Command(
    name="withdraw_approval_request",
    path=f"{APPROVAL}/withdrawal",
    do=_withdraw,
    scope="orders:write",
    roles=ORDERS,
    tag="Refunds",
)
REVIEW = Command(
    name="review_commission",
    path=f"{BASE}/commission-review",
    do=_review,
    body=ReviewVerdict,
    example={"verdict": "release", "words": "Another household at the same address."},
    scope="money:write",
    roles=MONEY,
    tag="Orders",
)


commands = [WITHDRAW, REVIEW]
routes = [
    approve,
    deny,
    *(form_route(command, of_order, refills=False) for command in commands),
]
