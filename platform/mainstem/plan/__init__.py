"""The compensation plan: what it may say, what it gives, and how that is told. Knows no database."""

from mainstem.plan.definition import Plan, PlanRefused, Rule, parse
from mainstem.plan.evaluate import NOBODY, Share, evaluate
from mainstem.plan.explain import Explanation, explain, tell

__all__ = [
    "NOBODY",
    "Explanation",
    "Plan",
    "PlanRefused",
    "Rule",
    "Share",
    "evaluate",
    "explain",
    "parse",
    "tell",
]
