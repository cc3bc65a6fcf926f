"""When a team could do a job: the lengths that are offered, and the free times day by day."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from mainstem.kit.work import Work
from mainstem.web.forms import whole_number
from mainstem_fulfillment import jobs
from mainstem_fulfillment.jobs import JobView

HALF_HOURS = (2, 3, 4, 6, 8, 10, 12, 16)
LENGTH_UNSAID = timedelta(hours=2)
"""What the form shows of a service that cannot be booked yet."""


class Choice(msgspec.Struct, frozen=True):
    """A time at which a team could begin."""

    value: str
    label: str
    team: str
    day: date


def half_hours_of(text: str, view: JobView) -> int:
    """How many half hours a visit is to take: as asked for, as booked, or as the service says."""
    card = view.card
    if 1 <= (typed := whole_number(text, digits=2) or 0) <= jobs.HALF_HOURS_MAX:
        return typed
    if card.starts_at and card.ends_at:
        return max(1, (card.ends_at - card.starts_at) // jobs.HALF_HOUR)
    return (view.visit or LENGTH_UNSAID) // jobs.HALF_HOUR


def by_day(
    work: Work, free: list[jobs.FreeTimes], recommended: str
) -> list[tuple[date, list[tuple[str, list[Choice]]]]]:
    """The free times as choices, by day and then by team, the recommended one first."""
    days: dict[date, dict[str, list[Choice]]] = {}
    for team in sorted(free, key=lambda team: (team.name != recommended, team.name)):
        for at in team.starts:
            local = at.astimezone(work.tools.zone)
            choice = Choice(
                f"{team.team_id} {at.isoformat()}", f"{local:%H:%M}", team.name, local.date()
            )
            days.setdefault(local.date(), {}).setdefault(team.name, []).append(choice)
    return [(day, list(days[day].items())) for day in sorted(days)]
