"""From what stands of a period's earnings to what should: the movements, their postings, and their reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID, uuid5

import numpy as np

from mainstem import ledger
from mainstem.kit.bulk import Json, insert_many
from mainstem.kit.work import Work
from mainstem.ledger import postings
from mainstem.ledger.postings import Posting
from mainstem.periods.batch import Paid
from mainstem.periods.model import Period, Progress, in_silence
from mainstem.periods.plans import PeriodPlan
from mainstem.plan.period_explain import explain_period
from mainstem.plan.periods import PeriodEarning

_SOURCES = UUID("6f6f7bd2-3f57-4c4b-9a5f-5d1b1f5a0c68")
MANY = 20_000
"""So many earnings are booked by one statement."""

Key = tuple[str, int, str]
"""Currency, affiliate and rule."""


class PeriodEarningRow(NamedTuple):
    """A row of `earning` whose source is a period."""

    home_id: int
    source_id: UUID
    source: str
    period_from: date
    rule: str
    level: int
    no: int
    beneficiary_id: int
    kind: str
    currency: str
    amount_minor: int
    base_minor: int
    returned_minor: int
    rate_bp: int
    plan_version: int
    held_until: date
    explanation: Json
    credited_at: datetime


@dataclass(slots=True)
class Stands:
    """What stands of one earning: by the day on which each hold ends, and what went back of it so far."""

    no: int = 0
    back_minor: int = 0
    holds: dict[date, int] = field(default_factory=dict)

    @property
    def minor(self) -> int:
        """All of it."""
        return sum(self.holds.values())


@dataclass(frozen=True, slots=True)
class Settlement:
    """A step in which a period's earnings are brought to what they should be: 1 is its close."""

    period: Period
    plan: PeriodPlan
    no: int
    at: datetime
    today: date
    released: date

    @property
    def held_until(self) -> date:
        """Until when what is credited in this step is held."""
        return self.today + timedelta(days=self.plan.hold_days)


@cache
def source_of(starts_on: date, currency: str) -> UUID:
    """The id under which the earnings of a period in one currency are kept."""
    return uuid5(_SOURCES, f"{starts_on}:{currency}")


_STANDING = """
SELECT home_id, currency, rule, held_until, max(no) AS no, sum(amount_minor)::bigint AS stands,
       -sum(amount_minor) FILTER (WHERE kind <> 'credit')::bigint AS back
  FROM earning
 WHERE source = 'period' AND period_from = %(day)s
   AND home_id = ANY(%(of)s::bigint[])
 GROUP BY 1, 2, 3, 4"""


def standing(work: Work, starts_on: date, *, of: Sequence[int]) -> dict[Key, Stands]:
    """What stands now of what a period has earned these affiliates."""
    found: dict[Key, Stands] = {}
    for row in work.rows(_STANDING, day=starts_on, of=sorted(set(of))):
        one = found.setdefault((row.currency, row.home_id, row.rule), Stands())
        one.no = max(one.no, row.no)
        one.back_minor += row.back or 0
        one.holds[row.held_until] = row.stands
    return found


def target(earnings: Mapping[str, Sequence[Paid]]) -> dict[Key, PeriodEarning]:
    """What should stand, as `standing` has it."""
    return {
        (currency, one.beneficiary_id, one.rule): one
        for currency, found in earnings.items()
        for paid in found
        for one in paid.earnings()
    }


def differing(
    before: Mapping[str, Sequence[Paid]], after: Mapping[str, Sequence[Paid]]
) -> dict[Key, PeriodEarning | None]:
    """What should stand now of all that is another amount than before; None for nothing."""
    found: dict[Key, PeriodEarning | None] = {}
    was, now = _by_rule(before), _by_rule(after)
    for currency, rule in sorted(was.keys() | now.keys()):
        one, two = was.get((currency, rule)), now.get((currency, rule))
        for id in _unlike(one, two):
            found[currency, id, rule] = None
        if two is not None:
            chosen = np.isin(two.id, _unlike(one, two))
            for earning in two.earnings(chosen):
                found[currency, earning.beneficiary_id, rule] = earning
    return found


