"""What a plan says of a period, field by field: ranks, tiers, goals, pools and prizes."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mainstem.kit.documents import Amounts, BasisPoints, Currency, Document, Slug
from mainstem.money import BASIS
from mainstem.plan.limits import HOLD_DAYS_MAX, HOLD_DAYS_MIN, LEVELS_MAX
from mainstem.plan.periods import (
    OVERRIDES,
    CapOf,
    Lapse,
    LegShareOf,
    Threshold,
    TierOf,
    Ties,
    Volume,
)
from mainstem.plan.sale_documents import MinorAboveZero


class RankDocument(Document):
    """What an affiliate needs in a period to qualify for a rank; what is 0 or empty is not asked."""

    one: ClassVar[str] = "Rank"
    id: Slug = Field(title="Called")
    personal_minor: Amounts = Field(default_factory=dict, title="Own sales")
    team_minor: Amounts = Field(default_factory=dict, title="The team's sales")
    clients: int = Field(0, ge=0, le=100_000, title="Clients who bought")
    legs: int = Field(0, ge=0, le=1000, title="Active legs")
    leg_volume_minor: Amounts = Field(
        default_factory=dict, title="A leg is active when one in it sold"
    )
    leg_share_bp: BasisPoints = Field(0, title="A leg counts for at most")

    @property
    def currencies(self) -> set[str]:
        """Those that its amounts are stated in; empty where it states none."""
        return {*self.personal_minor, *self.team_minor, *self.leg_volume_minor}

    @model_validator(mode="after")
    def _one_set_of_currencies(self) -> Self:
        stated = [self.personal_minor, self.team_minor, self.leg_volume_minor]
        if any(amounts and set(amounts) != self.currencies for amounts in stated):
            raise ValueError("State every amount of a rule in the same currencies.")
        return self


class RanksDocument(Document):
    """The ranks from the lowest to the highest, and how they are kept."""

    leg_share_of: LegShareOf = Field(title="A leg's share is of")
    sale_sees: Literal["paid_as_of_last_period", "qualified_in_last_period", "highest_so_far"] = (
        Field(title="A sale sees")
    )
    grace_periods: int = Field(ge=0, le=24, title="Periods of grace")
    ranks: list[RankDocument] = Field(min_length=1, max_length=30, title="Ranks")


class TierDocument(Document):
    """One step of a volume."""

    one: ClassVar[str] = "Tier"
    from_minor: Amounts = Field(title="From")
    rate_bp: BasisPoints = Field(title="Rate")


class TierRuleDocument(Document):
    """What a period's volume pays beside the single sales."""

    one: ClassVar[str] = "Tiers"
    id: Slug = Field(title="Called")
    volume: Volume = Field(title="Whose sales")
    depth: int = Field(0, ge=0, le=LEVELS_MAX, title="Levels of the team")
    of: TierOf = Field(title="A tier's rate is of")
    threshold: Threshold = Field(title="A tier begins")
    tiers: list[TierDocument] = Field(min_length=1, max_length=20, title="Tiers")

    @model_validator(mode="after")
    def _steps_that_rise(self) -> Self:
        if (self.volume == "team") != bool(self.depth):
            raise ValueError("Say how many levels of a team count; for own sales, none.")
        for currency in self.tiers[0].from_minor:
            steps = [tier.from_minor.get(currency) for tier in self.tiers]
            if steps[0] != 0 or any(
                low is None or high is None or low >= high for low, high in pairwise(steps)
            ):
                raise ValueError("Let the tiers begin at 0 and rise, in every currency.")
        if any(set(tier.from_minor) != set(self.tiers[0].from_minor) for tier in self.tiers):
            raise ValueError("State every amount of a rule in the same currencies.")
        return self


class GoalDocument(Document):
    """Fixed money for whoever sold so much to clients in the period."""

    one: ClassVar[str] = "Goal"
    id: Slug = Field(title="Called")
    personal_minor: dict[Currency, MinorAboveZero] = Field(min_length=1, title="Own sales")
    pays_minor: dict[Currency, MinorAboveZero] = Field(min_length=1, title="Pays")

    @model_validator(mode="after")
    def _one_set_of_currencies(self) -> Self:
        if set(self.personal_minor) != set(self.pays_minor):
            raise ValueError("State every amount of a rule in the same currencies.")
        return self


class PoolDocument(Document):
    """A part of the period's whole volume, shared by own sales among everybody of a rank or higher."""

    one: ClassVar[str] = "Pool"
    id: Slug = Field(title="Called")
    share_bp: Annotated[int, Field(gt=0, le=BASIS)] = Field(title="Share of all sales")
    rank_from: Slug = Field(title="From the rank")
    disqualified: Lapse = Field(title="The share of whoever may not be paid")


