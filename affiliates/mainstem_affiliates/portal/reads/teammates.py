"""The team, opened leg by leg: what an affiliate sees of those below (docs/decisions/64).

Names of companies, how far below, the month in which they joined, and whether they sell. What a whole leg of
their own has sold, in one sum. No client, no order, nothing that anybody earns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mainstem import network
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.network import ELIGIBLE, Leg
from mainstem_affiliates.portal.reads.profile import AffiliateProfile

TEAM_MAX = 40


@dataclass(frozen=True, slots=True)
class Teammate:
    """One affiliate of the team. `members` are below them, of whom (with them) `sellers` sell."""

    id: int
    slug: str
    name: str
    level: int
    joined_at: datetime
    sponsor: str
    is_active: bool
    sells: bool
    members: int
    sellers: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A teammate whose leg is open, and those between them and the reader, the nearest to the reader first."""

    id: int
    slug: str
    name: str
    level: int
    between: list[tuple[int, str]]


def team(
    work: Work,
    reader: AffiliateProfile,
    *,
    of: int | None = None,
    text: str = "",
    cursor: str | None = None,
) -> Page[Teammate]:
    """Those directly below the reader, or below one of the team; or who of them is found by name."""
    head = reader.id if of is None else of
    if text:
        page = network.found(work, head, text, reader=reader.id, cursor=cursor, most=TEAM_MAX)
    else:
        page = network.legs(work, head, reader=reader.id, cursor=cursor, most=TEAM_MAX)
    depth = 0 if of is None else opened(work, reader, of).level
    return Page([_teammate(row, depth) for row in page.rows], page.next, page.previous)


def _teammate(row: Leg, depth: int) -> Teammate:
    return Teammate(
        row.id,
        row.slug,
        row.name,
        row.level + depth,
        row.joined_at,
        row.sponsor or "",
        row.state in ELIGIBLE,
        row.sells,
        row.members,
        row.sellers,
    )


def opened(work: Work, reader: AffiliateProfile, id: int) -> Opened:
    """One of the team. Raises NotFound for anybody else, and for the reader themselves."""
    rows = work.rows(
        """SELECT a.id, a.slug, a.name, u.place FROM affiliate me
            CROSS JOIN LATERAL unnest(me.upline[:array_position(me.upline, %(reader)s::bigint) - 1])
                               WITH ORDINALITY AS u (id, place)
             JOIN affiliate a ON a.id = u.id
            WHERE me.id = %(id)s AND me.id <> %(reader)s
              AND me.upline @> ARRAY[%(reader)s::bigint]
            ORDER BY u.place DESC""",
        id=id,
        reader=reader.id,
    )
    if not rows:
        raise NotFound("affiliate")
    return Opened(
        id, rows[-1].slug, rows[-1].name, len(rows), [(row.id, row.name) for row in rows[:-1]]
    )


def team_size(work: Work, reader: AffiliateProfile) -> int:
    """How many have joined through the affiliate, at any level."""
    return network.team_size(work, reader.id)


def sold_by_legs(work: Work, legs: Sequence[int]) -> defaultdict[int, list[tuple[str, Money]]]:
    """What each of the reader's own legs has sold this month and last, as (month, sum)."""
    sold: defaultdict[int, list[tuple[str, Money]]] = defaultdict(list)
    for row in network.volumes(work, legs):
        sold[row.affiliate_id].append((row.month, Money(row.minor, row.currency)))
    return sold
