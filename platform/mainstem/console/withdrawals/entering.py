"""A withdrawal that was told to an affiliate or to us, written down with the day when it was told."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from mainstem import withdrawals
from mainstem.console.orders.page import BASE, of_order
from mainstem.console.withdrawals.pieces import NamedLine, counted, refuse_twice
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import ORDERS


class ToldWithdrawal(Document):
    """What was told, to whom and on which day."""

    told_on: date = Field(title="Told on", description="The day from which it counts.")
    told_to: Literal["affiliate", "company"] = Field("affiliate", title="Told to")
    lines: list[NamedLine] = Field(
        default_factory=list,
        max_length=500,
        title="Lines",
        description="Empty: all that is left of the order.",
    )
    seen: int | None = Field(
        None,
        ge=0,
        le=9999,
        title="Withdrawals seen",
        description="How many the order had when it was decided: sent twice it is then one.",
    )


def _enter(work: Work, body: ToldWithdrawal, *, home: int, order: UUID) -> str | Told:
    """Write down a withdrawal that was told to somebody. It counts from the day when it was told; the
    client gets the receipt."""
    refuse_twice([line.line_no for line in body.lines])
    made = withdrawals.enter(
        work,
        home,
        order,
        told_on=body.told_on,
        told_to=body.told_to,
        lines={line.line_no: line.pieces for line in body.lines},
        seen=body.seen,
    )
    if made.repeated:
        return Told("This withdrawal is written down already.", outcome="done_before")
    return "The withdrawal is written down. What has not left stays here."


class ToldFields(FormFields):
    """What the page sends beside the pieces of each line."""

    told_on: str = ""
    told_to: str = ""
    seen: Annotated[int | None, whole(digits=4)] = None


def _told_in(work: Work, form: Form, *, home: int, order: UUID) -> Document:
    sent = form.into(ToldFields)
    problems: list[Problem] = []
    lines = [{"line_no": no, "pieces": count} for no, count in counted(form, problems)]
    if problems:
        raise InvalidInput(*problems)
    return form.body(
        ToldWithdrawal,
        told_on=sent.told_on,
        told_to=sent.told_to or "affiliate",
        lines=lines,
        seen=sent.seen,
    )


ENTER = Command(
    name="enter_withdrawal",
    path=f"{BASE}/withdrawals",
    do=_enter,
    body=ToldWithdrawal,
    example={"told_on": "2026-03-02", "told_to": "affiliate", "lines": []},
    scope="orders:write",
    roles=ORDERS,
    tag="Withdrawals",
    read=_told_in,
)

commands = [ENTER]
routes = [form_route(ENTER, of_order)]
