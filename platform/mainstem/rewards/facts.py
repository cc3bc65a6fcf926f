"""What is known of orders that a client's friends made: what a plan is asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import earnings
from mainstem.earnings import Worth
from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked
from mainstem.kit.work import Work
from mainstem.ledger import HELD_OPEN
from mainstem.orders import payable_on
from mainstem.plan import FriendsOrder, Plan, ReferAFriend, book, why_no_reward

_REFERRERS = f"""
SELECT DISTINCT r.referrer_key, r.placed_at FROM client_referral r JOIN {ASKED_ORDERS} USING (home_id, order_id)"""

# Every order of a client's friends in these years that something was delivered of. The friend's card is
# known once they have paid: whoever pays with the referrer's is the referrer.
_FRIENDS = """
SELECT r.home_id, r.order_id, r.referrer_key, r.placed_at, o.client_key, o.number, o.currency,
       CASE WHEN r.excluded <> '' THEN r.excluded
            WHEN o.earns_reason = 'buyer_is_participant' THEN 'participant'
            WHEN EXISTS (SELECT 1 FROM payment p JOIN payment q ON q.method_fingerprint = p.method_fingerprint
                           JOIN orders own ON own.home_id = q.home_id AND own.id = q.order_id
                          WHERE p.home_id = o.home_id AND p.order_id = o.id AND p.state = 'captured'
                            AND q.state = 'captured' AND own.client_key = r.referrer_key)
            THEN 'same_person' ELSE '' END AS excluded,
       coalesce(v.state, 'released') <> 'released' AS under_review,
       NOT EXISTS (SELECT 1 FROM orders b WHERE b.client_key = o.client_key AND b.paid_at IS NOT NULL
                      AND (b.paid_at, b.id) < (o.paid_at, o.id)) AS is_first
  FROM client_referral r
  JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
  LEFT JOIN commission_review v ON v.home_id = r.home_id AND v.order_id = r.order_id
 WHERE r.referrer_key = ANY(%(referrers)s::text[]) AND r.placed_at >= %(since)s AND r.placed_at < %(until)s
   AND o.delivered_at IS NOT NULL AND o.paid_at IS NOT NULL
 ORDER BY r.referrer_key, r.placed_at, r.order_id"""


@dataclass(frozen=True, slots=True)
class Sent:
    """An order of somebody's friend with its facts, and the plan that it falls under."""

    home_id: int
    order_id: UUID
    number: str
    referrer_key: str
    friend_key: str
    plan: Plan
    facts: FriendsOrder
    payable_on: date

    @property
    def rule(self) -> ReferAFriend:
        """What its plan gives for a friend."""
        rule = self.plan.refer_a_friend
        assert rule is not None, "only orders of plans that reward friends are read"
        return rule


class Looked(NamedTuple):
    """Whose friends are looked at, in the order in which they are locked, and from when to when they ordered:
    whole years, since only so many of a year are rewarded."""

    referrers: list[str]
    since: datetime
    until: datetime


def looked_at(work: Work, keys: Sequence[RowKey]) -> Looked | None:
    """Which clients sent those who made these orders; None where nobody did."""
    rows = work.rows(_REFERRERS, **asked(keys))
    if not rows:
        return None
    years = {_year(work, row.placed_at) for row in rows}
    zone = work.tools.zone
    return Looked(
        sorted({row.referrer_key for row in rows}),
        datetime(min(years), 1, 1, tzinfo=zone),
        datetime(max(years) + 1, 1, 1, tzinfo=zone),
    )


def read(work: Work, looked: Looked) -> list[Sent]:
    """The delivered orders of these clients' friends, each counted in its year: all that may be rewarded."""
    rows = work.rows(_FRIENDS, **looked._asdict())
    worth = earnings.worth_of(work, [(row.home_id, row.order_id) for row in rows])
    plans = book.versions(work, {one.plan_version for one in worth.values()})
    found: list[Sent] = []
    counted: dict[tuple[str, int], int] = {}
    for row in rows:
        one = worth.get((row.home_id, row.order_id))
        plan = plans[one.plan_version] if one else None
        if one is None or plan is None or plan.refer_a_friend is None:
            continue
        year = row.referrer_key, _year(work, row.placed_at)
        facts = _facts(row, one, counted.get(year, 0) + 1)
        # Whoever is kept from a reward by anything but the year takes no other friend's place.
        if why_no_reward(plan.refer_a_friend, facts) in (None, "too_many_friends"):
            counted[year] = facts.number
        found.append(
            Sent(
                row.home_id, row.order_id, row.number, row.referrer_key, row.client_key, plan, facts,
                _payable(work, one.rows, plan.refer_a_friend.hold_days),
            )
        )  # fmt: skip
    return found


def _facts(row: Any, worth: Worth, number: int) -> FriendsOrder:
    return FriendsOrder(
        row.currency,
        worth.base_minor,
        worth.returned_minor,
        worth.commission_minor,
        is_first=row.is_first,
        number=number,
        under_review=row.under_review,
        excluded=row.excluded,
    )


def _year(work: Work, at: datetime) -> int:
    return at.astimezone(work.tools.zone).year


def _payable(work: Work, rows: Iterable[Any], hold_days: int) -> date:
    """From when the reward may be used: the hold begins with the last of what was ordered."""
    days = [
        payable_on(row._replace(hold_days=hold_days), work.tools.zone) if row.arrived else HELD_OPEN
        for row in rows
    ]
    return max(days)


def by_key(sent: Iterable[Sent]) -> Mapping[RowKey, Sent]:
    """The same by order."""
    return {(one.home_id, one.order_id): one for one in sent}
