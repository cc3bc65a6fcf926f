"""Which of the properties that a plan may be wished to have this one has, which it gives up, and what that costs.

No plan has all of them: whoever is paid for what others below sell can stand below themselves (Emek, Karidi,
Tennenholtz and Zohar, 2011), and who is paid without end for bringing others in leaves no bound to what is
paid (Lv and Moscibroda, 2016). So each is looked for and said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from mainstem.money import decimal_text
from mainstem.plan.document import PlanDocument, compiled_period
from mainstem.plan.grounds import Finding
from mainstem.plan.percent import percent
from mainstem.plan.splitting import paid
from mainstem.plan.worst_months import currencies, most_percent, volumes

BUDGET = "No month costs more than {most} % of what is sold, and {cap} % were agreed to."
MORE_FOR_MORE = "Whoever sells more is never paid less."
LESS_FOR_MORE = "At {at} one unit more lowers the pay by {loss}: some will hold a sale back."
FOR_OTHERS = "Sponsors are paid for what those whom they brought in sell."
NOT_FOR_OTHERS = (
    "Nobody is paid for what others sell: nobody but the company has a reason to bring in sellers."
)
WITHOUT_END = (
    "What a team may earn a sponsor ends {levels} levels down, so that the cost has a bound."
)
ONE_ACCOUNT = "Nobody gains by appearing as several."
SEVERAL_ACCOUNTS = "Who appears as several gains, as is shown above: it takes one account for each company, and review."
ONE_ORDER = "Nobody gains by splitting an order."
SEVERAL_ORDERS = "Who splits an order gains, as is shown above."
NO_STEP = "No single unit more raises the pay by more than a twentieth of what may be paid."
STEPS = "There are volumes at which one unit more is worth buying for, as is shown above."

SENTENCES = (
    BUDGET, MORE_FOR_MORE, LESS_FOR_MORE, FOR_OTHERS, NOT_FOR_OTHERS, WITHOUT_END, ONE_ACCOUNT, SEVERAL_ACCOUNTS,
    ONE_ORDER, SEVERAL_ORDERS, NO_STEP, STEPS,
)  # fmt: skip
"""Everything that may be said of a property."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property, whether the plan has it, and what that means, in a sentence with its facts."""

    name: str
    holds: bool
    says: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def properties(plan: PlanDocument, found: Sequence[Finding]) -> list[Property]:
    """Every property of a plan in which nothing was refused; `found` is what was found in it."""
    codes = {one.code for one in found}

    def unless(name: str, holds: str, given_up: str, *by: str) -> Property:
        return Property(name, codes.isdisjoint(by), holds if codes.isdisjoint(by) else given_up)

    return [
        Property("budget", True, BUDGET, {"most": most_percent(plan), "cap": percent(plan.cap_bp)}),
        _more_for_more(plan),
        _for_others(plan),
        Property("without_end", False, WITHOUT_END, {"levels": _deepest(plan)}),
        unless("one_account", ONE_ACCOUNT, SEVERAL_ACCOUNTS,
               "twice_in_the_tree_gains", "twice_in_a_period_gains"),
        unless("one_order", ONE_ORDER, SEVERAL_ORDERS, "split_order_gains"),
        unless("no_step", NO_STEP, STEPS, "cliff", "goal_is_a_cliff", "large_order_is_a_cliff"),
    ]  # fmt: skip


def _more_for_more(plan: PlanDocument) -> Property:
    for currency in currencies(plan):
        rules = compiled_period(plan, currency)
        for less, more in pairwise(volumes(rules)):
            loss = paid(rules, (None,), (less,)) - paid(rules, (None,), (more,))
            if loss > 0:
                facts = {"at": _written(more, currency), "loss": _written(loss, currency)}
                return Property("more_for_more", False, LESS_FOR_MORE, facts)
    return Property("more_for_more", True, MORE_FOR_MORE)


def _for_others(plan: PlanDocument) -> Property:
    holds = _deepest(plan) > 0
    return Property("for_others", holds, FOR_OTHERS if holds else NOT_FOR_OTHERS)


def _deepest(plan: PlanDocument) -> int:
    teams = [rule.depth for rule in plan.period.tiers] if plan.period else []
    return max(*(len(rule.levels) - 1 for rule in plan.rules), *teams, 0)


def _written(minor: int, currency: str) -> str:
    return f"{decimal_text(minor, currency)} {currency}"
