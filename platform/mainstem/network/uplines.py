"""Who stands above an affiliate now, as it is frozen on each order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mainstem.kit.work import Work
from mainstem.network.states import ELIGIBLE
from mainstem.plan import NOBODY


@dataclass(frozen=True, slots=True)
class Upline:
    """Where an affiliate stands now: their state, and their upline with themselves first.

    NOBODY stands where an ancestor is not eligible. The house account is the company's own: it is
    credited with nothing. `groups` are those of each of them who is in any, by their id. `unpaid` are the
    ancestors for whom NOBODY stands, by how many steps above they are: {id, house, suspended}.
    """

    state: str
    affiliates: list[int]
    is_house: bool = False
    groups: dict[str, list[str]] | None = None
    slug: str = ""
    joined_at: datetime | None = None
    unpaid: dict[str, dict[str, Any]] | None = None


def uplines(work: Work, affiliates: Sequence[int], *, levels: int | None = 1) -> dict[int, Upline]:
    """Each affiliate's state and upline as of now: this many levels of it, or all with their groups.

    It is frozen on the order, so that no later move in the tree can change who is paid for it.
    """
    rows = work.rows(
        """SELECT me.id, me.state, me.is_house, me.slug, me.joined_at,
                  array_agg(CASE WHEN a.state = ANY(%(eligible)s) AND NOT a.is_house THEN a.id
                                 ELSE %(nobody)s END
                            ORDER BY u.level) AS upline,
                  CASE WHEN %(levels)s::int IS NULL THEN (
                       SELECT jsonb_object_agg(affiliate_id, names) FROM (
                              SELECT affiliate_id, jsonb_agg(name ORDER BY name) AS names
                                FROM affiliate_group
                               WHERE affiliate_id = ANY(me.upline) AND from_at <= %(now)s
                                 AND (until_at IS NULL OR until_at > %(now)s)
                               GROUP BY 1) AS of_each) END AS groups,
                  jsonb_object_agg(u.level - 1, jsonb_strip_nulls(jsonb_build_object(
                      'id', a.id, 'house', nullif(a.is_house, false),
                      'suspended', nullif(NOT a.state = ANY(%(eligible)s), false))))
                    FILTER (WHERE u.level > 1 AND (a.is_house OR NOT a.state = ANY(%(eligible)s)))
                    AS unpaid
             FROM affiliate me
            CROSS JOIN LATERAL unnest(me.upline[1 : coalesce(%(levels)s::int, cardinality(me.upline))])
                               WITH ORDINALITY AS u (id, level)
             JOIN affiliate a ON a.id = u.id
            WHERE me.id = ANY(%(affiliates)s::bigint[])
            GROUP BY me.id""",
        affiliates=sorted(set(affiliates)),
        eligible=list(ELIGIBLE),
        nobody=NOBODY,
        levels=levels,
        now=work.now(),
    )
    # The seller always stands first: the order is theirs even when it earns nothing.
    return {
        row.id: Upline(
            row.state,
            [row.id, *row.upline[1:]],
            row.is_house,
            row.groups,
            row.slug,
            row.joined_at,
            row.unpaid,
        )
        for row in rows
    }
