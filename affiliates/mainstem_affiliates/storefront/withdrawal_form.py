"""The two steps of a withdrawal, as the open form and the order's own page share them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Request
from pydantic import Field

from mainstem import withdrawals
from mainstem.identity import withdrawal_link
from mainstem.web import app_context_of
from mainstem.web.forms import FormFields, Ticked, at_most, whole
from mainstem.withdrawals import OrderLine, Submitted
from mainstem_affiliates.storefront.layout import StorePage


class WithdrawFields(FormFields):
    """What a statement is made of, as it was typed. `change` goes back from the second step."""

    name: Annotated[str, at_most(withdrawals.NAME_MAX + 1)] = ""
    number: Annotated[str, at_most(withdrawals.NUMBER_MAX + 1)] = ""
    contact: Annotated[str, at_most(withdrawals.CONTACT_MAX + 1)] = ""
    parts: Annotated[str, at_most(withdrawals.PARTS_MAX + 1)] = ""
    seen: Annotated[int | None, whole(digits=4)] = None
    change: Ticked = Field(default=False)

    @property
    def values(self) -> dict[str, str]:
        """The texts, to be shown again."""
        return {
            "name": self.name,
            "number": self.number,
            "contact": self.contact,
            "parts": self.parts,
        }


class LineChoice(msgspec.Struct, frozen=True):
    """A line of an order, and how many pieces of it somebody has chosen."""

    no: int
    name: str
    most: int
    chosen: int
    withdrawal: str


class WithdrawPage(StorePage, frozen=True, kw_only=True):
    """One of the two steps: what is stated, or whether that is confirmed."""

    confirms: bool
    """Whether this is the second step."""
    action: str
    confirm_action: str
    values: dict[str, str]
    lines: list[LineChoice]
    """What can be chosen on the order's page; none in the open form."""
    seen: int | None
    """How many withdrawals the order had; None in the open form."""
    until: date | None
    """The last day of the right, where it is known."""
    is_over: bool
    errors: dict[str, str]
    refused: str


def choices(lines: Iterable[OrderLine], chosen: dict[int, int] | None) -> list[LineChoice]:
    """The lines of which something is left; all of it is chosen until somebody says otherwise."""
    return [
        LineChoice(
            line.line_no,
            line.name,
            line.free,
            line.free if chosen is None else chosen.get(line.line_no, 0),
            line.withdrawal,
        )
        for line in lines
        if line.free
    ]


def receipt_url(request: Request[Any, Any, Any], made: Submitted) -> str:
    """Where the receipt of a withdrawal is."""
    secret = app_context_of(request).settings.secret
    return f"/withdrawal/{withdrawal_link(secret, made.home_id, made.id)}"
