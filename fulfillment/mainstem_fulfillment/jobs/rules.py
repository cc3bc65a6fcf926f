"""The rules of service jobs: which step follows which, who can do what, and when a team works."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from mainstem.calendar import add_months, is_public_holiday, place_of_zone
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.transitions import Action, Machine, Step

HALF_HOUR = timedelta(minutes=30)
DURATION_MAX = timedelta(hours=12)
HALF_HOURS_MAX = DURATION_MAX // HALF_HOUR
WEEK = (1, 2, 3, 4, 5)
"""Monday to Friday, as most teams work."""

SIGN_OFF_AFTER = timedelta(days=5)
"""How long a client has to object before finished work counts as accepted."""

BOOKED_MONTHS_MAX = 24
"""How far ahead a team is booked."""

REPORT_MAX = 8000

JOB = Machine(
    "job",
    Step("schedule", "scheduled", ("unscheduled",), "scheduled"),
    Step("reschedule", "moved", ("scheduled",), "scheduled"),
    Step("depart", "set out for", ("scheduled",), "en_route"),
    Step("arrive", "begun", ("en_route",), "on_site"),
    Step("finish", "finished", ("on_site",), "done"),
    Step("sign_off", "signed off", ("done", "disputed"), "signed_off"),
    Step("dispute", "objected to", ("done",), "disputed"),
    Step("rework", "scheduled again", ("disputed",), "scheduled"),
    Step("cancel", "canceled", ("unscheduled", "scheduled", "en_route"), "canceled"),
)
OFFERED_TO_CLIENT = ("sign_off", "dispute")


class SlotTaken(Refused):
    """Another job holds the team at that time."""

    code = "slot_taken"
    message = "{team} is booked for order {number} at {at}. Choose another time or team."

    def __init__(self, team: str, number: str, at: datetime) -> None:
        super().__init__(team=team, number=number, at=f"{at:%Y-%m-%d %H:%M}")
        self.starts_at = at


class OutsideHours(Refused):
    """The job would begin before, or end after, the team's day."""

    code = "outside_hours"
    message = "{team} works Monday to Friday, {opens} to {closes}, except on public holidays."

    def __init__(
        self, team: str, opens: time, closes: time, *, weekdays: Sequence[int] = WEEK
    ) -> None:
        if tuple(weekdays) != WEEK:
            self.message = _OWN_DAYS  # type: ignore[misc]
        super().__init__(team=team, opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}")


_OWN_DAYS = "{team} works {opens} to {closes} on days of its own, except on public holidays."


class TeamElsewhere(Refused):
    """The client lives outside the team's area."""

    code = "team_elsewhere"
    message = "{team} does not work at {postal_code}."

    def __init__(self, team: str, postal_code: str) -> None:
        super().__init__(team=team, postal_code=postal_code)


class TeamLacksSkill(Refused):
    """The team does not do this kind of work, or does not work any more."""

    code = "team_lacks_skill"
    message = "{team} does not perform {service}."

    def __init__(self, team: str, service: str) -> None:
        super().__init__(team=team, service=service)


class ServiceWithoutLength(Refused):
    """Nobody has said how long a visit for this service takes."""

    code = "service_without_length"
    message = (
        "{service} does not say how long a visit takes. Write its minutes in set-up, then book it."
    )

    def __init__(self, service: str) -> None:
        super().__init__(service=service)


class _HasState(Protocol):
    @property
    def state(self) -> str: ...


