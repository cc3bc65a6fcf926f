"""The figures of a period that is not closed: worked out so far while it lasts, and previewed when it is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.periods import earned, elsewhere, facts, keeping, plans
from mainstem.periods.columns import Facts
from mainstem.periods.model import (
    Period,
    PeriodClosed,
    PeriodNotOver,
    Progress,
    in_silence,
    period,
)
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.reckoning import Outcome, on_the_way, reckon
from mainstem.periods.spans import Span, begins
from mainstem.periods.titles import Titles

SO_FAR = 0
"""The number under which what an open period would pay is kept."""


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
            facts.take_time(work)
            _keep(work, figure(work, it), SO_FAR)
    return period(work, span.starts_on)


def pays_now(work: Work) -> bool:
    """Whether the company pays for periods today."""
    zone = work.tools.zone
    return plans.around(work, work.now().astimezone(zone).date(), zone) is not None


def preview(work: Work, starts_on: date, *, progress: Progress = in_silence) -> Period:
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
    facts.take_time(work)
    figures = figure(work, it, progress=progress)
    _keep(work, figures, it.preview + 1)
    progress("kept", len(figures.facts.people.id))
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


def titles_before(work: Work, starts_on: date, plan: PeriodPlan) -> Titles:
    """Everybody's ranks at the end of the last period that was closed before a day."""
    last = work.value(
        "SELECT max(starts_on) FROM period WHERE state = 'closed' AND starts_on < %(day)s",
        day=starts_on,
    )
    return keeping.titles_of(work, last or date.min, plan.ranks)


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


def figure(work: Work, it: Period, *, progress: Progress = in_silence) -> Figures:
    """A period that is not closed, as things are now; nothing of it is kept."""
    plan = plans.version(work, it.plan_version)
    known = facts.read(work, it)
    known = replace(
        known,
        earned=earned.now(work, it, plan, known.people),
        elsewhere=elsewhere.now(work, it, plan, known.people),
    )
    progress("read", len(known.people.id))
    outcome = reckon(plan, known, titles_before(work, it.starts_on, plan))
    progress("worked_out", sum(len(paid.id) for of in outcome.earnings.values() for paid in of))
    return Figures(it, plan, known, outcome)


def _keep(work: Work, figures: Figures, preview: int) -> None:
    """Keep figures in the place of those before, and beside the newest preview the one before it."""
    it, day = figures, figures.period.starts_on
    with keeping.many(work):
        keeping.keep_people(work, day, it.facts.people)
        keeping.keep_sales(work, day, it.facts.sold)
        earned.keep(work, it.period, it.facts.earned)
        elsewhere.keep(work, it.period, it.facts.elsewhere)
        keeping.keep_titles(work, day, it.outcome.titles)
        keeping.keep_teams(
            work,
            day,
            {
                currency: list(on_the_way(it.plan, it.facts, it.outcome.titles, currency))
                for currency in it.facts.sold
            },
        )
        keeping.keep_preview(work, day, preview, it.outcome.earnings)
    work.run("UPDATE period SET figured_at = %(now)s WHERE starts_on = %(day)s",
             now=work.now(), day=day)  # fmt: skip
