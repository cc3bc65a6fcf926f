"""The verbs of service jobs: from a paid service line to work that the client has signed off."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import orders
from mainstem.kit.bulk import ASKED, ASKED_ORDERS, Json, RowKey, asked, given, relation
from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.events import record, record_all
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem_fulfillment.jobs import rules
from mainstem_fulfillment.jobs.model import Job, JobKey
from mainstem_fulfillment.jobs.rules import JOB, Recommendation, TeamLoad

BOOKED_AHEAD = timedelta(days=14)
BUFFER_MAX = timedelta(days=2)
"""A visit's length and the day that may be kept free after it, for which is looked ahead."""
DAYS_AHEAD_MAX = 31

# ------------------------------------------------------------------------- jobs come from orders

_LINES = f"""
SELECT o.home_id, o.id AS order_id, l.line_no, p.slug, p.category, p.skills AS needs
  FROM orders o
  JOIN {ASKED} USING (home_id, id)
  JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
  JOIN variant v ON v.id = l.variant_id
  JOIN product p ON p.id = v.product_id
 WHERE l.kind = 'service' AND l.quantity > l.canceled AND o.state = 'placed'
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.home_id = l.home_id
                      AND j.order_id = l.order_id AND j.line_no = l.line_no)
 ORDER BY o.home_id, o.id, l.line_no FOR UPDATE OF o"""


