"""Groups of affiliates, to whom a plan may give other terms: who is in which, from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar

from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.events import record
from mainstem.kit.text import normalized, refuse_unseen
from mainstem.kit.work import Work
from mainstem.network.affiliates import Affiliate


class DayIsOver(InvalidInput):
    """What was sold on days that are over has its terms already."""

    code: ClassVar[str] = "day_is_over"

    @classmethod
    def at(cls, pointer: str) -> DayIsOver:
        """The refusal, with the field that says the day."""
        over = "Say today or a later day: what was sold before keeps its terms."
        return cls(Problem(pointer, cls.code, over))


@dataclass(frozen=True, slots=True)
class Membership:
    """A group that an affiliate is in, was in or will be in."""

    name: str
    from_at: datetime
    until_at: datetime | None
    actor: str


def start_of(work: Work, day: date | None, pointer: str = "/day") -> datetime:
    """The instant at which a day begins where the company is; now for today and for none.

    Raises DayIsOver.
    """
    today = work.now().astimezone(work.tools.zone).date()
    if day is None or day == today:
        return work.now()
    if day < today:
        raise DayIsOver.at(pointer)
    return datetime.combine(day, time(), work.tools.zone)


def join_group(work: Work, affiliate_id: int, name: str, *, day: date | None = None) -> None:
    """An affiliate is in a group from now on, or from the beginning of a day. Twice is the same.

    Raises NotFound, DayIsOver, and InvalidInput for a name that others would read otherwise than it is.
    """
    refuse_unseen("/name", name)
    work.take(Affiliate, affiliate_id)
    values = {"id": affiliate_id, "name": normalized(name), "at": start_of(work, day)}
    # Whoever is to leave later than they join stays.
    stays = work.run(
        """UPDATE affiliate_group SET until_at = NULL
            WHERE affiliate_id = %(id)s AND name = %(name)s AND until_at >= %(at)s
              AND until_at > from_at AND from_at <= %(at)s""",
        **values,
    )
    added = work.run(
        """INSERT INTO affiliate_group (affiliate_id, name, from_at, actor)
           SELECT %(id)s, %(name)s, %(at)s, %(actor)s
            WHERE NOT EXISTS (SELECT FROM affiliate_group WHERE affiliate_id = %(id)s
                                 AND name = %(name)s AND until_at IS NULL)
           ON CONFLICT (affiliate_id, name, from_at) DO UPDATE SET until_at = NULL""",
        actor=str(work.actor),
        **values,
    )
    if stays or added:
        record(work, "affiliate.group_changed", affiliate_id, home=affiliate_id)


def leave_group(work: Work, affiliate_id: int, name: str, *, day: date | None = None) -> None:
    """An affiliate is in a group no longer, from now or from a day on: what was sold before keeps that
    they were. Raises NotFound for a group that they are not in, and DayIsOver."""
    left = work.run(
        """UPDATE affiliate_group SET until_at = greatest(%(at)s, from_at)
            WHERE affiliate_id = %(id)s AND name = %(name)s AND until_at IS NULL""",
        id=affiliate_id,
        name=normalized(name),
        at=start_of(work, day),
    )
    if not left:
        raise NotFound("group")
    record(work, "affiliate.group_changed", affiliate_id, home=affiliate_id)


def groups_of(work: Work, affiliate_id: int) -> list[Membership]:
    """Every group of an affiliate's, those first that they are in or will be in."""
    return work.rows_as(
        Membership,
        """SELECT name, from_at, until_at, actor FROM affiliate_group
            WHERE affiliate_id = %(id)s AND until_at IS DISTINCT FROM from_at
            ORDER BY until_at DESC NULLS FIRST, name""",
        id=affiliate_id,
    )


def groups_in_use(work: Work, *, most: int = 200) -> list[str]:
    """The names of groups that somebody is in or will be in."""
    rows = work.rows(
        """SELECT DISTINCT name FROM affiliate_group WHERE until_at IS NULL OR until_at > %(now)s
            ORDER BY name LIMIT %(most)s""",
        now=work.now(),
        most=most,
    )
    return [row.name for row in rows]
