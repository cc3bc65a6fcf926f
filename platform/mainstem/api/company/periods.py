"""Periods, and what the newest preview or the close of one pays."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar.params import QueryParameter
from pydantic import Field

from mainstem import periods
from mainstem.api.company.listing import Listing, Row, list_route
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem.periods import queries

SCOPE = "money:read"


class CompanyPeriod(Row):
    """A month, quarter or year for which the plan pays. `name` leads to it."""

    name: str
    starts_on: date
    ends_on: date = Field(description="The first day that is no part of it.")
    every: Literal["month", "quarter", "year"]
    plan_version: int
    state: Literal["open", "previewed", "closed"]
    figured_at: datetime
    previewed_by: str | None
    previewed_at: datetime | None
    outcome_hash: str | None = Field(
        description="Of all that the newest preview was worked out of, and came to."
    )
    closed_by: str | None
    closed_at: datetime | None


class PeriodPays(Row):
    """What an affiliate gets by one rule of a period: so far, by its newest preview, or as it was closed."""

    home: int = Field(validation_alias="home_id")
    affiliate: str
    rule: str
    currency: str
    of_minor: int
    amount_minor: int


def _earnings(work: Work, *, period: str | None, **page: Any) -> Page[Any]:
    day = periods.day_of_name(period or "")
    if day is None:
        raise NotFound("period")
    return queries.due(work, periods.period(work, day), **page)


Name = Annotated[
    str | None, QueryParameter(description="Which: 2026-03, 2026-Q1 or 2026. It is needed.")
]

routes = [
    list_route(
        Listing(
            name="list_periods",
            path="/periods",
            row=CompanyPeriod,
            scope=SCOPE,
            tag="Payouts",
            words="Every period that has begun, the newest first.",
            find=queries.periods,
        )
    ),
    list_route(
        Listing(
            name="list_period_earnings",
            path="/period-earnings",
            row=PeriodPays,
            scope=SCOPE,
            tag="Payouts",
            words="What a period pays by rule and affiliate, the most first.",
            find=_earnings,
            filters={"period": (Name, None)},
        )
    ),
]
