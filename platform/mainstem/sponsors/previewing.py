"""What a move would change from then on: whose upline it leaves, whose it enters, and what that is worth.

Measured by what the moved team sold in the last twelve months, by the plan version of each sale. It is no
promise: it takes everybody to qualify for the level that they stand at, and rounds each sum once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.network import ELIGIBLE, Standing, team_size
from mainstem.plan import Member, Plan, Portion, book, credits
from mainstem.sponsors.rules import checked

LOOKS_BACK = timedelta(days=365)
_QUALIFIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody above the moved team: at which level over its head before and after, and what its sales
    of twelve months would have earned them there. None where they do not stand above it."""

    affiliate_id: int
    name: str
    level_before: int | None
    level_after: int | None
    before: list[Money]
    after: list[Money]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would change; `members` with the affiliate themselves."""

    affiliate: Standing
    sponsor: Standing | None
    members: int
    changed: list[Changed]


def preview(work: Work, affiliate_id: int, sponsor_id: int | None) -> Preview:
    """What a move under this sponsor (None: under nobody) would change. Raises what the rules raise."""
    who, under = checked(work, affiliate_id, sponsor_id)
    old, new = who.upline[1:], under.upline if under else []
    members = _members(work, [*old, *new])
    sold = _sold(work, affiliate_id)
    plans = book.versions(work, {row.plan_version for row in sold})
    before = _earned(plans, sold, [members[id][1] for id in old])
    after = _earned(plans, sold, [members[id][1] for id in new])
    changed = [
        Changed(
            id,
            members[id][0],
            _level(old, id),
            _level(new, id),
            before.get(id, []),
            after.get(id, []),
        )
        for id in dict.fromkeys([*old, *new])
        if _level(old, id) != _level(new, id)
    ]
    return Preview(who, under, team_size(work, affiliate_id) + 1, changed)


def _level(above: Sequence[int], id: int) -> int | None:
    return above.index(id) + 1 if id in above else None


def _members(work: Work, ids: Sequence[int]) -> dict[int, tuple[str, Member]]:
    """Those above, by id: their name, and how a plan sees them now."""
    rows = work.rows(
        """SELECT id, name, is_house, state = ANY(%(eligible)s) AS eligible,
                  ARRAY(SELECT g.name FROM affiliate_group g WHERE g.affiliate_id = a.id
                           AND from_at <= %(now)s AND (until_at IS NULL OR until_at > %(now)s)) AS groups
             FROM affiliate a WHERE id = ANY(%(ids)s::bigint[])""",
        ids=sorted(set(ids)),
        eligible=list(ELIGIBLE),
        now=work.now(),
    )
    return {
        row.id: (
            row.name,
            Member(
                row.id,
                house=row.is_house,
                suspended=not row.eligible,
                own_sales=_QUALIFIES,
                groups=frozenset(row.groups),
                rank=_QUALIFIES,
            ),
        )
        for row in rows
    }


# Whatever was delivered and stayed, by how far below the head of the team it was sold.
_SOLD = """
SELECT cardinality(a.upline) - %(depth)s AS steps, o.plan_version, sold.of_rule AS rule, o.currency,
       sum(part(l.commissionable_minor,
                greatest(part(l.total_minor, l.delivered, l.quantity) - l.refunded_minor, 0),
                l.total_minor))::bigint AS base_minor,
       sum(l.delivered)::bigint AS pieces
  FROM affiliate a
  JOIN orders o ON o.seller_id = a.id AND o.placed_at >= %(since)s
  JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id AND l.total_minor > 0
 -- A service falls under one rule for each of its milestones.
 CROSS JOIN LATERAL (
       SELECT l.rule AS of_rule WHERE l.rule IS NOT NULL
        UNION ALL
       SELECT said.value ->> 'rule' FROM jsonb_each(l.milestone_rules) AS said
        WHERE said.key <> 'accepted' OR l.accepted_at IS NOT NULL) AS sold
 WHERE a.upline @> ARRAY[%(id)s::bigint] AND o.earns AND o.delivered_at IS NOT NULL
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""


def _sold(work: Work, affiliate_id: int) -> list[Any]:
    depth = work.value(
        "SELECT cardinality(upline) FROM affiliate WHERE id = %(id)s", id=affiliate_id
    )
    since = work.now() - LOOKS_BACK
    return work.rows(_SOLD, id=affiliate_id, depth=depth, since=since)


def _earned(
    plans: dict[int, Plan], sold: Sequence[Any], above: Sequence[Member]
) -> dict[int, list[Money]]:
    """What those above would have earned, by currency, each by their id."""
    sums: defaultdict[tuple[int, str], int] = defaultdict(int)
    for id, currency, minor in _credited(plans, sold, above):
        sums[id, currency] += minor
    earned: dict[int, list[Money]] = {}
    for (id, currency), minor in sorted(sums.items()):
        earned.setdefault(id, []).append(Money(minor, currency))
    return earned


def _credited(
    plans: dict[int, Plan], sold: Sequence[Any], above: Sequence[Member]
) -> Iterator[tuple[int, str, int]]:
    for row in sold:
        # Everybody of the team between the seller and its head moves along: they keep their levels.
        team = [Member(-n, own_sales=_QUALIFIES, rank=_QUALIFIES) for n in range(1, row.steps + 2)]
        plan = plans[row.plan_version].sale
        portion = Portion(row.rule, row.base_minor, pieces=row.pieces)
        for credit in credits(plan, [*team, *above], row.currency, [portion]):
            if credit.beneficiary_id > 0:
                yield credit.beneficiary_id, row.currency, credit.credited_minor
