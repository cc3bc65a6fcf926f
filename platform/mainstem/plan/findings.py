"""What is unlawful, unwise or not meant in a plan: found before it is published, by every door.

The document is closed, so what pays for recruiting or for own purchases cannot be said in it. Here is told
which law it would have broken, where in the document, and what to write instead. What remains is
looked at as a whole: what it can cost at most, whether a sponsor earns more than who sold, what
somebody gains who splits an order or appears twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from mainstem.kit.errors import Problem
from mainstem.kit.validation import problems_of
from mainstem.money import BASIS, decimal_text
from mainstem.plan.costs import (
    EXAMPLE_MINOR,
    levels_may_exceed,
    most_by_milestone,
    paid,
    period_cost_bp,
    rates_of_sale,
    rules_may_exceed,
)
from mainstem.plan.document import PlanDocument, compiled
from mainstem.plan.exact_shares import Portion
from mainstem.plan.grounds import Finding, finding
from mainstem.plan.milestones import OF_A_LEAD
from mainstem.plan.percent import percent
from mainstem.plan.period_documents import GoalDocument, TierRuleDocument
from mainstem.plan.reward_findings import reward_cost_bp, reward_findings
from mainstem.plan.sale_documents import SaleRuleDocument, WhenDocument
from mainstem.plan.sale_rules import SalePlan, SaleRule
from mainstem.plan.sales import credits
from mainstem.plan.splitting import period_split
from mainstem.plan.unlawful import unlawful
from mainstem.plan.uplines import Member
from mainstem.plan.worst_months import bound_bp, currencies

CAP_BY_NOT_SAID = "cap_by_not_said"
"""Asked of whoever publishes a plan; a version that was published before it could be said gives way in
proportion."""
TEAMS_NOT_SAID = "teams_not_said"
"""Likewise: a version that was published before it could be said counts a team as at the close."""
SAID_SINCE = {CAP_BY_NOT_SAID, TEAMS_NOT_SAID}
HOLD_DAYS_SAFE = 28
"""The fourteen days of withdrawal, and fourteen in which the money goes back."""
LEVELS_SAFE = 3
CLIFF_PARTS = 20
_SEVERITIES = ("refuse", "warn", "note")


def lint(sent: Mapping[str, Any]) -> list[Finding]:
    """Everything in a plan, as it was sent, that is refused, warned of or noted; what is refused first.

    A plan with nothing refused may be published.
    """
    try:
        plan = PlanDocument.model_validate(sent)
    except ValidationError as error:
        return [_wrong(problem, sent) for problem in problems_of(error)]
    found = [*_each_rule(plan), *_together(plan), *_period(plan), *_rewards(plan)]
    return sorted(found, key=lambda one: _SEVERITIES.index(one.severity))


def _wrong(problem: Problem, sent: Mapping[str, Any]) -> Finding:
    code = unlawful(problem, sent)
    if code:
        return finding(code, problem.pointer)
    return Finding(problem.code, "refuse", problem)


# ---------------------------------------------------------------- each rule


def _each_rule(plan: PlanDocument) -> Iterator[Finding]:
    for number, rule in enumerate(plan.rules):
        at = f"/rules/{number}"
        yield from _sponsors(rule, at)
        if rule.cap_by is None and levels_may_exceed(rule):
            yield finding(CAP_BY_NOT_SAID, f"{at}/cap_by")
        if rule.cap_bp > plan.cap_bp:
            yield finding(
                "above_what_the_plan_allows", f"{at}/cap_bp",
                cap=percent(rule.cap_bp), all=percent(plan.cap_bp),
            )  # fmt: skip
        if rule.base == "margin":
            yield finding("margin_tells_the_cost", f"{at}/base")
        if rule.hold_days < HOLD_DAYS_SAFE and rule.when.kind != "service":
            yield finding("short_hold", f"{at}/hold_days", days=rule.hold_days, safe=HOLD_DAYS_SAFE)
        for other in plan.rules[:number]:
            if _takes_all(other, rule):
                yield finding("never_reached", at, other=other.id)
                break


def _sponsors(rule: SaleRuleDocument, at: str) -> Iterator[Finding]:
    if len(rule.levels) > LEVELS_SAFE:
        yield finding("many_levels", f"{at}/levels", levels=len(rule.levels))
    rates = rates_of_sale(rule)
    seller, *sponsors = rates
    for level, rate in enumerate(sponsors, 1):
        fixed = rule.levels[level].each_minor
        below = rule.levels[0].each_minor
        if rate > seller or any(minor > below.get(code, 0) for code, minor in fixed.items()):
            yield finding(
                "upline_above_seller", f"{at}/levels/{level}", level=level, seller=percent(seller)
            )
    if sum(sponsors) > seller:
        yield finding(
            "sponsors_earn_more_together", f"{at}/levels",
            sponsors=percent(sum(sponsors)), seller=percent(seller),
        )  # fmt: skip
    if sum(rates) > BASIS:
        yield finding("more_than_the_whole", f"{at}/levels", sum=percent(sum(rates)))
    elif sum(rates) > rule.cap_bp and rule.cap_by == "priority":
        yield finding(
            "levels_above_cap_by_priority", f"{at}/levels",
            sum=percent(sum(rates)), cap=percent(rule.cap_bp), level=_last_paid(rates, rule.cap_bp),
        )  # fmt: skip
    elif sum(rates) > rule.cap_bp:
        yield finding(
            "levels_above_cap", f"{at}/levels",
            sum=percent(sum(rates)), cap=percent(rule.cap_bp), rate=percent(seller),
            paid=percent(seller * rule.cap_bp, sum(rates)),
        )  # fmt: skip


def _last_paid(rates: list[int], cap_bp: int) -> int:
    """The last level that gets something of a cap, where the lower one is paid first."""
    below = (sum(rates[:level]) for level in range(len(rates)))
    return max(level for level, taken in enumerate(below) if taken < cap_bp)


def _takes_all(first: SaleRuleDocument, other: SaleRuleDocument) -> bool:
    """Whether everything that the other rule is for falls under the first."""
    if (
        first.fixed
        or not _asks_no_more(first.when, other.when)
        or (first.base == "margin" != other.base)
    ):
        return False
    wide, narrow = first.when, other.when
    return (
        all(
            not getattr(wide, name) or set(getattr(narrow, name) or {None}) <= set(getattr(wide, name))
            for name in ("departments", "products", "storefronts", "affiliates", "groups")
        )
        and wide.kind in ("", narrow.kind)
        and (wide.milestone or "delivered") == (narrow.milestone or "delivered")
        and wide.clients in ("any", narrow.clients)
        and _no_later(wide, narrow)
        and all(
            getattr(wide, name) is None
            or (getattr(narrow, name) is not None and getattr(narrow, name) <= getattr(wide, name))
            for name in ("months_max", "orders_max")
        )
    )  # fmt: skip


def _asks_no_more(wide: WhenDocument, narrow: WhenDocument) -> bool:
    """Whether whatever order is large enough for one rule is for the other, in every currency."""
    asked, others = wide.order_min_minor, narrow.order_min_minor
    return not asked or (
        others.keys() <= asked.keys()
        and bool(others)
        and all(asked[currency] <= least for currency, least in others.items())
    )


def _no_later(wide: WhenDocument, narrow: WhenDocument) -> bool:
    starts = wide.starts_on is None or (narrow.starts_on or wide.starts_on.min) >= wide.starts_on
    ends = wide.ends_on is None or (narrow.ends_on or wide.ends_on.max) <= wide.ends_on
    return starts and ends


# ---------------------------------------------------------------- all of it together


def _period(plan: PlanDocument) -> Iterator[Finding]:
    costs = period_cost_bp(plan)
    of_rules, periods = bound_bp(plan)
    sales = min(plan.cap_bp, of_rules + reward_cost_bp(plan.refer_a_friend))
    if costs and sales + periods > plan.cap_bp:
        yield finding(
            "costs_more_than_agreed", "/period",
            sales=percent(sales), periods=percent(periods), cap=percent(plan.cap_bp),
            worst=", ".join(f"{name} {percent(cost)} %" for name, cost in costs.items()),
        )  # fmt: skip
    yield from _of_all_together(plan)
    if plan.period and plan.period.counts_teams and plan.period.teams is None:
        yield finding(TEAMS_NOT_SAID, "/period/teams")
    for number, rule in enumerate(plan.period.tiers if plan.period else ()):
        if rule.of == "whole":
            yield from _cliffs(plan, rule, f"/period/tiers/{number}/tiers")
    for number, goal in enumerate(plan.period.goals if plan.period else ()):
        yield from _goal(plan, goal, f"/period/goals/{number}")
    yield from _appearing_twice(plan)


def _goal(plan: PlanDocument, goal: GoalDocument, at: str) -> Iterator[Finding]:
    for currency, pays in sorted(goal.pays_minor.items())[:1]:
        start = goal.personal_minor[currency]
        if _is_cliff(plan, start, pays):
            yield finding(
                "goal_is_a_cliff", at, at=_written(start, currency), jump=_written(pays, currency)
            )


def _is_cliff(plan: PlanDocument, start_minor: int, jump_minor: int) -> bool:
    """Whether one unit more raises the pay by more than a twentieth of all that may be paid of the volume."""
    return jump_minor * CLIFF_PARTS * BASIS > start_minor * plan.cap_bp


def _appearing_twice(plan: PlanDocument) -> Iterator[Finding]:
    for currency in currencies(plan):
        gain = period_split(plan, currency)
        if gain is not None:
            yield finding(
                "twice_in_a_period_gains", "/period",
                whole=_written(gain.sold_minor, currency), once=_written(gain.once_minor, currency),
                twice=_written(gain.paid_minor, currency),
                tree=gain.tree(partial(_written, currency=currency)),
            )  # fmt: skip
            return


def _of_all_together(plan: PlanDocument) -> Iterator[Finding]:
    """What a sponsor gets for a first sale beside their share of it, and what an activity at close asks."""
    if plan.period is None:
        return
    rates = [rates_of_sale(rule) for rule in plan.rules if not rule.levels[0].each_minor]
    left = min((seller - (more[0] if more else 0) for seller, *more in rates), default=0)
    for number, first in enumerate(plan.period.first_sales):
        if first.at_most_bp > left:
            yield finding(
                "first_sale_above_seller",
                f"/period/first_sales/{number}/at_most_bp",
                left=percent(max(left, 0)),
            )
    if plan.period.overrides:
        yield finding("all_or_nothing_at_close", "/period/overrides")


def _rewards(plan: PlanDocument) -> Iterator[Finding]:
    if plan.refer_a_friend:
        of_rules = min(plan.cap_bp, bound_bp(plan)[0])
        yield from reward_findings(plan.refer_a_friend, cap_bp=plan.cap_bp, sales_bp=of_rules)


def _cliffs(plan: PlanDocument, rule: TierRuleDocument, at: str) -> Iterator[Finding]:
    for number, (low, high) in enumerate(pairwise(rule.tiers), 1):
        for currency, start in sorted(high.from_minor.items())[:1]:
            jump = start * (high.rate_bp - low.rate_bp) // BASIS
            if _is_cliff(plan, start, jump):
                yield finding(
                    "cliff",
                    f"{at}/{number}",
                    at=_written(start, currency),
                    jump=_written(jump, currency),
                )


def _together(plan: PlanDocument) -> Iterator[Finding]:
    if plan.cap_by is None and rules_may_exceed(plan):
        yield finding(CAP_BY_NOT_SAID, "/cap_by")
    for kind, code in (
        ("goods", "some_goods_pay_nothing"),
        ("service", "some_services_pay_nothing"),
    ):
        if not any(_is_for_all(rule, kind) for rule in plan.rules):
            yield finding(code, "/rules")
    most = most_by_milestone(plan)
    if len(most) > 1 and sum(most.values()) > plan.cap_bp:
        yield finding(
            "milestones_above_plan", "/rules",
            sum=percent(sum(most.values())), cap=percent(plan.cap_bp),
            each=", ".join(f"{name} {percent(cost)} %" for name, cost in most.items()),
        )  # fmt: skip
    sale = compiled(plan)
    for number, rule in enumerate(sale.rules):
        yield from _split(sale, rule, f"/rules/{number}")
        yield from _large_orders(plan, sale, rule, f"/rules/{number}/when/order_min_minor")


def _is_for_all(rule: SaleRuleDocument, kind: str) -> bool:
    """Whether a rule is for every line of a kind: it asks nothing else, and states no amounts."""
    asks = rule.when.model_dump(exclude={"kind", "milestone"})
    return (
        rule.when.kind in ("", kind)
        # A service that was bought without a request was neither qualified nor won.
        and rule.when.milestone not in OF_A_LEAD
        and asks == WhenDocument.model_validate({}).model_dump(exclude={"kind", "milestone"})
        and not rule.fixed
        and rule.base != "margin"
    )


def _split(plan: SalePlan, rule: SaleRule, at: str) -> Iterator[Finding]:
    """What is gained by splitting an order, and by appearing twice: looked for, and shown."""
    yield from _halved(plan, rule, "at_most_minor", "split_order_gains", at)
    yield from _halved(plan, rule, "at_most_line_minor", "split_line_gains", at)
    yield from _halved(plan, rule, "at_most_client_minor", "split_client_gains", at)
    if len(rule.levels) > 1 and not rule.levels[1].groups:
        alone, below = Member(1, own_sales=10**6), Member(2, own_sales=10**6)
        portion = [Portion(rule.id, EXAMPLE_MINOR, pieces=1)]
        currency = next(
            iter(
                rule.at_most_minor
                or rule.at_most_line_minor
                or rule.at_most_client_minor
                or rule.when.order_min_minor
                or rule.levels[0].each_minor
                or {"SEK": 0}
            )
        )
        once = sum(one.credited_minor for one in credits(plan, [alone], currency, portion))
        twice = sum(one.credited_minor for one in credits(plan, [below, alone], currency, portion))
        if twice > once:
            yield finding(
                "twice_in_the_tree_gains", f"{at}/levels/1",
                once=percent(once, EXAMPLE_MINOR // BASIS), twice=percent(twice, EXAMPLE_MINOR // BASIS),
            )  # fmt: skip


def _large_orders(plan: PlanDocument, sale: SalePlan, rule: SaleRule, at: str) -> Iterator[Finding]:
    """An order of which one unit more pays what none below it pays, whatever the rules after it are for."""
    for currency, least in sorted(rule.when.order_min_minor.items()):
        pays = paid(sale, rule, least, currency)
        if _is_cliff(plan, least, pays):
            yield finding(
                "large_order_is_a_cliff", f"{at}/{currency}",
                at=_written(least, currency), pays=_written(pays, currency),
            )  # fmt: skip
            return


def _halved(plan: SalePlan, rule: SaleRule, limit: str, code: str, at: str) -> Iterator[Finding]:
    """What two halves pay more than the whole that reaches a fixed limit: in the first currency where they do."""
    for currency, most in getattr(rule, limit).items():
        whole = _reaching(rule, most) * 2
        once = paid(plan, rule, whole, currency)
        twice = 2 * paid(plan, rule, whole // 2, currency)
        if twice > once:
            yield finding(
                code, f"{at}/{limit}/{currency}",
                most=_written(most, currency), whole=_written(whole, currency),
                once=_written(once, currency), twice=_written(twice, currency),
            )  # fmt: skip
            return


def _reaching(rule: SaleRule, most: int) -> int:
    """A sale on which the seller's rate comes to what one sale pays at most."""
    rate = rule.levels[0].rate_bp
    return -(-most * BASIS // rate) if rate else EXAMPLE_MINOR


def _written(minor: int, currency: str) -> str:
    return f"{decimal_text(minor, currency)} {currency}"
