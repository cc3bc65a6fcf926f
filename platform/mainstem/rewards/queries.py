"""Who sent whom, and what it gave: for the pages of staff and of clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import NoReward
from mainstem.rewards.told import why_nothing


@dataclass(frozen=True, slots=True)
class SentFriend:
    """An order of somebody whom a client sent, and what it gives the client as things are."""

    home_id: int
    order_id: UUID
    number: str
    placed_at: datetime
    currency: str
    stands_minor: int

    @property
    def stands(self) -> Money:
        """What it gives as things are."""
        return Money(self.stands_minor, self.currency)


@dataclass(frozen=True, slots=True)
class RewardView:
    """What an order that a client sent gives either side, with the figures of the newest step; or why
    nothing: `why` is the rule, and empty where there is a reward or nothing was delivered yet."""

    referrer_key: str
    stands: dict[str, Money]
    explanations: dict[str, Any]
    why: NoReward | Literal[""]


def friends_of(work: Work, referrer_key: str, *, most: int = 20) -> list[SentFriend]:
    """Whom a client has sent, the newest first."""
    return work.rows_as(
        SentFriend,
        """SELECT r.home_id, r.order_id, o.number, r.placed_at, o.currency,
                  (SELECT coalesce(sum(amount_minor), 0)::bigint FROM reward w
                    WHERE w.home_id = r.home_id AND w.order_id = r.order_id AND w.side = 'referrer')
                    AS stands_minor
             FROM client_referral r JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
            WHERE r.referrer_key = %(key)s ORDER BY r.placed_at DESC, r.order_id LIMIT %(most)s""",
        key=referrer_key,
        most=most,
    )


def reward_of(work: Work, home_id: int, order_id: UUID) -> RewardView | None:
    """What an order gives for a friend, or why it gives nothing; None where no client sent it."""
    referrer = work.value(
        "SELECT referrer_key FROM client_referral WHERE home_id = %(home)s AND order_id = %(order)s",
        home=home_id,
        order=order_id,
    )
    if referrer is None:
        return None
    rows = work.rows(
        """SELECT side, currency, sum(amount_minor)::bigint AS stands,
                  (array_agg(explanation ORDER BY no DESC))[1] AS explanation
             FROM reward WHERE home_id = %(home)s AND order_id = %(order)s GROUP BY 1, 2""",
        home=home_id,
        order=order_id,
    )
    return RewardView(
        referrer,
        {row.side: Money(row.stands, row.currency) for row in rows},
        {row.side: row.explanation for row in rows},
        ""
        if any(row.stands for row in rows)
        else why_nothing(work, [(home_id, order_id)]).get((home_id, order_id), ""),
    )
