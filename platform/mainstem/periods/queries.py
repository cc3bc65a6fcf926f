"""Reads of periods, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.periods.model import COLUMNS, Period

PERIODS_MAX = 24
EARNINGS_MAX = 50

_BY_START = Sorting("periods", (SortColumn("starts_on", "starts_on", date),))


def periods(
    work: Work, *, cursor: str | None = None, most: int = PERIODS_MAX, strict: bool = False
) -> Page[Period]:
    """Every period that has begun, the newest first."""
    return paging.read_as(
        work,
        Period,
        f"SELECT {COLUMNS} FROM period WHERE true {{seek}} {{sorted}}",
        _BY_START,
        cursor=cursor,
        most=most,
        strict=strict,
    )


@dataclass(frozen=True, slots=True)
class RuleSum:
    """What a rule pays in one currency, to how many, and what the preview before would have paid by it."""

    rule: str
    currency: str
    affiliates: int
    amount_minor: int
    before_minor: int

    @property
    def amount(self) -> Money:
        """What it pays."""
        return Money(self.amount_minor, self.currency)

    @property
    def change(self) -> Money:
        """What it pays more than by the preview before; below zero, less."""
        return Money(self.amount_minor - self.before_minor, self.currency)


def by_rule(work: Work, it: Period) -> list[RuleSum]:
    """What a period would pay, or has paid as it was closed, rule by rule."""
    return work.rows_as(
        RuleSum,
        """SELECT rule, currency, count(*) FILTER (WHERE preview = %(now)s)::int AS affiliates,
                  coalesce(sum(amount_minor) FILTER (WHERE preview = %(now)s), 0)::bigint AS amount_minor,
                  coalesce(sum(amount_minor) FILTER (WHERE preview = %(now)s - 1), 0)::bigint AS before_minor
             FROM period_preview_earning
            WHERE starts_on = %(day)s AND preview IN (%(now)s, %(now)s - 1)
            GROUP BY 1, 2 ORDER BY 1, 2""",
        day=it.starts_on,
        now=it.preview,
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """What a closed period has come to by its settlements since, in one currency."""

    currency: str
    closed_minor: int
    stands_minor: int

    @property
    def closed(self) -> Money:
        """What it paid when it was closed."""
        return Money(self.closed_minor, self.currency)

    @property
    def since(self) -> Money:
        """What was added since, or, below zero, went back."""
        return Money(self.stands_minor - self.closed_minor, self.currency)


def settled(work: Work, it: Period) -> list[Settled]:
    """What a closed period paid, and what later settlements have added or taken back."""
    return work.rows_as(
        Settled,
        """SELECT currency, sum(amount_minor)::bigint AS stands_minor,
                  coalesce(sum(amount_minor) FILTER (WHERE credited_at <= %(closed)s), 0)::bigint AS closed_minor
             FROM earning WHERE source = 'period' AND period_from = %(day)s GROUP BY 1 ORDER BY 1""",
        day=it.starts_on,
        closed=it.closed_at,
    )


@dataclass(frozen=True, slots=True)
class Due:
    """What one affiliate gets by one rule."""

    home_id: int
    affiliate: str
    rule: str
    currency: str
    of_minor: int
    amount_minor: int

    @property
    def of(self) -> Money:
        """What it is reckoned of."""
        return Money(self.of_minor, self.currency)

    @property
    def amount(self) -> Money:
        """What they get."""
        return Money(self.amount_minor, self.currency)


_MOST_FIRST = Sorting(
    "period_earnings",
    (
        SortColumn("e.amount_minor", "amount_minor", int),
        SortColumn("e.home_id", "home_id", int),
        SortColumn("e.currency", "currency", str),
        SortColumn("e.rule", "rule", str),
    ),
)


def due(
    work: Work,
    it: Period,
    *,
    rule: str = "",
    cursor: str | None = None,
    most: int = EARNINGS_MAX,
    strict: bool = False,
) -> Page[Due]:
    """What a period pays, affiliate by affiliate, the most first."""
    return paging.read_as(
        work,
        Due,
        """SELECT e.home_id, a.name AS affiliate, e.rule, e.currency, e.of_minor, e.amount_minor
             FROM period_preview_earning e JOIN affiliate a ON a.id = e.home_id
            WHERE e.starts_on = %(day)s AND e.preview = %(now)s
              AND (%(rule)s = '' OR e.rule = %(rule)s) {seek} {sorted}""",
        _MOST_FIRST,
        cursor=cursor,
        most=most,
        strict=strict,
        day=it.starts_on,
        now=it.preview,
        rule=rule,
    )


@dataclass(frozen=True, slots=True)
class Move:
    """Whose rank changes by a period, and from what to what."""

    home_id: int
    affiliate: str
    before: str
    after: str
    qualified: str


_BY_AFFILIATE = Sorting("rank_moves", (SortColumn("s.home_id", "home_id", int),), descending=False)


def rank_moves(work: Work, it: Period, *, cursor: str | None = None, most: int = 50) -> Page[Move]:
    """Everybody whose rank changes by a period."""
    return paging.read_as(
        work,
        Move,
        """SELECT s.home_id, a.name AS affiliate, s.paid_as_before AS before, s.paid_as AS after, s.qualified
             FROM period_standing s JOIN affiliate a ON a.id = s.home_id
            WHERE s.starts_on = %(day)s AND s.paid_as <> s.paid_as_before {seek} {sorted}""",
        _BY_AFFILIATE,
        cursor=cursor,
        most=most,
        day=it.starts_on,
    )


# ---------------------------------------------------------------- one affiliate's own


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """What an affiliate sold in a period in one currency, their team with them, and what the next rank asks:
    each thing with what there is of it."""

    currency: str
    volume_minor: int
    clients: int
    team_minor: int
    next_rank: str
    asked: list[list[Any]]


def own_figures(work: Work, it: Period, affiliate_id: int) -> list[OwnFigures]:
    """An affiliate's figures in a period, by currency, the most sold first."""
    return work.rows_as(
        OwnFigures,
        """SELECT currency, coalesce(v.volume_minor, 0) AS volume_minor, coalesce(v.clients, 0) AS clients,
                  coalesce(t.volume_minor, 0) AS team_minor, coalesce(t.next_rank, '') AS next_rank,
                  coalesce(t.asked, '[]') AS asked
             FROM (SELECT * FROM period_volume WHERE home_id = %(id)s AND starts_on = %(day)s) AS v
             FULL JOIN (SELECT * FROM period_team WHERE home_id = %(id)s AND starts_on = %(day)s) AS t
                  USING (currency)
            ORDER BY greatest(v.volume_minor, t.volume_minor) DESC, currency""",
        id=affiliate_id,
        day=it.starts_on,
    )


