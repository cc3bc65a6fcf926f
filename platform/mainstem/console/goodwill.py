"""What was given back as goodwill: by month and colleague, and one by one with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem.kit import paging
from mainstem.kit.paging import SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, names_of, show

MONTHS = 12
PAGE = 50
COUNTS = "r.goodwill AND r.state IN ('requested', 'submitted', 'succeeded')"


@dataclass(frozen=True, slots=True)
class MonthRow:
    """What one member of staff gave in one month, in one currency."""

    month: date
    by: str
    currency: str
    count: int
    minor: int

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.minor, self.currency)


@dataclass(frozen=True, slots=True)
class GivenRow:
    """One refund that was goodwill."""

    home_id: int
    id: UUID
    order_id: UUID
    number: str
    requested_at: datetime
    currency: str
    amount_minor: int
    by: str
    reason: str

    @property
    def amount(self) -> Money:
        """What went back."""
        return Money(self.amount_minor, self.currency)


class MonthView(msgspec.Struct, frozen=True):
    """A row of the report, with the name of whoever gave it."""

    month: date
    who: str
    count: int
    amount: Money


class GoodwillPage(Page, kw_only=True):
    """The report of a year's months, and the list that it is the sum of."""

    months: list[MonthView]
    given: list[GivenRow]
    who: dict[str, str]
    listing: Listing


# Whoever asked for it gave it, also where a second person agreed. A year back, so that no page grows.
_MONTHS = f"""
SELECT date_trunc('month', r.requested_at AT TIME ZONE %(zone)s)::date AS month,
       coalesce(a.asked_by, r.actor) AS by, r.currency, count(*)::int AS count,
       sum(r.amount_minor)::bigint AS minor
  FROM refund r LEFT JOIN approval a ON a.home_id = r.home_id AND a.id = r.approval_id
 WHERE {COUNTS} AND r.requested_at >= date_trunc('month', %(now)s AT TIME ZONE %(zone)s)
                      AT TIME ZONE %(zone)s - make_interval(months => %(months)s - 1)
 GROUP BY 1, 2, 3 ORDER BY 1 DESC, 5 DESC, 2, 3"""

_NEWEST = Sorting(
    "newest",
    (
        SortColumn("r.requested_at", "requested_at", datetime),
        SortColumn("r.home_id", "home_id", int),
        SortColumn("r.id", "id", UUID),
    ),
)
_GIVEN = f"""
SELECT r.home_id, r.id, r.order_id, o.number, r.requested_at, r.currency, r.amount_minor,
       coalesce(a.asked_by, r.actor) AS by, r.reason
  FROM refund r JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
  LEFT JOIN approval a ON a.home_id = r.home_id AND a.id = r.approval_id
 WHERE {COUNTS} {{seek}} {{sorted}}"""


def by_month(work: Work) -> list[MonthRow]:
    """What each member of staff gave in each of the last twelve months, the newest first."""
    zone = str(work.tools.zone)
    return work.rows_as(MonthRow, _MONTHS, zone=zone, now=work.now(), months=MONTHS)


def given(work: Work, *, cursor: str | None = None, most: int = PAGE) -> paging.Page[GivenRow]:
    """Every refund that was goodwill, newest first."""
    return paging.read_as(work, GivenRow, _GIVEN, _NEWEST, cursor=cursor, most=most)


@get("/goodwill", sync_to_thread=True)
def goodwill(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Who gave how much, month by month, and why."""
    months, page = by_month(work), given(work, cursor=listing.cursor_of(request))
    actors = [row.by for row in months] + [row.by for row in page.rows]
    who = names_of(work, language_of(request), actors)
    view = GoodwillPage(
        **layout_of(request, work, "money"),
        months=[
            MonthView(row.month, who.get(row.by, row.by), row.count, row.amount) for row in months
        ],
        given=page.rows,
        who=who,
        listing=listing.build("/console/goodwill", page, anchor="#given"),
    )
    return show(request, "console/goodwill.html", view)


routes = [goodwill]
