"""Moves that were asked for, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class SponsorMove:
    """A move: who, from whom to whom, when, why, and what was answered. `members` is as of the request."""

    id: UUID
    affiliate_id: int
    affiliate: str
    from_sponsor_id: int | None
    from_sponsor: str | None
    to_sponsor_id: int | None
    to_sponsor: str | None
    members: int
    effective_at: datetime | None
    reason: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    words: str
    done_at: datetime | None


_MOVES = """
SELECT m.id, m.affiliate_id, a.name AS affiliate, m.from_sponsor_id, f.name AS from_sponsor,
       m.to_sponsor_id, t.name AS to_sponsor, m.members, m.effective_at, m.reason, m.state, m.asked_by,
       m.asked_at, m.decided_by, m.decided_at, m.words, m.done_at
  FROM sponsor_move m JOIN affiliate a ON a.id = m.affiliate_id
  LEFT JOIN affiliate f ON f.id = m.from_sponsor_id
  LEFT JOIN affiliate t ON t.id = m.to_sponsor_id
 WHERE """

_NEWEST = Sorting(
    "asked", (SortColumn("m.asked_at", "asked_at", datetime), SortColumn("m.id", "id", UUID))
)


def moves(work: Work, *, cursor: str | None = None, most: int) -> Page[SponsorMove]:
    """Moves that were asked for, the newest first."""
    sql = f"{_MOVES} true {{seek}} {{sorted}}"
    return paging.read_as(work, SponsorMove, sql, _NEWEST, cursor=cursor, most=most)


def moves_of(work: Work, affiliate_id: int, *, most: int = 20) -> list[SponsorMove]:
    """Moves of an affiliate that were asked for, the newest first."""
    return work.rows_as(
        SponsorMove,
        f"{_MOVES} m.affiliate_id = %(id)s ORDER BY m.asked_at DESC, m.id DESC LIMIT %(most)s",
        id=affiliate_id,
        most=most,
    )


def move_of(work: Work, move_id: UUID) -> SponsorMove:
    """One move. Raises NotFound."""
    found = work.rows_as(SponsorMove, f"{_MOVES} m.id = %(id)s", id=move_id)
    if not found:
        raise NotFound("request")
    return found[0]
