"""The compensation plan: what it may say, what it gives, and how that is told. Knows no database."""

from mainstem.plan.definition import (
    NOBODY,
    Plan,
    PlanAsks,
    PlanRefused,
    Rule,
    fingerprint,
    parse,
    refuse_what_nobody_expects,
)
from mainstem.plan.evaluate import Earning, SaleFacts, Share, Sold, evaluate, shares_of
from mainstem.plan.explain import Basis, Explanation, explain, tell

__all__ = [
    "NOBODY",
    "Basis",
    "Earning",
    "Explanation",
    "Plan",
    "PlanAsks",
    "PlanRefused",
    "Rule",
    "SaleFacts",
    "Share",
    "Sold",
    "evaluate",
    "explain",
    "fingerprint",
    "parse",
    "refuse_what_nobody_expects",
    "shares_of",
    "tell",
]
