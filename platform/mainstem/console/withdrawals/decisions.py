"""What else the desk decides of a withdrawal: declined, put away, matched with its order, its pieces named."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from mainstem import withdrawals
from mainstem.console.withdrawals.page import BASE, of_withdrawal
from mainstem.console.withdrawals.pieces import NamedLine, counted, refuse_twice
from mainstem.kit.documents import Document, Name
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import ORDERS
from mainstem.web.staff.typed import Reason


class Decline(Document):
    """Why nothing more is taken back."""

    reason: Reason


class Match(Document):
    """Which order a statement is about."""

    number: Name = Field(title="Order", description="The order's number.")


class NamedPieces(Document):
    """Which pieces a statement in words is of."""

    lines: list[NamedLine] = Field(max_length=500, title="Lines")


def _decline(work: Work, body: Decline, *, home: int, withdrawal: UUID) -> str:
    """Take nothing more back, with the reason that the client is told."""
    withdrawals.decline(work, home, withdrawal, reason=body.reason)
    return "The withdrawal is declined. The client is told why."


def _close(work: Work, body: Decline, *, home: int, withdrawal: UUID) -> str:
    """Put away a statement that is about no order of ours, or came in another way as well."""
    withdrawals.close(work, home, withdrawal, reason=body.reason)
    return "The withdrawal is put away. Whoever wrote it is told why."


def _match(work: Work, body: Match, *, home: int, withdrawal: UUID) -> str | Told:
    """Say which order of the same affiliate a statement is about. What has not left of it then stays."""
    if withdrawals.match(work, home, withdrawal, number=body.number):
        return "The withdrawal is matched with its order."
    return Told("It is matched with this order already.", outcome="done_before")


def _name_pieces(work: Work, body: NamedPieces, *, home: int, withdrawal: UUID) -> str:
    """Say which pieces a statement in words is of. What has not left of them then stays."""
    refuse_twice([line.line_no for line in body.lines])
    withdrawals.name_pieces(
        work, home, withdrawal, {line.line_no: line.pieces for line in body.lines}
    )
    return "The pieces are named. What has not left of them stays here."


def _named_in(work: Work, form: Form, *, home: int, withdrawal: UUID) -> Document:
    problems: list[Problem] = []
    lines = [{"line_no": no, "pieces": count} for no, count in counted(form, problems)]
    if problems:
        raise InvalidInput(*problems)
    return form.body(NamedPieces, lines=lines)


DECLINE = Command(
    name="decline_withdrawal",
    path=f"{BASE}/refusal",
    do=_decline,
    body=Decline,
    example={"reason": "It was cut to your measures, and the law excepts that."},
    scope="orders:write",
    roles=ORDERS,
    tag="Withdrawals",
)


CLOSE = Command(
    name="close_withdrawal",
    path=f"{BASE}/closure",
    do=_close,
    body=Decline,
    example={"reason": "We find no order with this number."},
    scope="orders:write",
    roles=ORDERS,
    tag="Withdrawals",
)


MATCH = Command(
    name="match_withdrawal",
    path=f"{BASE}/match",
    do=_match,
    body=Match,
    example={"number": "7KQ2M-94TXD"},
    scope="orders:write",
    roles=ORDERS,
    tag="Withdrawals",
)


NAME_PIECES = Command(
    name="name_withdrawn_pieces",
    path=f"{BASE}/pieces",
    do=_name_pieces,
    body=NamedPieces,
    example={"lines": [{"line_no": 1, "pieces": 1}]},
    scope="orders:write",
    roles=ORDERS,
    tag="Withdrawals",
    read=_named_in,
)


commands = [DECLINE, CLOSE, MATCH, NAME_PIECES]
routes = [form_route(command, of_withdrawal) for command in commands]
