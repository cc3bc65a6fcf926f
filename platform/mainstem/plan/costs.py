"""What a plan can cost at most: the sale that costs most, and what each rule of a period can."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from mainstem.money import BASIS
from mainstem.plan.document import PlanDocument
from mainstem.plan.exact_shares import Portion
from mainstem.plan.sale_documents import SaleRuleDocument
from mainstem.plan.sale_rules import SalePlan, SaleRule
from mainstem.plan.sales import Credit, credits
from mainstem.plan.uplines import Member

EXAMPLE_MINOR = 1_000_000
"""The sale that costs are shown on: ten thousand, where cents are counted."""


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The sale that costs most: under which rule, of how much, what it pays; and at which levels nobody is paid,
    where it costs more without them."""

    rule: str
    of_minor: int
    paid_minor: int
    unpaid: tuple[int, ...] = ()

    @property
    def share(self) -> Fraction:
        """What it pays of the sale."""
        return Fraction(self.paid_minor, self.of_minor)


def worst_case(plan: SalePlan, currency: str = "SEK") -> WorstCase:
    """The most that a sale can pay: every rule, with every choice of who is paid above it, at every size that
    matters. Whoever is missing does not only take away: a level that is paid of what the level below earns may
    stand on a higher one, and under a cap others get what a capped level leaves.
    """
    return max(
        (worst_of(plan, rule, currency) for rule in plan.rules),
        key=lambda case: (case.share, case.of_minor),
    )


def worst_of(plan: SalePlan, rule: SaleRule, currency: str) -> WorstCase:
    """The most that a sale can pay under one rule."""
    most = Fraction(min(rule.cap_bp, plan.cap_bp), BASIS)
    worst = WorstCase(rule.id, EXAMPLE_MINOR, 0)
    for unpaid in _choices(plan, rule):
        upline = _upline(plan, rule, unpaid)
        for of in _sizes(rule, currency):
            got = credits(plan, upline, currency, [Portion(rule.id, of, pieces=1)])
            case = WorstCase(rule.id, of, sum(one.credited_minor for one in got), unpaid)
            if (case.share, -len(unpaid), of) > (worst.share, -len(worst.unpaid), worst.of_minor):
                worst = case
        if worst.share == most:
            break  # no choice can cost more than the caps let it
    return worst


def _choices(plan: SalePlan, rule: SaleRule) -> Iterator[tuple[int, ...]]:
    """Every set of levels that can stay unpaid while higher ones are paid, and every end of an upline."""
    passing = plan.uplines
    above = "uses_up_level" in (passing.house, passing.suspended) or (
        passing.own_sales_min > 0 and passing.inactive == "uses_up_level"
    )
    may_miss = [
        level == 0 or above or bool(said.groups or said.rank_from)
        for level, said in enumerate(rule.levels)
    ]
    for end in range(len(rule.levels), 0, -1):
        missing = [level for level in range(end - 1) if may_miss[level]]
        for many in range(len(missing) + 1):
            for unpaid in combinations(missing, many):
                yield (*unpaid, *range(end, len(rule.levels)))


def _upline(plan: SalePlan, rule: SaleRule, unpaid: Collection[int]) -> list[Member]:
    """Somebody at each level who has all that any level asks for, or who is paid at none."""
    groups = frozenset[str]().union(*(level.groups for level in rule.levels))
    rank = max(level.rank_from for level in rule.levels)
    enough, uses_up = plan.uplines.own_sales_min, "uses_up_level"
    return [
        Member(n + 1, own_sales=enough, groups=groups, rank=rank)
        if n not in unpaid
        else Member(
            n + 1,
            house=n == 0 or plan.uplines.house == uses_up,
            suspended=plan.uplines.house != uses_up and plan.uplines.suspended == uses_up,
        )
        for n in range(len(rule.levels))
    ]


def _sizes(rule: SaleRule, currency: str) -> set[int]:
    """Sales on which something begins to bind: fixed money weighs most on what is cheap, where the caps bind; and
    what a sale pays at most weighs nothing on what is small."""
    fixed = sum(level.each_minor.get(currency, 0) for level in rule.levels)
    rates = sum(level.rate_bp for level in rule.levels)
    sizes = {EXAMPLE_MINOR}
    if fixed:
        sizes |= {max(1, fixed * BASIS // rule.cap_bp)}
        sizes |= {max(1, fixed * BASIS // (rule.cap_bp - rates))} if rates < rule.cap_bp else set()
    if most := rule.at_most_minor.get(currency):
        sizes |= {most, *(most * BASIS // level.rate_bp for level in rule.levels if level.rate_bp)}
    return sizes


def paid(plan: SalePlan, rule: SaleRule, of_minor: int, currency: str) -> int:
    """What all levels together get of a sale of one piece, with somebody at each who may be paid."""
    return sum(credit.credited_minor for credit in shared(plan, rule, of_minor, currency))


def shared(plan: SalePlan, rule: SaleRule, of_minor: int, currency: str) -> list[Credit]:
    """What each level gets of a sale of one piece, with somebody at each who may be paid."""
    upline = _upline(plan, rule, ())
    return credits(plan, upline, currency, [Portion(rule.id, of_minor, pieces=1)])


def period_cost_bp(plan: PlanDocument) -> dict[str, int]:
    """The most that each rule of a period can pay of what is sold in it, in basis points, rounded up.

    A team's tier is paid to everybody above a sale as deep as it counts; a goal costs most for
    whoever just reached it; a board for sellers who just reached what it asks for.
    """
    said = plan.period
    if said is None:
        return {}
    found = {
        rule.id: max(tier.rate_bp for tier in rule.tiers) * (rule.depth + 1) for rule in said.tiers
    }
    for goal in said.goals:
        found[goal.id] = max(
            _of(pays, goal.personal_minor[code]) for code, pays in goal.pays_minor.items()
        )
    for pool in said.pools:
        found[pool.id] = pool.share_bp
    for board in said.leaderboards:
        found[board.id] = max(
            _of(prizes[0], board.least_minor[code]) for code, prizes in board.prizes_minor.items()
        )
    return found


def _of(pays_minor: int, sold_minor: int) -> int:
    return -(-pays_minor * BASIS // sold_minor)


def rates_of_sale(rule: SaleRuleDocument) -> list[int]:
    """Each level's rate of the sale itself, in basis points; 0 for fixed money."""
    rates = [level.rate_bp for level in rule.levels]
    if rule.levels_of != "sale":
        for level in range(1, len(rates)):
            rates[level] = rates[level - 1] * rates[level] // BASIS
    return rates