class _Team(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def day_starts(self) -> time: ...
    @property
    def day_ends(self) -> time: ...
    @property
    def weekdays(self) -> Sequence[int]: ...


def allowed_actions(job: _HasState) -> list[Action]:
    """Everything that can be done with a job: what may be done now, and why not the rest."""
    return [JOB.action(job.state, name) for name in JOB.steps]


def client_actions(job: _HasState) -> list[Action]:
    """What the client may do with a job now, and why not the rest."""
    return [JOB.action(job.state, name) for name in OFFERED_TO_CLIENT]


def can_perform(
    skills: Collection[str], slug: str, category: str, needs: Collection[str] = ()
) -> bool:
    """A team's skills are services by name, whole departments, or the words for what a service
    needs: whoever has all of those can do it."""
    return slug in skills or category in skills or (bool(needs) and set(needs) <= set(skills))


PERFORMS = """(p.slug = ANY(t.skills) OR p.category = ANY(t.skills)
               OR p.skills <> '{}' AND p.skills <@ t.skills)"""
"""The same of a product `p` and a team `t`, in SQL."""


# ------------------------------------------------------------------------- time


def half_hours(starts_at: datetime, duration: timedelta) -> list[datetime]:
    """The half hours that a job of this length holds, in order."""
    return [starts_at + i * HALF_HOUR for i in range(duration // HALF_HOUR)]


def working_half_hours(team: _Team, day: date, zone: ZoneInfo) -> list[datetime]:
    """Every half hour of a team's working day, in order; none on a day that is not the team's or
    that is a public holiday where the company is.

    Built between two local clock times and stepped in UTC, so that the night on which the clocks
    change has as many half hours as it has.
    """
    if day.isoweekday() not in team.weekdays or is_public_holiday(day, place_of_zone(zone)):
        return []
    at = _on_grid(_utc(day, team.day_starts, zone))
    closes = _utc(day, team.day_ends, zone)
    found = []
    while at + HALF_HOUR <= closes:
        found.append(at)
        at += HALF_HOUR
    return found


def whole_half_hours(minutes: int) -> timedelta:
    """So many minutes, up to the next half hour."""
    return -(-minutes // 30) * HALF_HOUR


def visit_length(minutes: int) -> timedelta:
    """How long a team is booked for a service that says so many minutes."""
    return min(whole_half_hours(minutes), DURATION_MAX)


def held_half_hours(starts_at: datetime, duration: timedelta, buffer: timedelta) -> list[datetime]:
    """The half hours that a job holds: the visit, and what is kept free after it."""
    return half_hours(starts_at, duration + buffer)


def starts(
    free: Sequence[datetime],
    duration: timedelta,
    *,
    buffer: timedelta = timedelta(0),
    taken: Collection[datetime] = (),
) -> Iterator[datetime]:
    """Where a job of this length fits: every half hour from which enough of them are free.

    The buffer after it may go beyond the team's day, but over nothing that is taken.
    """
    known = set(free)
    for at in free:
        if known.issuperset(half_hours(at, duration)) and not (
            buffer and set(taken).intersection(half_hours(at + duration, buffer))
        ):
            yield at


def check_time(
    team: _Team, starts_at: datetime, duration: timedelta, *, zone: ZoneInfo, now: datetime
) -> None:
    """Refuse a time that no job can have: off the grid, past, or outside the team's day."""
    problems = []
    if starts_at != _on_grid(starts_at):
        problems.append(Problem("/starts_at", "invalid_field", "Begin at a whole or a half hour."))
    elif starts_at < now:
        problems.append(Problem("/starts_at", "in_the_past", "Choose a time still to come."))
    elif starts_at.date() > (last := add_months(now.date(), BOOKED_MONTHS_MAX)):
        problems.append(
            Problem("/starts_at", "too_far_ahead", "Book until {last}.", {"last": last})
        )
    if not timedelta(0) < duration <= DURATION_MAX or duration % HALF_HOUR:
        problems.append(
            Problem("/duration", "invalid_field", "Plan in half hours, at most twelve hours.")
        )
    if problems:
        raise InvalidInput(*problems)
    day = working_half_hours(team, starts_at.astimezone(zone).date(), zone)
    if not set(day).issuperset(half_hours(starts_at, duration)):
        raise OutsideHours(
            team.name, team.day_starts, team.day_ends, weekdays=sorted(team.weekdays)
        )


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(_UTC)


def _on_grid(at: datetime) -> datetime:
    """The half hour at or after an instant, as the clock in Greenwich counts them."""
    past = (at - _EPOCH) % HALF_HOUR
    return at if not past else at + HALF_HOUR - past


_UTC = ZoneInfo("UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=_UTC)


# ------------------------------------------------------------------------- who should do it


@dataclass(frozen=True, slots=True)
class TeamLoad:
    """A team as routing sees it: what it can do, and how much of it is promised already."""

    code: str
    skills: Collection[str]
    booked: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The team that should do a line, or none, and what was said of every team."""

    chosen: str
    reason: str
    candidates: list[dict[str, object]]


def recommend(
    line_no: int,
    slug: str,
    category: str,
    teams: Sequence[TeamLoad],
    *,
    needs: Collection[str] = (),
) -> Recommendation:
    """Who should perform a line: of those that can, the least booked. The dispatcher decides."""
    able = [team for team in teams if can_perform(team.skills, slug, category, needs)]
    best = min(able, key=lambda team: (team.booked, team.code), default=None)
    candidates: list[dict[str, object]] = [
        {
            "line_no": line_no,
            "team": team.code,
            "able": team in able,
            "booked_half_hours": team.booked,
            "why": "chosen" if team is best else "more_booked" if team in able else "lacks_skill",
        }
        for team in sorted(teams, key=lambda team: (team not in able, team.booked, team.code))
    ]
    if best is None:
        return Recommendation("none", "no_team_has_the_skill", candidates)
    return Recommendation(best.code, "least_booked_of_those_who_can", candidates)