class LeaderboardDocument(Document):
    """Prizes for those who sold most to clients in the period."""

    one: ClassVar[str] = "Leaderboard"
    id: Slug = Field(title="Called")
    prizes_minor: dict[Currency, list[MinorAboveZero]] = Field(min_length=1, title="Prizes")
    least_minor: dict[Currency, MinorAboveZero] = Field(min_length=1, title="Own sales at least")
    ties: Ties = Field(title="Of several alike")

    @model_validator(mode="after")
    def _prizes_that_fall(self) -> Self:
        if set(self.prizes_minor) != set(self.least_minor):
            raise ValueError("State every amount of a rule in the same currencies.")
        if any(sorted(prizes, reverse=True) != prizes for prizes in self.prizes_minor.values()):
            raise ValueError("Let the first place have the highest prize.")
        return self


class OverridesDocument(Document):
    """What a sponsor must have sold themselves in a period to keep their shares of what others sold in it."""

    own_sales_min: int = Field(
        0,
        ge=0,
        le=10_000,
        title="Sales of their own",
        description="So many orders of their own clients count in the period. 0 asks for none.",
    )
    own_volume_minor: dict[Currency, MinorAboveZero] = Field(
        default_factory=dict, title="Own sales", description="In one of these currencies."
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.own_sales_min and not self.own_volume_minor:
            raise ValueError("Say how many sales of their own, or for how much.")
        return self


class PeriodCapDocument(Document):
    """What one affiliate gets of the sales of a period at most."""

    one: ClassVar[str] = "Cap"
    id: Slug = Field(title="Called")
    of: CapOf = Field(title="At most of")
    at_most_minor: dict[Currency, MinorAboveZero] = Field(min_length=1, title="At most")


class FirstSaleDocument(Document):
    """Fixed money for a sponsor when somebody whom they brought in has delivered a first sale."""

    one: ClassVar[str] = "First sale"
    id: Slug = Field(title="Called")
    pays_minor: dict[Currency, MinorAboveZero] = Field(min_length=1, title="Pays")
    at_most_bp: Annotated[int, Field(gt=0, le=BASIS)] = Field(
        title="At most of what they sold",
        description="Of the period in which the first sale counts.",
    )


class PeriodDocument(Document):
    """What a period pays beside the single sales, when it is closed."""

    every: Literal["month", "quarter", "year"] = Field(title="A period is a")
    counted_at: Literal["order", "delivery", "end_of_hold"] = Field(
        title="A sale counts in the period of its"
    )
    hold_days: int = Field(
        ge=HOLD_DAYS_MIN, le=HOLD_DAYS_MAX, title="Held for days", description="From its close."
    )
    ranks: RanksDocument | None = Field(None, title="Ranks")
    tiers: list[TierRuleDocument] = Field([], max_length=10, title="Tiers")
    goals: list[GoalDocument] = Field([], max_length=20, title="Goals")
    pools: list[PoolDocument] = Field([], max_length=10, title="Pools")
    leaderboards: list[LeaderboardDocument] = Field([], max_length=10, title="Leaderboards")
    first_sales: list[FirstSaleDocument] = Field([], max_length=5, title="First sales")
    overrides: OverridesDocument | None = Field(None, title="A sponsor keeps their shares by")
    caps: list[PeriodCapDocument] = Field([], max_length=5, title="Caps")

    @property
    def asks_what_was_earned(self) -> bool:
        """Whether something follows from what sales have earned, and not only from what was sold."""
        return bool(self.first_sales or self.overrides or self.caps)

    @property
    def rule_names(self) -> list[str]:
        """Everything that may be paid or taken back, by the name that its earnings have."""
        rules = (self.tiers, self.goals, self.pools, self.leaderboards, self.first_sales, self.caps)
        named = [rule.id for each in rules for rule in each]
        return named + ([OVERRIDES] if self.overrides else [])

    @property
    def limits(self) -> list[str]:
        """Those of them that are of all that an affiliate gets of a period together."""
        named = [first.id for first in self.first_sales] + [cap.id for cap in self.caps]
        return named + ([OVERRIDES] if self.overrides else [])

    def without_limits(self) -> PeriodDocument:
        """The same without them."""
        return self.model_copy(update={"first_sales": [], "caps": [], "overrides": None})

    @property
    def rank_names(self) -> list[str]:
        """The ranks from the lowest to the highest."""
        return [rank.id for rank in self.ranks.ranks] if self.ranks else []
