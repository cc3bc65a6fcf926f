"""The month that costs most: ranks, tiers, goals, pools and prizes together, beside the sale that does.

Two figures, from two sides. `bound_bp` is what no month can cost more than: for each affiliate who sells, what
their own volume can pay at most, all rules together, found by trying every volume at which something
begins or ends; a team's tiers for everybody above whose team a sale counts in; pools whole. `worst_month` is a
month that was worked out: the dearest of all that the search has built. Where both are alike the maximum is exact.

Amounts are exact here, before they are whole: a rounding adds half a minor unit at most to a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from mainstem.money import BASIS
from mainstem.plan.costs import DELIVERED, period_cost_bp, worst_of
from mainstem.plan.document import PlanDocument, compiled, compiled_period
from mainstem.plan.percent import percent
from mainstem.plan.periods import Participant, PeriodEarning, PeriodRules, TierRule, earnings
from mainstem.plan.sale_rules import SalePlan, SaleRule

FAR = 10**6
"""Times the highest amount that a plan states: from there on another unit changes no rate that can be told."""
SELLERS = (1, 2, 3, 10, 1000)


@dataclass(frozen=True, slots=True)
class WorstMonth:
    """A month that was worked out: so many sell so much each, under `above` affiliates who sell nothing, or one
    under the other; what of it sales and each rule of the period pay. None of a period: it has no rules."""

    currency: str
    sellers: int
    volume_minor: int
    above: int
    in_a_line: bool
    sales_minor: Fraction
    paid: Mapping[str, int]

    @property
    def sold_minor(self) -> int:
        """All that is sold in it."""
        return self.sellers * self.volume_minor

    @property
    def share(self) -> Fraction:
        """What all of it pays of what is sold."""
        return (self.sales_minor + sum(self.paid.values())) / self.sold_minor

    @property
    def percent(self) -> str:
        """The same in per cent, rounded down."""
        return str(percent(int(self.share * BASIS)))


NO_CURRENCY = "XXX"
"""Stands for every currency in which a plan states nothing."""


def currencies(plan: PlanDocument) -> list[str]:
    """Every currency in which a plan states amounts, and one in which it states none."""
    said, found = plan.period, {NO_CURRENCY}
    for sale in plan.rules:
        found |= {
            *sale.at_most_minor,
            *(code for level in sale.levels for code in level.each_minor),
        }
    if said is not None:
        found |= {code for rule in said.tiers for code in rule.tiers[0].from_minor}
        found |= {code for goal in said.goals for code in goal.pays_minor}
        found |= {code for board in said.leaderboards for code in board.prizes_minor}
    return sorted(found)


def sale_share(plan: PlanDocument, currency: str) -> Fraction:
    """What no sale in a currency can pay more than, of what is sold: of the dearest rule, and of a service that of
    each of its milestones."""
    sale = compiled(plan)
    alone, of_service = [Fraction(0)], dict[str, Fraction]()
    for rule in sale.rules:
        if rule.pays_in(currency):
            alone.append(_of_rule(sale, rule, currency))
            if rule.when.kind != "goods":
                milestone = rule.when.milestone or DELIVERED
                of_service[milestone] = max(of_service.get(milestone, Fraction(0)), alone[-1])
    together = sum(of_service.values(), Fraction(0))
    return min(max(together, *alone), Fraction(plan.cap_bp, BASIS))


def _of_rule(sale: SalePlan, rule: SaleRule, currency: str) -> Fraction:
    # Fixed money comes to the cap on what is cheap enough, to the cent that was rounded down.
    if any(level.each_minor.get(currency) for level in rule.levels):
        return Fraction(min(rule.cap_bp, sale.cap_bp), BASIS)
    return worst_of(sale, [rule], currency).share


def bound_bp(plan: PlanDocument) -> tuple[int, int]:
    """What sales, and what periods beside them, can pay of what is sold at most, in basis points, rounded up: in
    the currency in which both together are the most."""
    found = [
        (_up(sale_share(plan, currency)), _up(period_share(plan, currency)))
        for currency in currencies(plan)
    ]
    return max(found, key=sum)


def most_percent(plan: PlanDocument) -> str:
    """What no month can cost more than, in per cent of what is sold."""
    return str(percent(min(sum(bound_bp(plan)), plan.cap_bp)))


def _up(share: Fraction) -> int:
    return -(-share.numerator * BASIS // share.denominator)


def period_share(plan: PlanDocument, currency: str) -> Fraction:
    """What no period can pay more than, of what is sold in it."""
    rules = compiled_period(plan, currency)
    tried = [*volumes(rules), None]
    own = max(_own(rules, volume) for volume in tried)
    teams = sum(
        (rule.depth + 1) * max(_tiers_share(rule, volume) for volume in tried)
        for rule in rules.tiers
        if rule.volume == "team"
    )
    pools = sum(Fraction(pool.share_bp, BASIS) for pool in rules.pools)
    return own + teams + pools + _of_other_rules(plan, rules)


def _of_other_rules(plan: PlanDocument, rules: PeriodRules) -> Fraction:
    """Rules that are not looked at together count for the most that each can cost alone."""
    here = {
        one.id
        for kind in (rules.tiers, rules.goals, rules.pools, rules.leaderboards)
        for one in kind
    }
    said = plan.period
    known = here | (
        {one.id for kind in (said.tiers, said.goals, said.leaderboards) for one in kind}
        if said is not None
        else set()
    )
    return sum(
        (Fraction(cost, BASIS) for rule, cost in period_cost_bp(plan).items() if rule not in known),
        Fraction(0),
    )  # fmt: skip


def volumes(rules: PeriodRules) -> list[int]:
    """Every volume at which what somebody is paid begins or ends to change, and one beyond all of them.

    Between two of them what is paid of each unit only rises or only falls, so the most is at one of them.
    """
    starts = {tier.from_minor for rule in rules.tiers for tier in rule.tiers}
    starts |= {goal.personal_minor for goal in rules.goals}
    starts |= {board.least_minor for board in rules.leaderboards}
    near = {start + step for start in starts for step in (-1, 0, 1)}
    return sorted({volume for volume in near if volume > 0} | {FAR * max(starts, default=1) + FAR})


def _own(rules: PeriodRules, volume: int | None) -> Fraction:
    """What of a volume, or of one without an end, all rules for own sales pay."""
    paid = sum(
        (_tiers_share(rule, volume) for rule in rules.tiers if rule.volume == "personal"),
        Fraction(0),
    )
    if volume is None:
        return paid
    paid += sum(
        Fraction(goal.pays_minor, volume) for goal in rules.goals if volume >= goal.personal_minor
    )
    return paid + sum(
        Fraction(board.prizes_minor[0], volume)
        for board in rules.leaderboards
        if volume >= board.least_minor
    )


def _tiers_share(rule: TierRule, volume: int | None) -> Fraction:
    if volume is None:
        return Fraction(rule.tiers[-1].rate_bp, BASIS)
    return Fraction(sum(part * rate for part, rate in rule.parts(volume)), BASIS * volume)


# ---------------------------------------------------------------- a month that costs so much


def dearest_month(plan: PlanDocument) -> WorstMonth:
    """The dearest month that the search has built, in whichever currency."""
    return max(
        (worst_month(plan, currency) for currency in currencies(plan)),
        key=lambda month: month.share,
    )


def worst_month(plan: PlanDocument, currency: str) -> WorstMonth:
    """The dearest month that the search has built, in one currency."""
    rules, sale = compiled_period(plan, currency), sale_share(plan, currency)
    return max(
        (_month(plan, rules, currency, sale, shape) for shape in _shapes(rules)),
        key=lambda month: (month.share, -month.sellers, -month.volume_minor),
    )


def _shapes(rules: PeriodRules) -> Iterator[tuple[int, int, int, bool]]:
    deepest = max((rule.depth for rule in rules.tiers), default=0)
    for volume, sellers in product(volumes(rules), SELLERS):
        yield sellers, volume, deepest, False
        if deepest and 1 < sellers <= 10:
            yield sellers, volume, deepest, True


def _month(
    plan: PlanDocument,
    rules: PeriodRules,
    currency: str,
    sale: Fraction,
    shape: tuple[int, int, int, bool],
) -> WorstMonth:
    sellers, volume, above, in_a_line = shape
    paid: dict[str, int] = {}
    for one in played(rules, people(*shape), len(plan.rank_names)):
        paid[one.rule] = paid.get(one.rule, 0) + one.amount_minor
    return WorstMonth(currency, sellers, volume, above, in_a_line, sale * sellers * volume, paid)


def people(sellers: int, volume: int, above: int, in_a_line: bool) -> list[Participant]:
    """Everybody of such a month: those above, who sell nothing, one under the other; then those who sell."""
    line = [Participant(n, n - 1 if n > 1 else None) for n in range(1, above + 1)]
    last = above or None
    return line + [
        Participant(
            above + n,
            above + n - 1 if in_a_line and n > 1 else last,
            volume,
            clients=volume,
        )
        for n in range(1, sellers + 1)
    ]


def played(rules: PeriodRules, everybody: Sequence[Participant], rank: int) -> list[PeriodEarning]:
    """What a month pays in which all have the highest rank, as they may from the months before."""
    return earnings(rules, everybody, {one.id: rank for one in everybody})
