"""The plan as a document: everything that it can say, field by field, and nothing else.

    format = 2
    name = "Plan 2027"
    version_by = "order"
    joined_before = "move"
    cap_bp = 2000
    minimum_payout_minor = {SEK = 20000}

    [uplines]
    house = "uses_up_level"
    suspended = "uses_up_level"
    inactive = "passed_over"
    own_sales_min = 1
    days = 90
    active_at = "sale"

    [[rules]]
    id = "lamps-in-march"
    when = {departments = ["lamps"], starts_on = 2027-03-01, ends_on = 2027-04-01}
    levels = [{rate_bp = 1500}, {rate_bp = 300}]
    cap_bp = 1800
    hold_days = 30

    [period]
    every = "month"
    counted_at = "delivery"
    hold_days = 30

    [[period.tiers]]
    id = "volume"
    volume = "personal"
    of = "marginal"
    threshold = "from"
    tiers = [{from_minor = {SEK = 0}, rate_bp = 0}, {from_minor = {SEK = 1000000}, rate_bp = 200}]

A line of an order falls under the first rule that fits it. What the trade reads in several ways has no
silent default: it is said, or the document is not a plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mainstem.kit.documents import Amounts, Document, Fold, Name
from mainstem.money import BASIS
from mainstem.plan.period_documents import PeriodDocument, RanksDocument
from mainstem.plan.periods import (
    FirstSale,
    Goal,
    Leaderboard,
    PeriodCap,
    PeriodRules,
    Pool,
    Rank,
    RankRules,
    Tier,
    TierRule,
)
from mainstem.plan.reward_documents import ReferAFriendDocument
from mainstem.plan.sale_documents import CreditDocument, SaleRuleDocument, UplinesDocument
from mainstem.plan.sale_rules import CapBy, Level, SalePlan, SaleRule, When
from mainstem.plan.uplines import Uplines

RULES_MAX = 100
_SAID_SINCE = {
    "cap_by", "credit", "refer_a_friend", "at_most_line_minor", "at_most_client_minor", "milestone", "active_at",
    "order_min_minor",
    "teams", "first_sales", "caps", "overrides",
}  # fmt: skip


class PlanDocument(Document):
    """One version of the plan: it never changes after it is published."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("A client's orders whose money went back", ("refunded_orders",)),
        Fold("Who gives way, and orders of several affiliates", ("cap_by", "credit")),
        Fold("What a period pays", ("period",)),
        Fold("What clients get who send a friend", ("refer_a_friend",)),
    )

    format: Literal[2] = Field(2, title="Format")
    name: Name = Field(title="Name")
    version_by: Literal["order", "delivery"] = Field(
        title="A sale falls under the version in force at its"
    )
    joined_before: Literal["keep", "move"] = Field(title="Affiliates who joined before")
    cap_bp: Annotated[int, Field(gt=0, le=BASIS)] = Field(title="Everything together at most")
    refunded_orders: Literal["are_counted", "are_not_counted"] | None = Field(
        None,
        title="A client's orders whose money went back",
        description="Where a rule asks for a client's first or later orders, months or number of orders.",
    )
    cap_by: CapBy | None = Field(
        None,
        title="Who gives way to the most",
        description="Needed where a rule may pay more than everything together at most.",
    )
    credit: CreditDocument | None = Field(
        None,
        title="Orders of several affiliates",
        description="Without it, one affiliate is credited with an order.",
    )
    uplines: UplinesDocument = Field(title="Uplines")
    rules: list[SaleRuleDocument] = Field(min_length=1, max_length=RULES_MAX, title="Rules")
    period: PeriodDocument | None = Field(None, title="Periods")
    refer_a_friend: ReferAFriendDocument | None = Field(None, title="Refer a friend")
    minimum_payout_minor: Amounts = Field(default_factory=dict, title="Paid out from")

    @property
    def rank_names(self) -> list[str]:
        """The ranks from the lowest to the highest; none where the plan has none."""
        return self.period.rank_names if self.period else []

    def written(self) -> dict[str, Any]:
        """As JSON has it. What plans may say since, and this one does not, is left out: a version that
        was published before is still written as it was."""
        said = super().written()
        whens = [rule["when"] for rule in said["rules"]]
        for part in (said, said["uplines"], *said["rules"], *whens, said["period"] or {}):
            for name in _SAID_SINCE & part.keys():
                if not part[name]:
                    del part[name]
        return said

    @model_validator(mode="after")
    def _each_by_its_own_name(self) -> Self:
        names = [rule.id for rule in self.rules]
        if self.period:
            names += self.period.rule_names
        for listed in (names, self.rank_names):
            for name in listed:
                if listed.count(name) > 1:
                    raise ValueError(f"Two are called {name}. Give each a name of its own.")
        return self

    @model_validator(mode="after")
    def _which_orders_of_a_client_count(self) -> Self:
        asks = any(
            rule.when.clients != "any" or rule.when.months_max or rule.when.orders_max
            for rule in self.rules
        )
        if asks and self.refunded_orders is None:
            raise ValueError(
                "A rule asks for a client's orders: say whether those whose money went back are counted."
            )
        return self

    @model_validator(mode="after")
    def _ranks_that_there_are(self) -> Self:
        asked = [level.rank_from for rule in self.rules for level in rule.levels]
        if self.period:
            asked += [pool.rank_from for pool in self.period.pools]
        for name in asked:
            if name and name not in self.rank_names:
                raise ValueError(
                    f"No rank is called {name}. Say what it takes, under period.ranks."
                )
        return self


