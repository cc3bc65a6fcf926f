"""What affiliates have asked about commissions, and what was answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import Field

from mainstem import inquiries
from mainstem.api.company.listing import Listing, Row, list_route, show_route
from mainstem.kit.paging import Page
from mainstem.kit.work import Work

SCOPE, TAG = "money:read", "Money"


class InquiryRow(Row):
    """An inquiry. `home` is the affiliate who asks, and leads to it with `id`."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    affiliate: str
    about: str = Field(
        description="`amount` of a line, or `missing`: nothing was paid for the order."
    )
    number: str
    has_order: bool = Field(description="Whether the number is one of ours.")
    asked_at: datetime
    due_on: date = Field(description="The last of five working days to answer.")
    state: str


class InquiryDetails(Row):
    """An inquiry, word for word, and its answer."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    affiliate: str
    about: str
    number: str
    order_home: int | None = Field(validation_alias="order_home_id")
    order: UUID | None = Field(validation_alias="order_id")
    rule: str = Field(description="Of an amount: the plan's rule of the line.")
    level: int
    words: str
    paper_name: str
    asked_at: datetime
    due_on: date
    state: str
    answer: str
    decided_at: datetime | None


View = Annotated[
    Literal["waiting", "all"], QueryParameter(name="view", description="Those that wait, or all")
]


def _find(work: Work, *, view: str, **page: Any) -> Page[Any]:
    return inquiries.listed(work, all_of_them=view == "all", **page)


def _read(work: Work, *, home: int, inquiry: UUID) -> inquiries.InquiryDetails:
    """One inquiry: what was asked, and what was answered."""
    return inquiries.details(work, home, inquiry)


routes = [
    list_route(
        Listing(
            name="list_inquiries",
            path="/inquiries",
            row=InquiryRow,
            scope=SCOPE,
            tag=TAG,
            words="Inquiries that wait for an answer, what is due first first; or all, newest first.",
            find=_find,
            filters={"view": (View, "waiting")},
        )
    ),
    show_route(
        "/inquiries/{home:int}/{inquiry:uuid}",
        InquiryDetails,
        _read,
        name="show_inquiry",
        scope=SCOPE,
        tag=TAG,
    ),
]
