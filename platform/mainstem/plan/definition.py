"""A plan is a closed, typed document: what cannot be said in it cannot be paid.

    {"name": "First plan", "rules": {
        "goods":   {"pays_on": "delivered_sale", "levels_bp": [1000, 300, 100], "cap_bp": 1400,
                    "hold_days": 30},
        "service": {"pays_on": "delivered_sale", "levels_bp": [600, 150, 50], "cap_bp": 800,
                    "hold_days": 14}},
     "minimum_payout_minor": {"SEK": 20000}}

Level 0 is the affiliate who won the client; each further level is one sponsor up. Basis points are
of the commissionable value. The rounding is the only one there is: the whole of a rule is floored
at its cap and split by largest remainder, a tie to the lower level; reversals are cumulative.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mainstem.kit.errors import Problem, Refused
from mainstem.money import BASIS
from mainstem.plan.percent import percent

KINDS = ("goods", "service")
PAYS_ON = "delivered_sale"
NOBODY = 0
"""Stands in an upline where an ancestor was not eligible; the parent keeps that share."""
LEVELS_MAX = 10
HOLD_DAYS_MIN = 14
"""No commission is payable before the client's fourteen days of withdrawal are over."""
HOLD_DAYS_MAX = 365


@dataclass(frozen=True, slots=True)
class Rule:
    """What a sale pays: a rate per level, a cap on their sum, and how long it is held.

    Its name is its id in this version of the plan, which an order line keeps; which kind of product
    it is for is another thing. Several rules may be for one kind.
    """

    name: str
    kind: str
    levels_bp: tuple[int, ...]
    cap_bp: int
    hold_days: int

    def present_bp(self, upline: Sequence[int]) -> int:
        """The rates of the levels that an upline has somebody for, together."""
        return sum(rate for who, rate in zip(upline, self.levels_bp, strict=False) if who != NOBODY)


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of the plan; it never changes after it is published."""

    version: int
    name: str
    rules: Mapping[str, Rule]
    minimum_payout_minor: Mapping[str, int]

    @property
    def levels(self) -> int:
        """How many people one sale can pay."""
        return max(len(rule.levels_bp) for rule in self.rules.values())

    def rule_for(self, kind: str) -> Rule:
        """The rule by which a line of this kind of product is sold: the first that is for it."""
        return next(rule for rule in self.rules.values() if rule.kind == kind)


class PlanRefused(Refused):
    """The plan cannot be published; every reason is named."""

    code: ClassVar[str] = "plan_refused"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "This plan cannot be published."


class PlanAsks(Refused):
    """The plan does what its reader may not expect; whoever publishes it is to say that it is meant."""

    code: ClassVar[str] = "plan_asks"
    status: ClassVar[int] = 409
    message: ClassVar[str] = (
        "This plan pays less than its rates say. Publish it only if that is meant."
    )


def refuse_what_nobody_expects(plan: Plan, *, confirmed: bool) -> None:
    """Refuse levels that add up to more than the whole, and ask about levels that their cap cuts.

    Only for a plan that is about to be published: what was published before stands as it is.
    """
    above = [rule for rule in plan.rules.values() if sum(rule.levels_bp) > BASIS]
    if above:
        raise PlanRefused(
            *(
                Problem(
                    f"/rules/{rule.name}/levels_bp",
                    "more_than_the_whole",
                    "The levels of {rule} add up to {sum} %, more than the whole of what is sold.",
                    {"rule": rule.name, "sum": percent(sum(rule.levels_bp))},
                )
                for rule in above
            )
        )
    cut = [rule for rule in plan.rules.values() if sum(rule.levels_bp) > rule.cap_bp]
    if cut and not confirmed:
        raise PlanAsks(
            *(
                Problem(
                    f"/rules/{rule.name}/levels_bp",
                    "levels_above_cap",
                    "The levels of {rule} add up to {sum} %, above the cap of {cap} %. On a sale with"
                    " all of them, each gives way in proportion: level 0 gets {paid} % instead of"
                    " {rate} %.",
                    {
                        "rule": rule.name,
                        "sum": percent(sum(rule.levels_bp)),
                        "cap": percent(rule.cap_bp),
                        "rate": percent(rule.levels_bp[0]),
                        "paid": percent(rule.levels_bp[0] * rule.cap_bp, sum(rule.levels_bp)),
                    },
                )
                for rule in cut
            )
        )


def parse(document: Mapping[str, Any], *, version: int) -> Plan:
    """The plan that a document says. Raises PlanRefused with a pointer to everything wrong."""
    problems: list[Problem] = []
    _only(document, {"name", "rules", "minimum_payout_minor"}, "", problems)
    name = document.get("name")
    if not isinstance(name, str) or not name:
        problems.append(Problem("/name", "invalid_field", "Give the plan a name."))
    given = document.get("rules")
    rules: dict[str, Rule] = {}
    if not isinstance(given, Mapping) or set(given) != set(KINDS):
        problems.append(
            Problem("/rules", "invalid_field", "Give one rule for goods and one for service.")
        )
    else:
        for kind in KINDS:
            rule = _rule(kind, given[kind], problems)
            if rule:
                rules[kind] = rule
    minimum = document.get("minimum_payout_minor", {})
    if not isinstance(minimum, Mapping) or not all(
        isinstance(k, str) and len(k) == 3 and type(v) is int and v > 0 for k, v in minimum.items()
    ):
        problems.append(
            Problem(
                "/minimum_payout_minor",
                "invalid_field",
                "Give whole minor units above zero per currency.",
            )
        )
    if problems:
        raise PlanRefused(*problems)
    assert isinstance(name, str)
    return Plan(version, name, rules, dict(minimum))


def fingerprint(document: Mapping[str, Any]) -> str:
    """The hash by which a version is known: the same for the same plan, however it was typed."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _rule(kind: str, given: Any, problems: list[Problem]) -> Rule | None:
    at = f"/rules/{kind}"
    if not isinstance(given, Mapping):
        problems.append(Problem(at, "invalid_field", "A rule is a table of settings."))
        return None
    before = len(problems)
    _only(given, {"pays_on", "levels_bp", "cap_bp", "hold_days"}, at, problems)
    if given.get("pays_on") != PAYS_ON:
        # Koscot, the UCPD's black list and Mainstem agree: recruiting earns nothing, ever.
        problems.append(
            Problem(f"{at}/pays_on", "pays_without_sale",
                    "Only a delivered sale may pay. Joining, recruiting, training and own purchases never do.")
        )  # fmt: skip
    levels = given.get("levels_bp")
    if (
        not isinstance(levels, list)
        or not 1 <= len(levels) <= LEVELS_MAX
        or not all(type(bp) is int and 0 <= bp <= BASIS for bp in levels)
    ):
        problems.append(
            Problem(f"{at}/levels_bp", "invalid_field", "Give one to ten rates in basis points.")
        )
        levels = None
    elif any(bp > levels[0] for bp in levels[1:]):
        problems.append(
            Problem(
                f"{at}/levels_bp",
                "upline_above_seller",
                "No sponsor may earn more on a sale than who made it.",
            )
        )
    cap = given.get("cap_bp")
    if type(cap) is not int or not 0 < cap <= BASIS:
        problems.append(
            Problem(f"{at}/cap_bp", "invalid_field", "Give the cap on all levels in basis points.")
        )
    hold = given.get("hold_days")
    if type(hold) is not int or not HOLD_DAYS_MIN <= hold <= HOLD_DAYS_MAX:
        problems.append(
            Problem(f"{at}/hold_days", "hold_too_short", "Hold commissions for 14 to 365 days.")
        )
    if len(problems) > before:
        return None
    assert isinstance(levels, list)
    assert isinstance(cap, int)
    assert isinstance(hold, int)
    return Rule(kind, kind, tuple(levels), cap, hold)


def _only(given: Mapping[str, Any], known: set[str], at: str, problems: list[Problem]) -> None:
    for name in sorted(set(given) - known):
        problems.append(
            Problem(
                f"{at}/{name}",
                "unknown_field",
                "A plan has no setting called {name}.",
                {"name": name},
            )
        )