def compiled(plan: PlanDocument) -> SalePlan:
    """What a document says of a sale, as rules that can be evaluated."""
    ranks = {name: number for number, name in enumerate(plan.rank_names, 1)}
    return SalePlan(
        tuple(_rule(rule, ranks) for rule in plan.rules),
        Uplines(**plan.uplines.model_dump(exclude_none=True)),
        plan.cap_bp,
        plan.cap_by or "proportion",
    )


def compiled_period(plan: PlanDocument, currency: str) -> PeriodRules:
    """What a document says of a period in one currency, as rules that can be evaluated.

    A rule that states amounts, and not in this currency, pays nothing in it.
    """
    said = plan.period
    if said is None:
        return PeriodRules()
    ranks = {name: number for number, name in enumerate(said.rank_names, 1)}
    return PeriodRules(
        ranks=_ranks(said.ranks, currency) if said.ranks else RankRules(()),
        tiers=tuple(
            TierRule(
                rule.id, rule.volume, rule.of, rule.threshold,
                tuple(Tier(tier.from_minor[currency], tier.rate_bp) for tier in rule.tiers), rule.depth,
            )
            for rule in said.tiers
            if currency in rule.tiers[0].from_minor
        ),
        goals=tuple(
            Goal(goal.id, goal.personal_minor[currency], goal.pays_minor[currency])
            for goal in said.goals
            if currency in goal.pays_minor
        ),
        pools=tuple(
            Pool(pool.id, pool.share_bp, ranks[pool.rank_from], pool.disqualified) for pool in said.pools
        ),
        leaderboards=tuple(
            Leaderboard(
                board.id, tuple(board.prizes_minor[currency]), board.ties, board.least_minor[currency]
            )
            for board in said.leaderboards
            if currency in board.prizes_minor
        ),
        caps=tuple(
            PeriodCap(cap.id, cap.at_most_minor[currency], cap.of)
            for cap in said.caps
            if currency in cap.at_most_minor
        ),
        first_sales=tuple(
            FirstSale(one.id, one.pays_minor[currency], one.at_most_bp)
            for one in said.first_sales
            if currency in one.pays_minor
        ),
        overrides_are_asked=said.overrides is not None,
        teams=said.teams or "as_at_close",
    )  # fmt: skip


def _ranks(said: RanksDocument, currency: str) -> RankRules:
    return RankRules(
        tuple(
            Rank(
                rank.id,
                rank.personal_minor.get(currency, 0),
                rank.team_minor.get(currency, 0),
                rank.clients,
                rank.legs,
                rank.leg_volume_minor.get(currency, 0),
                rank.leg_share_bp,
                stated=not rank.currencies or currency in rank.currencies,
            )
            for rank in said.ranks
        ),
        said.leg_share_of,
        said.grace_periods,
    )


def _rule(rule: SaleRuleDocument, ranks: Mapping[str, int]) -> SaleRule:
    return SaleRule(
        id=rule.id,
        levels=tuple(
            Level(
                level.rate_bp,
                dict(level.each_minor),
                frozenset(level.groups),
                ranks[level.rank_from] if level.rank_from else 0,
            )
            for level in rule.levels
        ),
        cap_bp=rule.cap_bp,
        hold_days=rule.hold_days,
        when=When(
            **_as_sets(rule.when.model_dump() | {"milestone": rule.when.milestone or "delivered"})
        ),
        base=rule.base,
        levels_of=rule.levels_of,
        at_most_minor=dict(rule.at_most_minor),
        cap_by=rule.cap_by or "proportion",
        at_most_line_minor=dict(rule.at_most_line_minor),
        at_most_client_minor=dict(rule.at_most_client_minor),
    )


def _as_sets(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: frozenset(said) if isinstance(said, list) else said for name, said in asked.items()
    }
