"""What a plan can cost at most: the sale that costs most, and what each rule of a period can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mainstem.money import BASIS
from mainstem.plan.credit import Credit
from mainstem.plan.document import PlanDocument
from mainstem.plan.exact_shares import Portion
from mainstem.plan.sale_documents import SaleRuleDocument
from mainstem.plan.sale_rules import SalePlan, SaleRule
from mainstem.plan.sales import credits
from mainstem.plan.uplines import Member

KINDS = ("goods", "service")

EXAMPLE_MINOR = 1_000_000
"""The sale that costs are shown on: ten thousand, where cents are counted."""


def most_by_milestone(plan: PlanDocument) -> dict[str, int]:
    """What each milestone of a service can pay at most, in basis points."""
    found: dict[str, int] = {}
    for rule in plan.rules:
        if rule.when.kind == "goods":
            continue
        milestone = rule.when.milestone or "delivered"
        found[milestone] = max(found.get(milestone, 0), at_most_bp(rule))
    return found


def most_of_a_sale(plan: PlanDocument) -> int:
    """What a sale can pay at most, in basis points, as far as its rules go: under one of them, or of a service
    under one of each milestone."""
    of_service = sum(most_by_milestone(plan).values())
    return min(plan.cap_bp, max(of_service, *(at_most_bp(rule) for rule in plan.rules)))


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The sale that costs most: under which rule, and what it pays of `of_minor`. Of a service with
    milestones it is the rules of all of them, joined by a plus."""

    rule: str
    of_minor: int
    paid_minor: int


def worst_case(plan: SalePlan, currency: str = "SEK") -> WorstCase:
    """The most that a sale can pay, found by trying every rule with everybody of an upline there.

    Levels only add, and whoever is missing only takes away; fixed money weighs most on what is
    cheap, where the caps bind. A service can fall under one rule of each milestone: the dearest of each
    are tried together. So these are all the sales there are to try.
    """
    amounts = {
        of for rule in plan.rules for of in (EXAMPLE_MINOR, *_cheap(rule, currency))
    }  # fmt: skip
    return max(
        (
            case
            for of in sorted(amounts)
            for case in (*_alone(plan, of, currency), *_by_milestone(plan, of, currency))
        ),
        key=lambda case: (case.paid_minor * EXAMPLE_MINOR // case.of_minor, case.of_minor),
    )


def _alone(plan: SalePlan, of: int, currency: str) -> Iterable[WorstCase]:
    for rule in plan.rules:
        yield WorstCase(rule.id, of, paid(plan, rule, of, currency))


def _by_milestone(plan: SalePlan, of: int, currency: str) -> Iterable[WorstCase]:
    dearest: dict[str, tuple[int, SaleRule]] = {}
    for rule in plan.rules:
        if rule.when.kind == "goods":
            continue
        pays = paid(plan, rule, of, currency)
        before = dearest.get(rule.when.milestone)
        if before is None or pays > before[0]:
            dearest[rule.when.milestone] = (pays, rule)
    if len(dearest) > 1:
        rules = [rule for _, rule in dearest.values()]
        together = sum(one.credited_minor for one in shared_by(plan, rules, of, currency))
        yield WorstCase(" + ".join(rule.id for rule in rules), of, together)


def _cheap(rule: SaleRule, currency: str) -> Iterable[int]:
    fixed = sum(level.each_minor.get(currency, 0) for level in rule.levels)
    return (max(1, fixed * BASIS // rule.cap_bp),) if fixed else ()


def paid(plan: SalePlan, rule: SaleRule, of_minor: int, currency: str) -> int:
    """What all levels together get of a sale of one piece, with somebody at each who may be paid."""
    return sum(credit.credited_minor for credit in shared(plan, rule, of_minor, currency))


def shared(plan: SalePlan, rule: SaleRule, of_minor: int, currency: str) -> list[Credit]:
    """What each level gets of a sale of one piece, with somebody at each who may be paid."""
    return shared_by(plan, [rule], of_minor, currency)


def shared_by(
    plan: SalePlan, rules: Sequence[SaleRule], of_minor: int, currency: str
) -> list[Credit]:
    """The same of a service that falls under several rules, one for each of its milestones."""
    levels = [level for rule in rules for level in rule.levels]
    groups = frozenset().union(*(level.groups for level in levels))
    rank = max(level.rank_from for level in levels)
    enough = plan.uplines.own_sales_min
    deepest = max(len(rule.levels) for rule in rules)
    upline = [Member(n + 1, own_sales=enough, groups=groups, rank=rank) for n in range(deepest)]
    portions = [
        Portion(rule.id, of_minor, pieces=1, worth_minor=0 if n else None)
        for n, rule in enumerate(rules)
    ]
    return credits(plan, upline, currency, portions)


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
    for first in said.first_sales:
        found[first.id] = first.at_most_bp
    for board in said.leaderboards:
        found[board.id] = max(
            _of(prizes[0], board.least_minor[code]) for code, prizes in board.prizes_minor.items()
        )
    return found


def at_most_bp(rule: SaleRuleDocument) -> int:
    """What a rule can pay of a sale: its rates, or its cap where they are more or in fixed money."""
    fixed = any(level.each_minor for level in rule.levels)
    return rule.cap_bp if fixed else min(rule.cap_bp, sum(rates_of_sale(rule)))


def levels_may_exceed(rule: SaleRuleDocument) -> bool:
    """Whether several levels of a rule may together come to more than its cap: who gives way matters."""
    paid = [level for level in rule.levels if level.rate_bp or level.each_minor]
    if len(paid) < 2:
        return False
    return any(level.each_minor for level in paid) or sum(_exact_rates(rule)) > rule.cap_bp


def rules_may_exceed(plan: PlanDocument) -> bool:
    """Whether several shares of a sale may together come to more than the cap of the plan."""
    several = len(plan.rules) > 1 or len(plan.rules[0].levels) > 1
    return several and any(_reaches_together(plan, kind) > plan.cap_bp for kind in KINDS)


def _reaches_together(plan: PlanDocument, kind: str) -> Fraction:
    """What a line of a kind may come to: a service by a rule of each milestone, goods by one."""
    most: dict[str, Fraction] = {}
    for rule in plan.rules:
        if rule.when.kind in ("", kind):
            milestone = rule.when.milestone or "delivered"
            most[milestone] = max(most.get(milestone, Fraction(0)), _reaches(rule))
    return sum(most.values(), Fraction(0))


def _reaches(rule: SaleRuleDocument) -> Fraction:
    fixed = any(level.each_minor for level in rule.levels)
    cap = Fraction(rule.cap_bp)
    return cap if fixed else min(cap, sum(_exact_rates(rule), Fraction(0)))


def _exact_rates(rule: SaleRuleDocument) -> list[Fraction]:
    """Each level's rate of the sale itself, in basis points and exactly; 0 for fixed money."""
    rates = [Fraction(level.rate_bp) for level in rule.levels]
    for level in range(1, len(rates)):
        rates[level] *= _of_what(rule, rates, level)
    return rates


def _of_what(rule: SaleRuleDocument, rates: Sequence[Fraction], level: int) -> Fraction:
    if rule.levels_of == "sale":
        return Fraction(1)
    return rates[level - 1 if rule.levels_of.startswith("level_below") else 0] / BASIS


def _of(pays_minor: int, sold_minor: int) -> int:
    return -(-pays_minor * BASIS // sold_minor)


def rates_of_sale(rule: SaleRuleDocument) -> list[int]:
    """Each level's rate of the sale itself, in basis points; 0 for fixed money."""
    return [int(rate) for rate in _exact_rates(rule)]
