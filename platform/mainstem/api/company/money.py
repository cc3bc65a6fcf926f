"""Payouts, refunds that wait for somebody, and commission that is held for a review."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import Field

from mainstem.api.company.listing import Listing, Row, list_route
from mainstem.console import lists
from mainstem.kit.documents import YEAR_MAX, YEAR_MIN
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.paging import Page
from mainstem.kit.work import Work

SCOPE = "money:read"


class CompanyPayout(Row):
    """A payout to an affiliate. `home` and `id` lead to it."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    number: str
    affiliate: str = Field(validation_alias="name")
    period: date
    provider: str
    currency: str
    amount_minor: int
    state: str
    error: str | None
    reference: str | None
    reserved_at: datetime
    paid_at: datetime | None


class WaitingApproval(Row):
    """Money that goes back once a second person has said yes. That is a person, on the page of the
    order."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    order: UUID = Field(validation_alias="order_id")
    number: str
    client: str
    kind: str
    currency: str
    amount_minor: int
    reason: str
    asked_by: str
    asked_at: datetime


class OwedRefund(Row):
    """A refund, or one of a duplicate payment, that failed: the client is owed the money."""

    home: int = Field(validation_alias="home_id")
    order: UUID = Field(validation_alias="order_id")
    id: UUID
    kind: Literal["refunds", "payments"] = Field(
        description="What `id` is of: `refunds` and `payments` are also part of the address by which it"
        " is tried again."
    )
    number: str
    client: str
    currency: str
    amount_minor: int
    reason: str | None
    error: str | None
    since: datetime


class HeldCommission(Row):
    """An order whose commission is held until somebody says whose purchase it is."""

    home: int = Field(validation_alias="home_id")
    order: UUID = Field(validation_alias="order_id")
    number: str
    client: str
    seller: str
    held_at: datetime


def _payouts(
    work: Work,
    *,
    in_state: str | None,
    currency: str | None,
    since: date | None,
    until: date | None,
    **page: Any,
) -> Page[Any]:
    return lists.payouts(
        work,
        states=[in_state] if in_state else (),
        currency=currency or "",
        since=_day("since", since),
        until=_day("until", until),
        **page,
    )


def _day(name: str, day: date | None) -> date | None:
    if day is not None and not YEAR_MIN <= day.year <= YEAR_MAX:
        raise InvalidInput(
            Problem(f"/{name}", "out_of_range", "This is not written as we need it.")
        )
    return day


State = Annotated[
    Literal[
        "reserved", "transferring", "transferred", "requested", "in_transit", "reversing", "on_hold",
        "failed", "paid", "canceled",
    ]
    | None,
    QueryParameter(name="state", description="Only those in this state"),
]  # fmt: skip
Currency = Annotated[
    str | None, QueryParameter(description="Only those in this currency", pattern="^[A-Z]{3}$")
]
SinceDay = Annotated[
    date | None, QueryParameter(name="since", description="Of this period or later")
]
UntilDay = Annotated[
    date | None, QueryParameter(name="until", description="Of this period or earlier")
]

routes = [
    list_route(
        Listing(
            name="list_payouts",
            path="/payouts",
            row=CompanyPayout,
            scope=SCOPE,
            tag="Payouts",
            words="Payouts to affiliates, the newest period first.",
            find=_payouts,
            filters={
                "in_state": (State, None),
                "currency": (Currency, None),
                "since": (SinceDay, None),
                "until": (UntilDay, None),
            },
        )
    ),
    list_route(
        Listing(
            name="list_approvals_waiting",
            path="/approvals",
            row=WaitingApproval,
            scope=SCOPE,
            tag="Refunds",
            words="Money that waits for a second person before it goes back, the oldest first.",
            find=lists.approvals,
        )
    ),
    list_route(
        Listing(
            name="list_failed_refunds",
            path="/refunds/failed",
            row=OwedRefund,
            scope=SCOPE,
            tag="Refunds",
            words="Refunds that failed and are still owed, the oldest first.",
            find=lists.owed_back,
        )
    ),
    list_route(
        Listing(
            name="list_commission_reviews",
            path="/commission-reviews",
            row=HeldCommission,
            scope=SCOPE,
            tag="Orders",
            words="Orders whose commission is held for a review, the longest first.",
            find=lists.commission_reviews,
        )
    ),
]
