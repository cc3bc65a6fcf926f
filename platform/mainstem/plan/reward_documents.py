"""What a plan says of sending a friend, field by field."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from mainstem.kit.documents import BasisPoints, Currency, Document, Fold
from mainstem.plan.limits import HOLD_DAYS_MAX, HOLD_DAYS_MIN
from mainstem.plan.rewards import Commission, ReferAFriend, Reward, Spent
from mainstem.plan.sale_documents import MinorAboveZero

FRIENDS_MAX = 1000


class RewardDocument(Document):
    """What one side gets, as store credit: a rate, or fixed money."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Fixed money, or at most", ("fixed_minor", "most_minor")),
    )
    rate_bp: BasisPoints = Field(0, title="Rate")
    fixed_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict,
        title="Fixed money",
        description="In every currency that it is for.",
    )
    most_minor: dict[Currency, MinorAboveZero] = Field(default_factory=dict, title="At most")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.fixed_minor and (self.rate_bp or self.most_minor):
            raise ValueError("Give a rate or fixed money, not both.")
        return self


class ReferAFriendDocument(Document):
    """What a client gets who sends a friend, and the friend: of the friend's first order, once delivered."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Only from a value on, and only for some time", ("least_minor", "expires_days")),
    )
    referrer: RewardDocument = Field(title="Whoever sent them gets")
    friend: RewardDocument = Field(title="The friend gets")
    hold_days: int = Field(
        ge=HOLD_DAYS_MIN, le=HOLD_DAYS_MAX, title="Held for days", description="From delivery."
    )
    friends_a_year: int = Field(ge=1, le=FRIENDS_MAX, title="Friends of one client a year")
    commission: Commission = Field(title="Beside commission")
    spent: Spent = Field(title="Taken back after it was spent")
    least_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict,
        title="An order of at least",
        description="Of what counts for commission.",
    )
    expires_days: int | None = Field(None, ge=30, le=3660, title="May be used for days")

    @model_validator(mode="after")
    def _somebody_gets_something(self) -> Self:
        sides = (self.referrer, self.friend)
        if not any(side.rate_bp or side.fixed_minor for side in sides):
            raise ValueError("Say what whoever sent a friend gets, or the friend.")
        stated = [
            set(amounts)
            for side in sides
            for amounts in (side.fixed_minor, side.most_minor)
            if amounts
        ]
        if self.least_minor:
            stated.append(set(self.least_minor))
        if any(currencies != stated[0] for currencies in stated):
            raise ValueError("State every amount of a rule in the same currencies.")
        return self


def compiled_reward(said: ReferAFriendDocument) -> ReferAFriend:
    """What the document says, as a rule that can be evaluated."""
    return ReferAFriend(
        _reward(said.referrer), _reward(said.friend), said.hold_days, said.friends_a_year,
        said.commission, said.spent, said.expires_days, dict(said.least_minor),
    )  # fmt: skip


def _reward(said: RewardDocument) -> Reward:
    return Reward(said.rate_bp, dict(said.fixed_minor), dict(said.most_minor))
