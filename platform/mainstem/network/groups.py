"""Groups of affiliates, to whom a plan may give other terms: who is in which, from when until when."""

from __future__ import annotations

from mainstem.kit.work import Work
from mainstem.network.affiliates import Affiliate


def join_group(work: Work, affiliate_id: int, name: str) -> None:
    """An affiliate is in a group from now on. Twice is the same."""
    work.take(Affiliate, affiliate_id)
    work.run(
        """INSERT INTO affiliate_group (affiliate_id, name, from_at, actor)
           SELECT %(id)s, %(name)s, %(now)s, %(actor)s
            WHERE NOT EXISTS (SELECT FROM affiliate_group WHERE affiliate_id = %(id)s
                                 AND name = %(name)s AND until_at IS NULL)
           ON CONFLICT (affiliate_id, name, from_at) DO UPDATE SET until_at = NULL""",
        id=affiliate_id,
        name=name,
        now=work.now(),
        actor=str(work.actor),
    )


def leave_group(work: Work, affiliate_id: int, name: str) -> None:
    """An affiliate is in a group no longer: what was sold before keeps that they were."""
    work.run(
        """UPDATE affiliate_group SET until_at = greatest(%(now)s, from_at)
            WHERE affiliate_id = %(id)s AND name = %(name)s AND until_at IS NULL""",
        id=affiliate_id,
        name=name,
        now=work.now(),
    )
