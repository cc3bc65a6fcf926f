"""What an affiliate has earned in a month, movement by movement, with its sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import Explanation

ROWS_MAX = 50
LEVELS_MAX = 10


@dataclass(frozen=True, slots=True)
class StatementAsked:
    """A month, and what of it: by its first day; a rule or a level of the plan, or all of them."""

    month: date
    rule: str = ""
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Earned:
    """A commission, or a part of it that went back."""

    credited_at: datetime
    source: str
    period_from: date | None
    rule: str
    level: int
    kind: str
    currency: str
    amount_minor: int
    explanation: Explanation

    @property
    def amount(self) -> Money:
        """What it adds."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class StatementSum:
    """What a month has come to in one currency: earned, gone back, and both together."""

    earned: Money
    went_back: Money
    net: Money


_NEWEST = Sorting(
    "statement",
    (
        SortColumn("c.credited_at", "credited_at", datetime),
        SortColumn("c.source_id", "source_id", UUID),
        SortColumn("c.rule", "rule", str),
        SortColumn("c.level", "level", int),
        SortColumn("c.no", "no", int),
    ),
)
_OF_MONTH = """
  FROM earning c
 WHERE c.beneficiary_id = %(id)s AND c.kind <> 'hold'
   AND c.credited_at >= %(since)s AND c.credited_at < %(until)s
   AND (%(rule)s = '' OR c.rule = %(rule)s) AND (%(level)s::int IS NULL OR c.level = %(level)s)"""
_ROWS = f"""
SELECT c.credited_at, c.source_id, c.source, c.period_from, c.rule, c.level, c.no, c.kind, c.currency,
       c.amount_minor, c.explanation {_OF_MONTH} {{seek}} {{sorted}}"""
_SUMS = f"""
SELECT c.currency, coalesce(sum(c.amount_minor) FILTER (WHERE c.kind = 'credit'), 0)::bigint AS earned,
       coalesce(sum(c.amount_minor) FILTER (WHERE c.kind <> 'credit'), 0)::bigint AS went_back
  {_OF_MONTH} GROUP BY 1 ORDER BY 1"""
_RULES = f"SELECT DISTINCT c.rule {_OF_MONTH} ORDER BY 1"


def statement(
    work: Work,
    affiliate_id: int,
    asked: StatementAsked,
    *,
    cursor: str | None = None,
    most: int = ROWS_MAX,
) -> tuple[list[Earned], Page[Any]]:
    """A page of the month, the newest first; and where it stands."""
    page = paging.read(
        work, _ROWS, _NEWEST, cursor=cursor, most=most, **_given(work, affiliate_id, asked)
    )
    rows = [
        Earned(
            row.credited_at,
            row.source,
            row.period_from,
            row.rule,
            row.level,
            row.kind,
            row.currency,
            row.amount_minor,
            row.explanation,
        )
        for row in page.rows
    ]
    return rows, page


def statement_sums(work: Work, affiliate_id: int, asked: StatementAsked) -> list[StatementSum]:
    """What that comes to, by currency."""
    return [
        StatementSum(
            Money(row.earned, row.currency),
            Money(row.went_back, row.currency),
            Money(row.earned + row.went_back, row.currency),
        )
        for row in work.rows(_SUMS, **_given(work, affiliate_id, asked))
    ]


def statement_rules(work: Work, affiliate_id: int, month: date) -> list[str]:
    """The rules by which something was earned in a month."""
    given = _given(work, affiliate_id, StatementAsked(month))
    return [row.rule for row in work.rows(_RULES, **given)]


def months_of(work: Work, affiliate_id: int) -> Iterator[date]:
    """The months since the affiliate joined, the newest first: their first days, of two years at most."""
    joined = work.value("SELECT joined_at FROM affiliate WHERE id = %(id)s", id=affiliate_id)
    month = work.now().astimezone(work.tools.zone).date().replace(day=1)
    first = joined.astimezone(work.tools.zone).date().replace(day=1)
    for _ in range(24):
        yield month
        if month <= first:
            return
        month = _before(month)


def _before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _after(month: date) -> date:
    return date(month.year + (month.month == 12), month.month % 12 + 1, 1)


def _given(work: Work, affiliate_id: int, asked: StatementAsked) -> dict[str, Any]:
    zone = work.tools.zone
    return {
        "id": affiliate_id,
        "since": datetime.combine(asked.month, time(), zone),
        "until": datetime.combine(_after(asked.month), time(), zone),
        "rule": asked.rule,
        "level": asked.level,
    }
