"""What a plan gives a client who sends a friend, and the friend: of the friend's first delivered order.

Pure, as `sales` is. A reward stands beside the commissions of the order and never makes them smaller: where
all together would be above what the plan lets a sale cost, the rewards give way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mainstem.money import BASIS, largest_remainder, rdiv

Side = Literal["referrer", "friend"]
SIDES: tuple[Side, ...] = ("referrer", "friend")

Commission = Literal["stands_beside", "comes_first"]
"""Whether a reward is given beside the commissions of the order, or only where nobody earns one."""

Spent = Literal["company_bears", "is_owed"]
"""What becomes of a reward that is taken back after it was spent."""

NoReward = Literal[
    "same_person", "participant", "not_first", "under_review", "too_many_friends", "too_small",
    "commission_comes_first", "currency",
]  # fmt: skip
"""The rule that keeps an order from a reward."""


@dataclass(frozen=True, slots=True)
class Reward:
    """What one side gets: a rate of the order, or fixed money, by currency; `most_minor` at most."""

    rate_bp: int = 0
    fixed_minor: Mapping[str, int] = field(default_factory=dict)
    most_minor: Mapping[str, int] = field(default_factory=dict)

    def of(self, base_minor: int, currency: str) -> int:
        """Its exact share, rounded once, before anything limits it."""
        if self.fixed_minor:
            return self.fixed_minor.get(currency, 0)
        return rdiv(base_minor * self.rate_bp, BASIS)


@dataclass(frozen=True, slots=True)
class ReferAFriend:
    """What sending a friend gives. Amounts are for orders in the currencies that they are stated in."""

    referrer: Reward
    friend: Reward
    hold_days: int
    friends_a_year: int
    commission: Commission
    spent: Spent
    expires_days: int | None = None
    least_minor: Mapping[str, int] = field(default_factory=dict)

    def pays_in(self, currency: str) -> bool:
        """Whether it is for orders in a currency: it states its amounts in it, or none at all."""
        stated = [
            self.referrer.fixed_minor, self.referrer.most_minor, self.friend.fixed_minor,
            self.friend.most_minor, self.least_minor,
        ]  # fmt: skip
        return all(currency in amounts for amounts in stated if amounts)


@dataclass(frozen=True, slots=True)
class FriendsOrder:
    """A friend's order as it stands: what was delivered and counts for commission, and what of it went back.

    `commission_minor` is what its sale credits affiliates with. `number` says the how manieth friend of
    the year it was; `is_first` whether the friend had paid for none before.
    """

    currency: str
    base_minor: int
    returned_minor: int
    commission_minor: int = 0
    is_first: bool = True
    number: int = 1
    under_review: bool = False
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class RewardCredit:
    """One side's reward in minor units: `reversed_minor` is how much of it has gone back.

    0 <= reversed <= credited. `limited_by` is what made it smaller: what it may be at most, or what the plan
    lets a sale cost.
    """

    side: Side
    credited_minor: int
    reversed_minor: int
    limited_by: Literal["", "most", "cap"] = ""

    @property
    def stands_minor(self) -> int:
        """What is given as things are."""
        return self.credited_minor - self.reversed_minor


def why_no_reward(rule: ReferAFriend, order: FriendsOrder) -> NoReward | None:
    """The first rule that keeps an order from a reward; None where nothing does."""
    asked: list[tuple[NoReward, bool]] = [
        ("same_person", order.excluded == "same_person"),
        ("participant", order.excluded == "participant"),
        ("under_review", order.under_review),
        ("not_first", not order.is_first),
        ("currency", not rule.pays_in(order.currency)),
        ("too_small", order.base_minor < rule.least_minor.get(order.currency, 0)),
        ("too_many_friends", order.number > rule.friends_a_year),
        ("commission_comes_first", rule.commission == "comes_first" and order.commission_minor > 0),
    ]
    return next((why for why, is_so in asked if is_so), None)


def rewards_of(rule: ReferAFriend, order: FriendsOrder, *, cap_bp: int) -> list[RewardCredit]:
    """What each side gets of a friend's order; nothing where a rule keeps it from one.

    `cap_bp` is what everything together may cost of what counts for commission. Of what went back each
    side gives back its part, cumulatively and rounded once; what a reward may be at most is then
    applied to what stands.
    """
    assert 0 <= order.returned_minor <= order.base_minor, "no more goes back than came"
    if not order.base_minor or why_no_reward(rule, order) is not None:
        return []
    exact = [rule.referrer.of(order.base_minor, order.currency),
             rule.friend.of(order.base_minor, order.currency)]  # fmt: skip
    most = [side.most_minor.get(order.currency) for side in (rule.referrer, rule.friend)]
    allowed = [_at_most(minor, limit) for minor, limit in zip(exact, most, strict=True)]
    room = max(0, order.base_minor * cap_bp // BASIS - order.commission_minor)
    if cut := sum(allowed) > room:
        exact = allowed = largest_remainder(room, allowed, sum(allowed))
    return [
        _credit(SIDES[i], exact[i], allowed[i], most[i], order, cut=cut)
        for i in range(len(SIDES))
        if allowed[i]
    ]


def _credit(
    side: Side, exact: int, allowed: int, most: int | None, order: FriendsOrder, *, cut: bool
) -> RewardCredit:
    left = exact - rdiv(exact * order.returned_minor, order.base_minor)
    stands = _at_most(left, most)
    return RewardCredit(
        side, allowed, allowed - stands, "cap" if cut else "most" if allowed < exact else ""
    )


def _at_most(minor: int, limit: int | None) -> int:
    return minor if limit is None else min(minor, limit)
