"""Taking back what came back of a withdrawal, and paying for it."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from mainstem import withdrawals
from mainstem.console.orders.cancellation import NEEDS_APPROVAL
from mainstem.console.orders.refund_form import LINE_MAX
from mainstem.console.withdrawals.page import BASE, of_withdrawal
from mainstem.console.withdrawals.pieces import counted, refuse_twice
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.money import MINOR_MAX
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form, FormFields
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import ORDERS
from mainstem.web.staff.typed import REASON_MAX
from mainstem.withdrawals import TakenBack


class TakenLine(Document):
    """How many pieces of one line are taken back, and what of their price is kept."""

    line_no: int = Field(ge=1, le=LINE_MAX, title="Line")
    pieces: int = Field(ge=1, le=999_999, title="Pieces")
    deducted_minor: int = Field(
        0,
        ge=0,
        le=MINOR_MAX,
        title="Kept of the price",
        description="For use beyond what was needed to try the goods.",
    )


class Acceptance(Document):
    """What is taken back of a withdrawal."""

    lines: list[TakenLine] = Field(
        default_factory=list,
        max_length=500,
        title="Lines",
        description="Empty: everything that waits, paid back in full.",
    )
    delivery_minor: int | None = Field(
        None,
        ge=0,
        le=MINOR_MAX,
        title="Delivery that goes back",
        description="Left out: what the standard way would have cost, once nothing of the order is kept."
        " A dearer one was the client's choice.",
    )
    reason: str = Field(
        "",
        max_length=REASON_MAX,
        title="Why less goes back",
        description="Needed where something of the price is kept: the client is told.",
    )


def _accept(work: Work, body: Acceptance, *, home: int, withdrawal: UUID) -> str | Told:
    """Take back what came back, and pay for it: without lines everything that waits.

    Where that is more than whoever asks may send back alone, a colleague is asked for the money; the
    withdrawal is accepted, and the client told, when they agree.
    """
    refuse_twice([line.line_no for line in body.lines])
    taken = {
        line.line_no: TakenBack(line.pieces, line.deducted_minor) for line in body.lines
    } or None
    outcome = withdrawals.accept(
        work,
        home,
        withdrawal,
        lines=taken,
        delivery_minor=body.delivery_minor,
        reason=body.reason,
    )
    if outcome == "needs_approval":
        return NEEDS_APPROVAL
    return "The withdrawal is accepted, and the money goes back."


class AcceptanceFields(FormFields):
    """What the page sends beside what is typed for each line (`pieces-1`, `less-1`)."""

    currency: str = ""
    delivery: str = ""
    reason: str = ""


def _accepted_in(work: Work, form: Form, *, home: int, withdrawal: UUID) -> Document:
    sent = form.into(AcceptanceFields)
    currency = withdrawals.details(work, home, withdrawal).currency or "SEK"
    problems: list[Problem] = []
    less = {
        no: _amount(text, currency, f"/less-{no}", problems)
        for no, text in form.numbered("less").items()
        if text and text != "0"
    }
    lines = [
        {"line_no": no, "pieces": count, "deducted_minor": less.get(no, 0)}
        for no, count in counted(form, problems)
    ]
    delivery = None
    if sent.delivery:
        delivery = (
            0 if sent.delivery == "0" else _amount(sent.delivery, currency, "/delivery", problems)
        )
    if not lines and not problems:
        problems.append(Problem("/lines", "missing", "Say how many pieces of which line."))
    if problems:
        raise InvalidInput(*problems)
    return form.body(Acceptance, lines=lines, delivery_minor=delivery, reason=sent.reason)


def _amount(text: str, currency: str, pointer: str, problems: list[Problem]) -> int:
    try:
        return amount_in(text, currency, pointer=pointer).minor
    except InvalidInput as found:
        problems += found.problems
        return 0


ACCEPT = Command(
    name="accept_withdrawal",
    path=f"{BASE}/acceptance",
    do=_accept,
    body=Acceptance,
    example={"lines": [{"line_no": 1, "pieces": 1, "deducted_minor": 0}], "reason": ""},
    scope="orders:write",
    roles=ORDERS,
    tag="Withdrawals",
    read=_accepted_in,
    fields={"/delivery_minor": "/delivery"},
)


commands = [ACCEPT]
routes = [form_route(ACCEPT, of_withdrawal)]
