"""How the tree stood at any instant: read from the sponsorships, each with from when until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit.work import Work

_UPLINES = """
WITH RECURSIVE line (of, id, sponsor_id, level) AS (
  SELECT affiliate_id, affiliate_id, sponsor_id, 0 FROM sponsorship
   WHERE affiliate_id = ANY(%(affiliates)s::bigint[])
     AND valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s)
  UNION ALL
  SELECT line.of, s.affiliate_id, s.sponsor_id, line.level + 1
    FROM line JOIN sponsorship s ON s.affiliate_id = line.sponsor_id
   WHERE valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s))
SELECT of, array_agg(id ORDER BY level) AS upline FROM line GROUP BY of"""

_TEAM = """
WITH RECURSIVE team (id, level) AS (
  SELECT affiliate_id, 1 FROM sponsorship
   WHERE sponsor_id = %(id)s AND valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s)
  UNION ALL
  SELECT s.affiliate_id, team.level + 1 FROM team JOIN sponsorship s ON s.sponsor_id = team.id
   WHERE valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s))
SELECT id, level FROM team ORDER BY level, id"""


@dataclass(frozen=True, slots=True)
class MemberThen:
    """Somebody who was below an affiliate, and how far."""

    id: int
    level: int


@dataclass(frozen=True, slots=True)
class Sponsorship:
    """Who somebody's sponsor was from when until when (none: still), who said so, why, and who approved."""

    sponsor_id: int | None
    sponsor: str | None
    valid_from: datetime
    valid_to: datetime | None
    why: str
    actor: str
    approved_by: str | None
    move_id: UUID | None


def upline_as_of(work: Work, affiliates: Sequence[int], instant: datetime) -> dict[int, list[int]]:
    """The whole upline of each of these at an instant, themselves first; whoever had not joined is absent.

    It is the tree alone: who in it was eligible then is on each order of that day.
    """
    rows = work.rows(_UPLINES, affiliates=sorted(set(affiliates)), at=instant)
    return {row.of: list(row.upline) for row in rows}


def team_as_of(work: Work, affiliate_id: int, instant: datetime) -> list[MemberThen]:
    """Everybody who was below an affiliate at an instant, nearest first."""
    return work.rows_as(MemberThen, _TEAM, id=affiliate_id, at=instant)


def sponsorships_of(work: Work, affiliate_id: int, *, most: int = 40) -> list[Sponsorship]:
    """An affiliate's sponsors, the present one first."""
    return work.rows_as(
        Sponsorship,
        """SELECT s.sponsor_id, a.name AS sponsor, valid_from, valid_to, why, actor, approved_by, move_id
             FROM sponsorship s LEFT JOIN affiliate a ON a.id = s.sponsor_id
            WHERE affiliate_id = %(id)s ORDER BY valid_from DESC LIMIT %(most)s""",
        id=affiliate_id,
        most=most,
    )
