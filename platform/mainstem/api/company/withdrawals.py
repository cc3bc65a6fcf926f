"""What clients have withdrawn from: the statements, and what became of each piece."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import Field

from mainstem import withdrawals
from mainstem.api.company.listing import Listing, Row, list_route, show_route
from mainstem.kit.paging import Page
from mainstem.kit.work import Work

SCOPE, TAG = "orders:read", "Withdrawals"


class WithdrawalRow(Row):
    """A withdrawal. `home` and `id` lead to it."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    order: UUID | None = Field(validation_alias="order_id", description="None: no order is known.")
    number: str
    name: str
    storefront: str
    channel: str
    state: str
    received_at: datetime = Field(description="From here the periods count.")
    refund_due_on: date | None
    pieces: int = Field(description="How many pieces nothing has come of yet.")


class WithdrawnLine(Row):
    """Pieces of one line, and what became of them."""

    line_no: int
    sku: str
    name: str
    quantity: int
    canceled: int = Field(description="They had not left: they go nowhere.")
    returned: int
    declined: int
    waits: int
    why_not: str = Field(description="What the law excepts, as a word; empty for nothing.")
    refunded_minor: int
    deducted_minor: int


class WithdrawalDetails(Row):
    """A withdrawal: the statement as it was made, and what became of each piece."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    storefront: str
    channel: str
    name: str
    number: str
    contact: str
    parts: str
    statement: str = Field(description="The SHA-256 of what was said.")
    received_at: datetime
    recorded_at: datetime
    order: UUID | None = Field(validation_alias="order_id")
    order_number: str | None
    matched_by: str | None
    state: str
    reason: str
    refund_due_on: date | None
    delivery_minor: int
    currency: str | None
    lines: list[WithdrawnLine]


View = Annotated[
    Literal["waiting", "unmatched", "all"],
    QueryParameter(name="view", description="Those that wait, those without an order, or all"),
]


def _find(work: Work, *, view: str, **page: Any) -> Page[Any]:
    return withdrawals.waiting(
        work, all_of_them=view == "all", unmatched=view == "unmatched", **page
    )


def _read(work: Work, *, home: int, withdrawal: UUID) -> withdrawals.Details:
    """One withdrawal: what was said, and what became of each piece."""
    return withdrawals.details(work, home, withdrawal)


routes = [
    list_route(
        Listing(
            name="list_withdrawals",
            path="/withdrawals",
            row=WithdrawalRow,
            scope=SCOPE,
            tag=TAG,
            words="Withdrawals that wait for a decision, what is due first first; or all, newest first.",
            find=_find,
            filters={"view": (View, "waiting")},
        )
    ),
    show_route(
        "/withdrawals/{home:int}/{withdrawal:uuid}",
        WithdrawalDetails,
        _read,
        name="show_withdrawal",
        scope=SCOPE,
        tag=TAG,
    ),
]