class _JobRow(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    state: str
    created_at: datetime


class _DecisionRow(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    chosen: str
    reason: str
    candidates: Json


_JOBS = f"""
INSERT INTO job (home_id, order_id, line_no, state, created_at)
SELECT home_id, order_id, line_no, state, created_at
  FROM {relation(_JobRow, "new")}
ON CONFLICT DO NOTHING
RETURNING home_id, order_id, line_no"""

_DECISIONS = f"""
INSERT INTO routing_decision
       (home_id, order_id, no, kind, chosen, reason, candidates, actor, decided_at)
SELECT new.home_id, new.order_id,
       row_number() OVER (PARTITION BY new.home_id, new.order_id ORDER BY new.line_no)
         + coalesce((SELECT max(d.no) FROM routing_decision d
                      WHERE d.home_id = new.home_id AND d.order_id = new.order_id), 0),
       'service', chosen, reason, candidates, %(actor)s, %(now)s
  FROM {relation(_DecisionRow, "new")}"""


def open_jobs(work: Work, paid: Sequence[RowKey]) -> list[JobKey]:
    """A job for every service line of these paid orders that has none yet, with who should do it.

    Orders are locked in key order. Asked again, it opens nothing more.
    """
    lines = work.rows(_LINES, **asked(sorted(set(paid))))
    now = work.now()
    jobs = [
        _JobRow(line.home_id, line.order_id, line.line_no, "unscheduled", now) for line in lines
    ]
    made = {JobKey(*row) for row in work.rows(_JOBS, **given(jobs, _JobRow, "new"))}
    fresh = [line for line in lines if JobKey(*line[:3]) in made]
    if not fresh:
        return []
    teams = _team_loads(work)
    decided: list[Recommendation] = [
        rules.recommend(line.line_no, line.slug, line.category, teams, needs=line.needs)
        for line in fresh
    ]
    kept = [
        _DecisionRow(
            home_id=line.home_id,
            order_id=line.order_id,
            line_no=line.line_no,
            chosen=one.chosen,
            reason=one.reason,
            candidates=Json(json.dumps(one.candidates)),
        )
        for line, one in zip(fresh, decided, strict=True)
    ]
    work.run(_DECISIONS, actor=str(work.actor), now=now, **given(kept, _DecisionRow, "new"))
    keys = [JobKey(*line[:3]) for line in fresh]
    record_all(work, "job.opened", [(key.home_id, key.subject) for key in keys])
    return keys


def _team_loads(work: Work) -> list[TeamLoad]:
    now = work.now()
    rows = work.rows(
        """SELECT t.code, t.skills, count(s.starts_at)::int AS booked
             FROM team t
             LEFT JOIN job_slot s ON s.team_id = t.id
                   AND s.starts_at >= %(now)s AND s.starts_at < %(end)s
            WHERE t.active GROUP BY t.id ORDER BY t.code""",
        now=now,
        end=now + BOOKED_AHEAD,
    )
    return [TeamLoad(row.code, frozenset(row.skills), row.booked) for row in rows]


# ------------------------------------------------------------------------- when, and by whom


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """When one team could begin a job."""

    team_id: int
    code: str
    name: str
    starts: list[datetime]


_TEAMS = f"""
SELECT t.id, t.code, t.name, t.day_starts, t.day_ends, t.weekdays, p.slug, p.category,
       p.visit_minutes, p.buffer_minutes, l.name AS service,
       o.address->>'postal_code' AS postal_code, t.active AND {rules.PERFORMS} AS able,
       cardinality(t.postal_codes) = 0 OR EXISTS (
         SELECT 1 FROM unnest(t.postal_codes) AS area
          WHERE starts_with(replace(o.address->>'postal_code', ' ', ''), replace(area, ' ', '')))
         AS near
  FROM order_line l
  JOIN orders o ON o.home_id = l.home_id AND o.id = l.order_id
  JOIN variant v ON v.id = l.variant_id
  JOIN product p ON p.id = v.product_id
 CROSS JOIN team t
 WHERE l.home_id = %(home)s AND l.order_id = %(order)s AND l.line_no = %(line)s
   AND (%(team)s::bigint IS NULL OR t.id = %(team)s)
 ORDER BY t.code"""


def free_slots(
    work: Work,
    key: JobKey,
    *,
    first_day: date,
    days: int = 5,
    duration: timedelta | None = None,
) -> list[FreeTimes]:
    """When each team that performs the job where the client lives could begin it, on the days from `first_day` on.

    Without a duration, as long as a visit for this service takes; a service that does not say so has
    no times. What the job itself holds counts as free, so that it can be moved by half an hour.
    """
    assert 1 <= days <= DAYS_AHEAD_MAX, "look at a month at most"
    zone, now = work.tools.zone, work.now()
    teams = [team for team in _teams(work, key) if team.able and team.near and team.visit_minutes]
    wanted = [first_day + timedelta(days=i) for i in range(days)]
    grid = {
        team.id: [at for day in wanted for at in rules.working_half_hours(team, day, zone)]
        for team in teams
    }
    taken = _taken(work, key, [at for times in grid.values() for at in times])
    return [
        FreeTimes(
            team.id,
            team.code,
            team.name,
            list(
                rules.starts(
                    [at for at in grid[team.id] if at >= now and at not in taken[team.id]],
                    duration or rules.visit_length(team.visit_minutes),
                    buffer=rules.whole_half_hours(team.buffer_minutes),
                    taken=taken[team.id],
                )
            ),
        )
        for team in teams
    ]


def _teams(work: Work, key: JobKey, team_id: int | None = None) -> list[Any]:
    return work.rows(_TEAMS, home=key.home_id, order=key.order_id, line=key.line_no, team=team_id)


def _taken(work: Work, key: JobKey, times: list[datetime]) -> dict[int, set[datetime]]:
    """By team, what other jobs hold from the first of these times to a day after the last."""
    taken: dict[int, set[datetime]] = defaultdict(set)
    if not times:
        return taken
    rows = work.rows(
        """SELECT team_id, starts_at FROM job_slot
            WHERE starts_at BETWEEN %(first)s AND %(last)s
              AND (home_id, order_id, line_no) <> (%(home)s, %(order)s, %(line)s)""",
        first=min(times),
        last=max(times) + BUFFER_MAX,
        home=key.home_id,
        order=key.order_id,
        line=key.line_no,
    )
    for row in rows:
        taken[row.team_id].add(row.starts_at)
    return taken


def schedule(
    work: Work,
    key: JobKey,
    *,
    team_id: int,
    starts_at: datetime,
    duration: timedelta | None = None,
) -> None:
    """Give the job to a team at a time. Raises SlotTaken, ServiceWithoutLength, TeamLacksSkill,
    TeamElsewhere or OutsideHours.

    Without a duration, for as long as a visit for this service takes. What the service keeps free
    after a visit is held as well.
    The half hours are rows with a key: of two dispatchers at the same instant one gets them, and
    the other is told what took them.
    """
    _book(work, key, "schedule", team_id, starts_at, duration)


def reschedule(
    work: Work,
    key: JobKey,
    *,
    team_id: int,
    starts_at: datetime,
    duration: timedelta | None = None,
) -> None:
    """Move a scheduled job to another time or team; what it held before is free again."""
    _book(work, key, "reschedule", team_id, starts_at, duration)


def rework(
    work: Work,
    key: JobKey,
    *,
    team_id: int,
    starts_at: datetime,
    duration: timedelta | None = None,
) -> None:
    """Send a team again after the client's objection."""
    _book(work, key, "rework", team_id, starts_at, duration)


def _book(
    work: Work,
    key: JobKey,
    action: str,
    team_id: int,
    starts_at: datetime,
    duration: timedelta | None,
) -> None:
    job = work.take(Job, key)
    state = JOB.step(job.state, action)
    team = _team_that_can(work, key, team_id)
    duration = rules.visit_length(team.visit_minutes) if duration is None else duration
    rules.check_time(team, starts_at, duration, zone=work.tools.zone, now=work.now())
    buffer = rules.whole_half_hours(team.buffer_minutes)
    _hold(work, key, team, rules.held_half_hours(starts_at, duration, buffer))
    job.state = state
    job.team_id = team.id
    job.starts_at = starts_at
    job.ends_at = starts_at + duration
    job.done_at = None
    record(work, "job.scheduled", key.subject, home=key.home_id)


def _team_that_can(work: Work, key: JobKey, team_id: int) -> Any:
    """The team, with the job's service. Raises what stands in the way."""
    team = next(iter(_teams(work, key, team_id)), None)
    if team is None:
        raise NotFound("team")
    if not team.visit_minutes:
        raise rules.ServiceWithoutLength(team.service)
    if not team.able:
        raise rules.TeamLacksSkill(team.name, team.service)
    if not team.near:
        raise rules.TeamElsewhere(team.name, team.postal_code)
    return team


def _hold(work: Work, key: JobKey, team: Any, times: list[datetime]) -> None:
    """Hold these half hours and let go of all others the job had, or refuse and hold nothing new.

    In order of time, so that two jobs that overlap wait for each other only one way round.
    """
    place = {"team": team.id, "home": key.home_id, "order": key.order_id, "line": key.line_no}
    new = work.rows(
        """INSERT INTO job_slot (team_id, starts_at, home_id, order_id, line_no)
           SELECT %(team)s, at, %(home)s, %(order)s, %(line)s
             FROM unnest(%(times)s::timestamptz[]) AS at ORDER BY at
           ON CONFLICT DO NOTHING RETURNING starts_at""",
        times=times,
        **place,
    )
    taken = work.row(
        """SELECT s.starts_at, o.number
             FROM job_slot s JOIN orders o ON o.home_id = s.home_id AND o.id = s.order_id
            WHERE s.team_id = %(team)s AND s.starts_at = ANY(%(times)s::timestamptz[])
              AND (s.home_id, s.order_id, s.line_no) <> (%(home)s, %(order)s, %(line)s)
            ORDER BY s.starts_at LIMIT 1""",
        times=times,
        **place,
    )
    if taken:
        work.run(
            """DELETE FROM job_slot WHERE team_id = %(team)s
                  AND starts_at = ANY(%(times)s::timestamptz[])""",
            team=team.id,
            times=[row.starts_at for row in new],
        )
        raise rules.SlotTaken(team.name, taken.number, taken.starts_at.astimezone(work.tools.zone))
    work.run(
        """DELETE FROM job_slot
            WHERE home_id = %(home)s AND order_id = %(order)s AND line_no = %(line)s
              AND NOT (team_id = %(team)s AND starts_at = ANY(%(times)s::timestamptz[]))""",
        times=times,
        **place,
    )


# ------------------------------------------------------------------------- out in the field


def depart(work: Work, key: JobKey) -> None:
    """The team is on its way."""
    job = work.take(Job, key)
    job.state = JOB.step(job.state, "depart")
    record(work, "job.departed", key.subject, home=key.home_id)


def arrive(work: Work, key: JobKey) -> None:
    """The team is there."""
    job = work.take(Job, key)
    job.state = JOB.step(job.state, "arrive")
    record(work, "job.arrived", key.subject, home=key.home_id)


def finish(work: Work, key: JobKey, *, report: str) -> None:
    """The work is done, and this is what was done. From now on the client's days run."""
    job = work.take(Job, key)
    state = JOB.step(job.state, "finish")
    job.report = _words("/report", report)
    job.state = state
    job.done_at = work.now()
    record(work, "job.done", key.subject, home=key.home_id)


def dispute(work: Work, key: JobKey, *, objection: str) -> None:
    """The client says that it is not done, so it is not signed off by waiting."""
    job = work.take(Job, key)
    state = JOB.step(job.state, "dispute")
    job.objection = _words("/objection", objection)
    job.state = state
    record(work, "job.disputed", key.subject, home=key.home_id)


def _words(pointer: str, words: str) -> str:
    if not 0 < len(words.strip()) <= rules.REPORT_MAX:
        raise InvalidInput(
            Problem(
                pointer,
                "invalid_field",
                "Write what happened, in at most {max} characters.",
                {"max": rules.REPORT_MAX},
            )
        )
    refuse_unseen(pointer, words, lines=True)
    return words.strip()


def sign_off(work: Work, key: JobKey, *, by: str) -> None:
    """The client accepts the work, and the line is delivered: from here on it earns."""
    # The order before its job, as everywhere.
    _lock_orders(work, [key])
    job = work.take(Job, key)
    state = JOB.step(job.state, "sign_off")
    if problems := [*orders.text_problems("/by", by, missing="Write who accepts the work.")]:
        raise InvalidInput(*problems)
    job.state = state
    job.signed_off_at = work.now()
    job.signed_off_by = by.strip()
    _deliver(work, [key])


_SIGN_OFF_DUE = f"""
UPDATE job j
   SET state = 'signed_off', signed_off_at = %(now)s, signed_off_by = %(by)s
  FROM {relation(JobKey, "due")}
 WHERE j.home_id = due.home_id AND j.order_id = due.order_id
   AND j.line_no = due.line_no AND j.state = 'done' AND j.done_at <= %(before)s
RETURNING j.home_id, j.order_id, j.line_no"""


def sign_off_overdue(work: Work, *, most: int = 5000) -> int:
    """Accept finished work to which nobody has objected in time; how many jobs, at most `most`."""
    now = work.now()
    due = work.rows(
        """SELECT o.home_id, o.id AS order_id, j.line_no
             FROM job j JOIN orders o ON o.home_id = j.home_id AND o.id = j.order_id
            WHERE j.state = 'done' AND j.done_at <= %(before)s
            ORDER BY o.home_id, o.id, j.line_no LIMIT %(most)s FOR UPDATE OF o SKIP LOCKED""",
        before=now - rules.SIGN_OFF_AFTER,
        most=most,
    )
    # The order is ours now; a client who objected a moment ago has changed the job's state.
    signed = work.rows(
        _SIGN_OFF_DUE,
        now=now,
        by=str(work.actor),
        before=now - rules.SIGN_OFF_AFTER,
        **given(due, JobKey, "due"),
    )
    _deliver(work, sorted(JobKey(*row) for row in signed))
    work.session.expire_all()
    return len(signed)


_LEFT = f"""
SELECT l.home_id, l.order_id, l.line_no, l.quantity - l.canceled - l.shipped AS ship,
       l.quantity - l.canceled - l.delivered AS deliver
  FROM order_line l JOIN {relation(JobKey, "done")} USING (home_id, order_id, line_no)
 ORDER BY 1, 2, 3"""


def _deliver(work: Work, keys: Sequence[JobKey]) -> None:
    """Say that these lines are performed: shipped and delivered in one, as far as not canceled."""
    left = work.rows(_LEFT, **given(keys, JobKey, "done"))
    orders.record_shipment(work, [_part(row, row.ship) for row in left if row.ship > 0])
    orders.record_delivery(work, [_part(row, row.deliver) for row in left if row.deliver > 0])
    record_all(work, "job.signed_off", [(key.home_id, key.subject) for key in keys])


def _part(row: Any, quantity: int) -> orders.LineQuantity:
    return orders.LineQuantity(row.home_id, row.order_id, row.line_no, quantity)


_LOCK_ORDERS = f"""
SELECT 1 FROM orders o JOIN {ASKED} USING (home_id, id)
 ORDER BY o.home_id, o.id FOR UPDATE OF o"""


def _lock_orders(work: Work, keys: Sequence[JobKey]) -> None:
    work.rows(_LOCK_ORDERS, **asked((key.home_id, key.order_id) for key in keys))


# ------------------------------------------------------------------------- canceled


def cancel(work: Work, key: JobKey) -> None:
    """Cancel the job before the team is there; its half hours are free again.

    What the client paid for it goes back by canceling or refunding the order, not from here.
    """
    job = work.take(Job, key)
    job.state = JOB.step(job.state, "cancel")
    work.run(
        """DELETE FROM job_slot
            WHERE home_id = %(home)s AND order_id = %(order)s AND line_no = %(line)s""",
        home=key.home_id,
        order=key.order_id,
        line=key.line_no,
    )
    record(work, "job.canceled", key.subject, home=key.home_id)


_CANCELED = f"""
SELECT j.home_id, j.order_id, j.line_no
  FROM job j
  JOIN {ASKED_ORDERS} USING (home_id, order_id)
  JOIN order_line l USING (home_id, order_id, line_no)
 WHERE l.canceled = l.quantity AND j.state = ANY(%(states)s) ORDER BY 1, 2, 3"""


def cancel_jobs(work: Work, canceled: Sequence[RowKey]) -> int:
    """Cancel the jobs of these orders whose lines are canceled whole; how many."""
    rows = work.rows(_CANCELED, states=list(JOB.steps["cancel"].sources), **asked(canceled))
    for row in rows:
        cancel(work, JobKey(*row))
    return len(rows)