def _by_rule(earnings: Mapping[str, Sequence[Paid]]) -> dict[tuple[str, str], Paid]:
    return {(currency, paid.rule): paid for currency, found in earnings.items() for paid in found}


def _unlike(one: Paid | None, two: Paid | None) -> list[int]:
    """Whom a rule does not pay the same as before."""
    if one is None or two is None:
        return [id for paid in (one, two) if paid is not None for id in paid.id.tolist()]
    ids = np.union1d(one.id, two.id)
    amounts = np.zeros((2, len(ids)), np.int64)
    for row, paid in enumerate((one, two)):
        amounts[row, np.searchsorted(ids, paid.id)] = paid.amount
    found: list[int] = ids[amounts[0] != amounts[1]].tolist()
    return found


def bring(
    work: Work,
    it: Settlement,
    should: Mapping[Key, PeriodEarning | None],
    stands: Mapping[Key, Stands],
    *,
    progress: Progress = in_silence,
) -> int:
    """Post what differs between what should stand and what stands; how many movements that took."""
    keys, moved = sorted(should.keys() | stands.keys()), 0
    for at in range(0, len(keys), MANY):
        moves = [
            (key, rows)
            for key in keys[at : at + MANY]
            if (rows := list(_rows(it, key, should.get(key), stands.get(key) or Stands())))
        ]
        ledger.post(work, [_posting(it, key, rows) for key, rows in moves])
        moved += insert_many(work, "earning", [row for _, rows in moves for row in rows])
        progress("booked", moved)
    return moved


def _rows(
    it: Settlement, key: Key, should: PeriodEarning | None, now: Stands
) -> Iterator[PeriodEarningRow]:
    """The movements of one earning, each with the amounts that explain it."""
    currency, affiliate, rule = key
    amount = should.amount_minor if should else 0
    steps = (
        _taken(amount - now.minor, it.period.starts_on)
        if amount <= 0 and now.minor <= 0
        else _steps(amount - now.minor, now, it.held_until)
    )
    for no, (kind, held, minor) in enumerate(steps, start=now.no + 1):
        yield PeriodEarningRow(
            home_id=affiliate,
            source_id=source_of(it.period.starts_on, currency),
            source="period",
            period_from=it.period.starts_on,
            rule=rule,
            level=0,
            no=no,
            beneficiary_id=affiliate,
            kind=kind,
            currency=currency,
            amount_minor=minor,
            base_minor=max(should.of_minor, 0) if should else 0,
            returned_minor=0,
            rate_bp=0,
            plan_version=it.period.plan_version,
            held_until=held,
            explanation=Json(
                json.dumps(
                    explain_period(
                        it.plan.rules(currency),
                        rule,
                        should,
                        period=it.period.name,
                        currency=currency,
                        before_minor=now.minor,
                    )
                )
            ),
            credited_at=it.at,
        )


def _steps(minor: int, now: Stands, held: date) -> Iterator[tuple[str, date, int]]:
    """What went back comes again before more is credited; what is taken comes out of the latest holds."""
    if minor > 0:
        again = min(minor, now.back_minor)
        if again:
            yield "restored", held, again
        if minor > again:
            yield "credit", held, minor - again
    holds = dict(now.holds)
    for day in sorted(holds, reverse=True):
        part = min(-minor, holds[day])
        if part > 0:
            minor += part
            yield "reversal", day, -part


def _taken(minor: int, day: date) -> Iterator[tuple[str, date, int]]:
    """What is taken back of what sales have earned, or less of it: at once, under a day that no hold ends on."""
    if minor:
        yield ("restored" if minor > 0 else "reversal"), day, minor


def _posting(it: Settlement, key: Key, rows: Sequence[PeriodEarningRow]) -> Posting:
    currency, affiliate, rule = key
    earned: dict[date | None, int] = {}
    for row in rows:
        held_over = max(it.released, it.period.starts_on)
        held = row.held_until if row.held_until > held_over else None
        earned[held] = earned.get(held, 0) + row.amount_minor
    return postings.period_settled(
        affiliate,
        source_of(it.period.starts_on, currency),
        rule,
        rows[0].no,
        it.period.name,
        currency,
        earned,
        on=it.today,
    )
