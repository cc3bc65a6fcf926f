"""An affiliate gets another sponsor, with everybody below: one statement, however many they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work


class HouseStaysAlone(Refused):
    """The company's own account sponsors nobody and has no sponsor."""

    code: ClassVar[str] = "house_stays_alone"
    message: ClassVar[str] = "The house account has no sponsor, and is nobody's."


class UnderOwnTeam(Refused):
    """The new sponsor is the affiliate, or somebody below them."""

    code: ClassVar[str] = "under_own_team"
    message: ClassVar[str] = (
        "{sponsor} is in the team of {affiliate}: nobody moves below themselves."
    )


class SponsorAlready(Refused):
    """There is nothing to move."""

    code: ClassVar[str] = "sponsor_already"
    message: ClassVar[str] = "{affiliate} stands there already."


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an affiliate stands in the tree."""

    id: int
    name: str
    state: str
    is_house: bool
    sponsor_id: int | None
    upline: list[int]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: whose sponsor changed from whom, and how many moved, the affiliate among them."""

    from_sponsor_id: int | None
    members: int


def lock_tree(work: Work) -> None:
    """One move at a time: two that cross each other are decided one after the other. Who joins goes on."""
    work.run("SELECT pg_advisory_xact_lock(7247)")


def standing(work: Work, affiliate_id: int) -> Standing:
    """Where an affiliate stands. Raises NotFound."""
    rows = work.rows_as(
        Standing,
        "SELECT id, name, state, is_house, sponsor_id, upline FROM affiliate WHERE id = %(id)s",
        id=affiliate_id,
    )
    if not rows:
        raise NotFound("affiliate")
    return rows[0]


def refuse_move(work: Work, who: Standing, under: Standing | None) -> None:
    """Raise what the tree itself has against a move: HouseStaysAlone, UnderOwnTeam, SponsorAlready."""
    if who.is_house or (under is not None and under.is_house):
        raise HouseStaysAlone
    if under is not None and who.id in under.upline:
        raise UnderOwnTeam(sponsor=under.name, affiliate=who.name)
    if who.sponsor_id == (under.id if under else None):
        raise SponsorAlready(affiliate=who.name)


# Everything below moves along in the same statement; a trigger looks at the outcome.
_MOVE = """
UPDATE affiliate
   SET sponsor_id = CASE WHEN id = %(id)s THEN %(sponsor)s ELSE sponsor_id END,
       upline = upline[:array_position(upline, %(id)s::bigint)] || %(above)s::bigint[]
 WHERE upline @> ARRAY[%(id)s::bigint]"""

# A second move in one instant follows the first by the least time that there is.
_HISTORY = """
WITH ended AS (
  UPDATE sponsorship SET valid_to = greatest(%(now)s, valid_from + interval '1 microsecond')
   WHERE affiliate_id = %(id)s AND valid_to IS NULL RETURNING valid_to)
INSERT INTO sponsorship (affiliate_id, sponsor_id, valid_from, why, actor, approved_by, move_id)
SELECT %(id)s, %(sponsor)s, valid_to, %(why)s, %(actor)s, %(approved)s, %(move)s FROM ended"""


def move(
    work: Work,
    affiliate_id: int,
    sponsor_id: int | None,
    *,
    why: str,
    actor: str,
    approved_by: str | None = None,
    move_id: UUID | None = None,
) -> Moved:
    """Put an affiliate and everybody below under another sponsor, or under nobody, from now on.

    What was sold before keeps the upline that was frozen on it. Raises NotFound, HouseStaysAlone,
    UnderOwnTeam, SponsorAlready.
    """
    lock_tree(work)
    who = standing(work, affiliate_id)
    under = standing(work, sponsor_id) if sponsor_id is not None else None
    refuse_move(work, who, under)
    values: dict[str, Any] = {"id": affiliate_id, "sponsor": sponsor_id, "now": work.now()}
    members = work.run(_MOVE, above=under.upline if under else [], **values)
    work.run(_HISTORY, why=why, actor=actor, approved=approved_by, move=move_id, **values)
    _shift_sizes(work, who, under.upline if under else [])
    record(work, "affiliate.sponsor_changed", affiliate_id, home=affiliate_id)
    return Moved(who.sponsor_id, members)


def _shift_sizes(work: Work, who: Standing, above: list[int]) -> None:
    """What was counted moves along, so that no page shows a team twice until it is counted anew."""
    work.run(
        """WITH moved AS (SELECT coalesce(max(members), 0) + 1 AS members, coalesce(max(sellers), 0) AS sellers
                            FROM team_size WHERE affiliate_id = %(id)s),
                change AS (
                SELECT id, sum(sign)::int AS sign
                  FROM (SELECT unnest(%(from)s::bigint[]) AS id, -1 AS sign
                         UNION ALL SELECT unnest(%(to)s::bigint[]), 1) AS sides
                 GROUP BY id HAVING sum(sign) <> 0)
           INSERT INTO team_size (affiliate_id, members, sellers)
           SELECT id, greatest(sign * moved.members, 0), greatest(sign * moved.sellers, 0)
             FROM change CROSS JOIN moved ORDER BY id
           ON CONFLICT (affiliate_id) DO UPDATE
              SET members = greatest(team_size.members + CASE WHEN excluded.members > 0 THEN 1 ELSE -1 END
                              * (SELECT members FROM moved), 0),
                  sellers = greatest(team_size.sellers + CASE WHEN excluded.members > 0 THEN 1 ELSE -1 END
                              * (SELECT sellers FROM moved), 0)""",
        id=who.id,
        **{"from": who.upline[1:], "to": above},
    )
