"""Who is below an affiliate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class TeamMember:
    """An affiliate below another, and how far."""

    id: int
    slug: str
    name: str
    state: str
    joined_at: datetime
    sponsor_id: int | None
    level: int


def team(work: Work, affiliate_id: int) -> list[TeamMember]:
    """Everyone below an affiliate, nearest first."""
    return work.rows_as(
        TeamMember,
        """SELECT id, slug, name, state, joined_at, sponsor_id,
                  array_position(upline, %(id)s) - 1 AS level
             FROM affiliate WHERE upline @> ARRAY[%(id)s::bigint] AND id <> %(id)s
            ORDER BY level, name, id""",
        id=affiliate_id,
    )
