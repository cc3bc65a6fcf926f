"""Close: what a first person has previewed and a second one agrees to is paid, and stays as it is."""

from __future__ import annotations

from datetime import date

from mainstem import identity
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.orders import MAY_APPROVE
from mainstem.periods import facts, plans
from mainstem.periods.figures import figure
from mainstem.periods.model import (
    EarlierPeriodFirst,
    MayNotClose,
    Period,
    PeriodClosed,
    PreviewFirst,
    PreviewOutdated,
    Progress,
    SamePerson,
    in_silence,
    period,
)
from mainstem.periods.spans import name_of
from mainstem.periods.writing import Settlement, bring, target


def close(work: Work, starts_on: date, *, progress: Progress = in_silence) -> Period:
    """Pay what a period's newest preview said, and keep all that it was worked out of for good.

    It is worked out once more: what has changed since is refused and not paid. Raises SamePerson,
    MayNotClose, PreviewFirst, PreviewOutdated, EarlierPeriodFirst, PeriodClosed, NotFound.
    """
    it = period(work, starts_on, lock=True)
    if it.state == "closed":
        raise PeriodClosed(period=it.name)
    if it.state != "previewed":
        raise PreviewFirst(period=it.name)
    _refuse_who_may_not(work, it)
    _refuse_out_of_order(work, it)
    facts.take_time(work)
    now = figure(work, it, progress=progress)
    # What is worked out now is what the preview has kept, or it is not paid: so nothing is kept again.
    if now.outcome.hash(now.plan, now.facts, like=it.outcome_hash) != it.outcome_hash:
        raise PreviewOutdated(period=it.name)
    assert it.outcome_hash is not None, "it was previewed"
    work.run(
        """UPDATE period SET state = 'closed', closed_by = %(by)s, closed_at = %(now)s, figured_at = %(now)s
            WHERE starts_on = %(day)s""",
        by=str(work.actor),
        now=work.now(),
        day=starts_on,
    )
    step = begin(work, it, now.plan, 1, it.outcome_hash)
    bring(work, step, target(now.outcome.earnings), {}, progress=progress)
    record(work, "period.closed", starts_on.isoformat())
    return period(work, starts_on)


def begin(work: Work, it: Period, plan: plans.PeriodPlan, no: int, outcome_hash: str) -> Settlement:
    """A settlement of a period, noted; nobody releases while it posts."""
    # A release would empty a hold that this is about to take from.
    work.run("SELECT pg_advisory_xact_lock_shared(7219)")
    work.run(
        """INSERT INTO period_settlement (starts_on, no, settled_by, settled_at, outcome_hash)
           VALUES (%(day)s, %(no)s, %(by)s, %(now)s, %(hash)s)""",
        day=it.starts_on,
        no=no,
        by=str(work.actor),
        now=work.now(),
        hash=outcome_hash,
    )
    return Settlement(
        period=it,
        plan=plan,
        no=no,
        at=work.now(),
        today=work.now().astimezone(work.tools.zone).date(),
        released=work.value("SELECT max(day) FROM release_day") or date.min,
    )


def _refuse_who_may_not(work: Work, it: Period) -> None:
    assert it.previewed_by is not None, "it was previewed by somebody"
    # Whoever issued the key of the program that previewed it could have had it do so.
    if str(work.actor) in (it.previewed_by, identity.issuer_of(work, it.previewed_by)):
        raise SamePerson
    if work.actor.kind != "staff" or identity.roles_of(work, work.actor).isdisjoint(MAY_APPROVE):
        raise MayNotClose


def _refuse_out_of_order(work: Work, it: Period) -> None:
    earlier = work.row(
        """SELECT starts_on, every FROM period WHERE starts_on < %(day)s AND state <> 'closed'
            ORDER BY starts_on LIMIT 1""",
        day=it.starts_on,
    )
    if earlier is not None:
        raise EarlierPeriodFirst(period=name_of(earlier.starts_on, earlier.every))
