"""When a team comes: the times that are free, and those that a job holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mainstem.kit.errors import NotFound
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem_fulfillment.jobs import rules
from mainstem_fulfillment.jobs.model import Job, JobKey
from mainstem_fulfillment.jobs.rules import JOB

BUFFER_MAX = timedelta(days=2)
"""A visit's length and the day that may be kept free after it, for which is looked ahead."""


DAYS_AHEAD_MAX = 31


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
