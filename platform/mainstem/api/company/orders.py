"""The company's orders: page by page, and all of one that its verbs need."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import Field

from mainstem.api.company.listing import Listing, Row, list_route, show_route
from mainstem.api.requests import Since, Until, instant
from mainstem.console import lists, queries
from mainstem.console.orders.allowed import asked_minor, still_here
from mainstem.kit import search_terms
from mainstem.kit.paging import Page
from mainstem.kit.work import Work

ORDER = "/orders/{home:int}/{order:uuid}"


class CompanyOrder(Row):
    """How far an order has come. `home` and `id` lead to it."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    number: str
    storefront: str
    client: str
    state: str
    payment_status: str
    fulfillment_status: str
    currency: str
    total_minor: int
    placed_at: datetime


class CompanyOrderLine(Row):
    """One line, with how far it has come and what was asked back of it. Line 0 is the delivery."""

    line_no: int
    kind: str
    sku: str
    name: str
    quantity: int
    canceled: int
    shipped: int
    delivered: int
    unit_minor: int
    total_minor: int
    asked_minor: int
    refunded_minor: int


class CompanyParcel(Row):
    """A location's part of an order, and its parcel once there is one."""

    no: int
    state: str
    location: str
    carrier: str | None
    tracking: str | None
    parcel_state: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None


class CompanyPayment(Row):
    """One attempt to pay."""

    id: UUID
    provider: str
    state: str
    amount_minor: int
    captured_minor: int
    captured_at: datetime | None


class CompanyRefund(Row):
    """Money that was asked back."""

    id: UUID
    state: str
    amount_minor: int
    goods_go: bool
    goodwill: bool = Field(description="The company bears it: commission stands.")
    reason: str | None
    requested_at: datetime
    error: str | None


class CompanyApproval(Row):
    """A request to send money back that a second person answers."""

    id: UUID
    kind: str
    state: str
    amount_minor: int
    reason: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class CompanyOrderJob(Row):
    """A service that is performed for the order."""

    line: int = Field(validation_alias="line_no")
    service: str
    state: str
    team: str
    starts_at: datetime | None


class CompanyOrderDetails(Row):
    """All of an order that its verbs need."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    number: str
    external_id: str | None
    storefront: str
    state: str
    payment_status: str
    fulfillment_status: str
    currency: str
    total_minor: int
    paid_minor: int
    refunded_minor: int
    client: dict[str, Any]
    address: dict[str, Any]
    placed_at: datetime
    paid_at: datetime | None
    delivered_at: datetime | None
    asked_minor: int = Field(description="What has been asked back of it, and may still go.")
    still_here: int = Field(description="How many pieces are still to leave or to be performed.")
    lines: list[CompanyOrderLine]
    fulfilments: list[CompanyParcel]
    jobs: list[CompanyOrderJob]
    payments: list[CompanyPayment]
    refunds: list[CompanyRefund]
    approvals: list[CompanyApproval]


class _Whole:
    """An order's row with what stands around it."""

    def __init__(self, row: Any, **around: Any) -> None:
        self._row, self._around = row, around

    def __getattr__(self, name: str) -> Any:
        around = self.__dict__["_around"]
        return around[name] if name in around else getattr(self._row, name)


def _read(work: Work, *, home: int, order: UUID) -> _Whole:
    """One order: its lines, fulfilments, jobs, payments and refunds, and what waits for approval.
    `asked_minor` and `still_here` are what a refund may send along as `seen`."""
    row = queries.order(work, home, order)
    refunds = queries.refunds_of(work, home, order)
    lines = queries.order_lines(work, home, order)
    return _Whole(
        row,
        lines=lines,
        refunds=refunds,
        asked_minor=asked_minor(refunds),
        still_here=still_here(lines),
        fulfilments=queries.parcels_of(work, home, order),
        jobs=queries.jobs_of(work, home, order),
        payments=queries.payments_of(work, home, order),
        approvals=queries.approvals_of(work, home, order),
    )


def _find(
    work: Work,
    *,
    in_state: str | None,
    q: str | None,
    since: datetime | None,
    until: datetime | None,
    **page: Any,
) -> Page[Any]:
    return lists.orders(
        work,
        state=in_state or "",
        text=search_terms.as_typed(q or ""),
        since=instant("since", since),
        until=instant("until", until),
        **page,
    )


State = Annotated[
    Literal["pending", "placed", "closed", "canceled", "expired"] | None,
    QueryParameter(name="state", description="Only those in this state"),
]
Words = Annotated[
    str | None,
    QueryParameter(name="q", description="Client, number or parcel", max_length=100),
]

routes = [
    list_route(
        Listing(
            name="list_company_orders",
            path="/orders",
            row=CompanyOrder,
            scope="orders:read",
            tag="Orders",
            words="The company's orders of all storefronts, newest first.",
            find=_find,
            filters={
                "in_state": (State, None),
                "q": (Words, None),
                "since": (Since, None),
                "until": (Until, None),
            },
        )
    ),
    show_route(
        ORDER,
        CompanyOrderDetails,
        _read,
        name="show_company_order",
        scope="orders:read",
        tag="Orders",
    ),
]