@dataclass(frozen=True, slots=True)
class OwnTitles:
    """An affiliate's ranks in a period, '' for none."""

    highest: str = ""
    paid_as: str = ""
    paid_as_before: str = ""
    qualified: str = ""
    grace_used: int = 0


def own_titles(work: Work, it: Period, affiliate_id: int) -> OwnTitles:
    """An affiliate's ranks in a period, so far or as it was closed."""
    found = work.rows_as(
        OwnTitles,
        """SELECT highest, paid_as, paid_as_before, qualified, grace_used FROM period_standing
            WHERE home_id = %(id)s AND starts_on = %(day)s""",
        id=affiliate_id,
        day=it.starts_on,
    )
    return found[0] if found else OwnTitles()


@dataclass(frozen=True, slots=True)
class OwnEarning:
    """What a rule would pay an affiliate for a period as things stand, and of what."""

    rule: str
    currency: str
    of_minor: int
    amount_minor: int


def own_so_far(work: Work, it: Period, affiliate_id: int) -> list[OwnEarning]:
    """What a period would pay an affiliate as it was last worked out, rule by rule."""
    return work.rows_as(
        OwnEarning,
        """SELECT rule, currency, of_minor, amount_minor FROM period_preview_earning
            WHERE home_id = %(id)s AND starts_on = %(day)s AND preview = %(now)s
            ORDER BY currency, rule""",
        id=affiliate_id,
        day=it.starts_on,
        now=it.preview,
    )


@dataclass(frozen=True, slots=True)
class OwnMovement:
    """A movement of what a closed period has earned an affiliate, with its stored explanation."""

    starts_on: date
    rule: str
    no: int
    source_id: UUID
    kind: str
    currency: str
    amount_minor: int
    held_until: date
    explanation: Any
    credited_at: datetime
    matured: bool

    @property
    def amount(self) -> Money:
        """What it adds to what they have earned."""
        return Money(self.amount_minor, self.currency)


_OWN_NEWEST = Sorting(
    "own_periods",
    (
        SortColumn("credited_at", "credited_at", datetime),
        SortColumn("source_id", "source_id", UUID),
        SortColumn("rule", "rule", str),
        SortColumn("no", "no", int),
    ),
)


def own_movements(
    work: Work, affiliate_id: int, *, cursor: str | None = None, most: int = 20
) -> Page[OwnMovement]:
    """What closed periods have earned an affiliate, the newest movement first."""
    return paging.read_as(
        work,
        OwnMovement,
        """SELECT period_from AS starts_on, rule, no, source_id, kind, currency, amount_minor, held_until,
                  explanation, credited_at,
                  held_until <= coalesce((SELECT max(day) FROM release_day), '-infinity') AS matured
             FROM earning WHERE beneficiary_id = %(id)s AND source = 'period' {seek} {sorted}""",
        _OWN_NEWEST,
        cursor=cursor,
        most=most,
        id=affiliate_id,
    )


def running(work: Work, day: date) -> Period | None:
    """The period that a day is in, once it has been opened."""
    found = work.rows_as(
        Period,
        f"SELECT {COLUMNS} FROM period WHERE starts_on <= %(day)s AND ends_on > %(day)s",
        day=day,
    )
    return found[0] if found else None
