"""What a plan can cost at most: the sale that costs most, and what each rule of a period can."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

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

DELIVERED = "delivered"
"""The milestone of what names none."""


def most_by_milestone(plan: PlanDocument) -> dict[str, int]:
    """What each milestone of a service can pay at most, in basis points."""
    found: dict[str, int] = {}
    for rule in plan.rules:
        if rule.when.kind == "goods":
            continue
        milestone = rule.when.milestone or DELIVERED
        found[milestone] = max(found.get(milestone, 0), at_most_bp(rule))
    return found


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The sale that costs most: under which rule, of how much, what it pays; and at which levels nobody is paid,
    where it costs more without them. Of a service with milestones it is the rules of all of them, joined by a plus."""

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

    A service can fall under one rule of each milestone: the dearest of each are tried together.
    """
    alone = [worst_of(plan, [rule], currency) for rule in plan.rules]
    dearest: dict[str, tuple[Fraction, SaleRule]] = {}
    for rule, case in zip(plan.rules, alone, strict=True):
        milestone = rule.when.milestone or DELIVERED
        if rule.when.kind == "goods":
            continue
        if milestone not in dearest or case.share > dearest[milestone][0]:
            dearest[milestone] = (case.share, rule)
    together = [rule for _, rule in dearest.values()]
    cases = alone if len(together) < 2 else [*alone, worst_of(plan, together, currency)]
    return max(cases, key=lambda case: (case.share, case.of_minor))


def worst_of(plan: SalePlan, rules: Sequence[SaleRule], currency: str) -> WorstCase:
    """The most that a sale can pay under one rule, or under several, one for each of its milestones."""
    most = Fraction(min(sum(rule.cap_bp for rule in rules), plan.cap_bp), BASIS)
    name = " + ".join(rule.id for rule in rules)
    worst = WorstCase(name, EXAMPLE_MINOR, 0)
    least = max(rule.when.order_min_minor.get(currency, 0) for rule in rules)
    sizes = sorted({max(of, least) for rule in rules for of in _sizes(rule, currency)})
    for unpaid in _choices(plan, rules):
        for of in sizes:
            got = shared_by(plan, rules, of, currency, unpaid=unpaid)
            case = WorstCase(name, of, sum(one.credited_minor for one in got), unpaid)
            if (case.share, -len(unpaid), of) > (worst.share, -len(worst.unpaid), worst.of_minor):
                worst = case
        if worst.share == most:
            break  # no choice can cost more than the caps let it
    return worst


def _choices(plan: SalePlan, rules: Sequence[SaleRule]) -> Iterator[tuple[int, ...]]:
    """Every set of levels that can stay unpaid while higher ones are paid, and every end of an upline."""
    passing = plan.uplines
    above = "uses_up_level" in (passing.house, passing.suspended) or (
        passing.own_sales_min > 0 and passing.inactive == "uses_up_level"
    )
    deepest = max(len(rule.levels) for rule in rules)
    picky = {
        n
        for rule in rules
        for n, level in enumerate(rule.levels)
        if level.groups or level.rank_from
    }
    for end in range(deepest, 0, -1):
        missing = [level for level in range(end - 1) if level == 0 or above or level in picky]
        for many in range(len(missing) + 1):
            for unpaid in combinations(missing, many):
                yield (*unpaid, *range(end, deepest))


def _upline(plan: SalePlan, rules: Sequence[SaleRule], unpaid: Collection[int]) -> list[Member]:
    """Somebody at each level who has all that any level asks for, or who is paid at none."""
    levels = [level for rule in rules for level in rule.levels]
    groups = frozenset[str]().union(*(level.groups for level in levels))
    rank = max(level.rank_from for level in levels)
    enough, uses_up = plan.uplines.own_sales_min, "uses_up_level"
    return [
        Member(n + 1, own_sales=enough, groups=groups, rank=rank)
        if n not in unpaid
        else Member(
            n + 1,
            house=n == 0 or plan.uplines.house == uses_up,
            suspended=plan.uplines.house != uses_up and plan.uplines.suspended == uses_up,
        )
        for n in range(max(len(rule.levels) for rule in rules))
    ]


def _sizes(rule: SaleRule, currency: str) -> set[int]:
    """Sales on which something begins to bind: fixed money weighs most on what is cheap, where the caps bind; and
    what a sale or a line pays at most weighs nothing on what is small."""
    fixed = sum(level.each_minor.get(currency, 0) for level in rule.levels)
    rates = sum(level.rate_bp for level in rule.levels)
    sizes = {EXAMPLE_MINOR}
    if fixed:
        sizes |= {max(1, fixed * BASIS // rule.cap_bp)}
        sizes |= {max(1, fixed * BASIS // (rule.cap_bp - rates))} if rates < rule.cap_bp else set()
    for limit in rule.limits:
        if most := limit.get(currency):
            sizes |= {
                most, *(most * BASIS // level.rate_bp for level in rule.levels if level.rate_bp)
            }  # fmt: skip
    return sizes


def paid(plan: SalePlan, rule: SaleRule, of_minor: int, currency: str) -> int:
    """What all levels together get of a sale of one piece, with somebody at each who may be paid."""
    return sum(credit.credited_minor for credit in shared(plan, rule, of_minor, currency))


def shared(plan: SalePlan, rule: SaleRule, of_minor: int, currency: str) -> list[Credit]:
    """What each level gets of a sale of one piece, with somebody at each who may be paid."""
    return shared_by(plan, [rule], of_minor, currency)


def shared_by(
    plan: SalePlan,
    rules: Sequence[SaleRule],
    of_minor: int,
    currency: str,
    *,
    unpaid: Collection[int] = (),
) -> list[Credit]:
    """The same of a service that falls under several rules, one for each of its milestones; or with nobody who
    is paid at some levels."""
    portions = [
        Portion(rule.id, of_minor, pieces=1, worth_minor=0 if n else None)
        for n, rule in enumerate(rules)
    ]
    return credits(plan, _upline(plan, rules, unpaid), currency, portions)


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
            milestone = rule.when.milestone or DELIVERED
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
