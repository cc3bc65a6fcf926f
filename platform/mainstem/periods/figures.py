"""The figures of a period that is not closed: worked out so far while it lasts, and previewed when it is over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from mainstem.kit.bulk import Json, insert_many
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.periods import earned, facts, plans
from mainstem.periods.facts import Facts
from mainstem.periods.model import Period, PeriodClosed, PeriodNotOver, period
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.reckoning import Outcome, Titles, progress, reckon
from mainstem.periods.spans import Span, begins

SO_FAR = 0
"""The number under which what an open period would pay is kept."""


class _StandingRow(NamedTuple):
    home_id: int
    starts_on: date
    highest: str
    paid_as: str
    paid_as_before: str
    qualified: str
    grace_used: int


class _TeamRow(NamedTuple):
    home_id: int
    starts_on: date
    currency: str
    volume_minor: int
    next_rank: str
    asked: Json


class _PreviewRow(NamedTuple):
    home_id: int
    starts_on: date
    preview: int
    currency: str
    rule: str
    of_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A period with what it was worked out of and what it comes to."""

    period: Period
    plan: PeriodPlan
    facts: Facts
    outcome: Outcome

    @property
    def hash(self) -> str:
        """What tells these figures from all others."""
        return self.outcome.hash(self.plan, self.facts)


def refresh(work: Work) -> Period | None:
    """Work out anew what each open period has come to so far; that of today, None where no plan pays for any.

    Periods before it that nobody has opened are opened, too: they wait for a preview.
    """
    zone = work.tools.zone
    today = work.now().astimezone(zone).date()
    found = plans.around(work, today, zone)
    if found is None:
        return None
    span, plan = found
    _open(work, span, plan)
    _open_missed(work, span)
    for row in work.rows("SELECT starts_on FROM period WHERE state = 'open' ORDER BY 1"):
        it = period(work, row.starts_on, lock=True)
        if it.state == "open":  # nobody has previewed it meanwhile
            _keep(work, _figure(work, it, plans.version(work, it.plan_version)), SO_FAR)
    return period(work, span.starts_on)


def pays_now(work: Work) -> bool:
    """Whether the company pays for periods today."""
    zone = work.tools.zone
    return plans.around(work, work.now().astimezone(zone).date(), zone) is not None


def preview(work: Work, starts_on: date) -> Period:
    """Work out what a period that is over would pay, and keep it for whoever closes it.

    Again at any time before it is closed; the preview before is kept to be compared. Raises PeriodNotOver,
    PeriodClosed, NotFound.
    """
    _open_named(work, starts_on)
    it = period(work, starts_on, lock=True)
    if it.state == "closed":
        raise PeriodClosed(period=it.name)
    if work.now() < it.ends_at:
        raise PeriodNotOver(period=it.name, day=it.ends_on)
    figures = _figure(work, it, plans.version(work, it.plan_version))
    _keep(work, figures, it.preview + 1)
    work.run(
        """UPDATE period SET state = 'previewed', preview = preview + 1, previewed_by = %(by)s,
                  previewed_at = %(now)s, outcome_hash = %(hash)s
            WHERE starts_on = %(day)s""",
        by=str(work.actor),
        now=work.now(),
        hash=figures.hash,
        day=starts_on,
    )
    record(work, "period.previewed", starts_on.isoformat())
    return period(work, starts_on)


def titles_before(work: Work, starts_on: date) -> dict[int, Titles]:
    """Everybody's ranks at the end of the last period that was closed before a day."""
    last = work.value(
        "SELECT max(starts_on) FROM period WHERE state = 'closed' AND starts_on < %(day)s",
        day=starts_on,
    )
    return titles_of(work, last) if last else {}


def titles_of(work: Work, starts_on: date) -> dict[int, Titles]:
    """The ranks of a period, by affiliate."""
    return {
        row.home_id: Titles(
            row.highest, row.paid_as, row.paid_as_before, row.qualified, row.grace_used
        )
        for row in work.rows(
            """SELECT home_id, highest, paid_as, paid_as_before, qualified, grace_used
                 FROM period_standing WHERE starts_on = %(day)s""",
            day=starts_on,
        )
    }


def _open(work: Work, span: Span, plan: PeriodPlan) -> None:
    assert plan.document.period is not None, "it pays for periods"
    work.run(
        """INSERT INTO period (starts_on, ends_on, every, counted_at, zone, plan_version, plan_hash, state,
                               figured_at)
           VALUES (%(starts_on)s, %(ends_on)s, %(every)s, %(counted)s, %(zone)s, %(version)s, %(hash)s,
                   'open', %(now)s)
           ON CONFLICT (starts_on) DO NOTHING""",
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        every=span.every,
        counted=plan.document.period.counted_at,
        zone=str(work.tools.zone),
        version=plan.version,
        hash=plan.hash,
        now=work.now(),
    )


def _open_missed(work: Work, span: Span) -> None:
    """Open the periods between the last one that there is and this one, as after a month without a worker."""
    last = work.value(
        "SELECT max(ends_on) FROM period WHERE starts_on < %(day)s", day=span.starts_on
    )
    while last is not None and last < span.starts_on:
        last = _open_named(work, last) or last + timedelta(days=1)


def _open_named(work: Work, starts_on: date) -> date | None:
    """Open the period that begins on a day, where one does and it has begun; the day on which it ends."""
    zone = work.tools.zone
    found = plans.around(work, starts_on, zone)
    if found is None or found[0].starts_on != starts_on or work.now() < begins(starts_on, zone):
        return None
    _open(work, *found)
    return found[0].ends_on


def _figure(work: Work, it: Period, plan: PeriodPlan) -> Figures:
    facts.take_time(work)
    known = replace(facts.keep(work, it), earned=earned.keep(work, it, plan))
    return Figures(it, plan, known, reckon(plan, known, titles_before(work, it.starts_on)))


def _keep(work: Work, figures: Figures, preview: int) -> None:
    """Keep figures in the place of those before, and beside the newest preview the one before it."""
    day = figures.period.starts_on
    for table in ("period_standing", "period_team"):
        work.run(f"DELETE FROM {table} WHERE starts_on = %(day)s", day=day)
    insert_many(work, "period_standing", _standing_rows(day, figures.outcome.titles))
    insert_many(work, "period_team", _team_rows(figures))
    work.run(
        "DELETE FROM period_preview_earning WHERE starts_on = %(day)s AND preview <> %(before)s",
        day=day,
        before=preview - 1,
    )
    insert_many(
        work,
        "period_preview_earning",
        [
            _PreviewRow(
                one.beneficiary_id, day, preview, currency, one.rule, one.of_minor, one.amount_minor
            )
            for currency, found in figures.outcome.earnings.items()
            for one in found
        ],
    )
    work.run("UPDATE period SET figured_at = %(now)s WHERE starts_on = %(day)s",
             now=work.now(), day=day)  # fmt: skip


def _standing_rows(day: date, titles: Mapping[int, Titles]) -> list[_StandingRow]:
    return [
        _StandingRow(
            id, day, one.highest, one.paid_as, one.paid_as_before, one.qualified, one.grace_used
        )
        for id, one in titles.items()
    ]


def _team_rows(figures: Figures) -> list[_TeamRow]:
    known, titles = figures.facts, figures.outcome.titles
    return [
        _TeamRow(
            id,
            figures.period.starts_on,
            currency,
            one.volume_minor,
            one.next_rank,
            Json(json.dumps([[part.what, part.have, part.need] for part in one.asked])),
        )
        for currency in known.sold
        for id, one in progress(figures.plan, known, titles, currency).items()
    ]
