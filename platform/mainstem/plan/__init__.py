"""The compensation plan: what it may say, what it gives, and how that is told. Knows no database."""

from mainstem.plan.costs import worst_case
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
from mainstem.plan.document import PlanDocument, compiled, from_first_format
from mainstem.plan.evaluate import Earning, SaleFacts, Share, Sold, evaluate, shares_of
from mainstem.plan.explain import Basis, Explanation, explain, tell
from mainstem.plan.findings import lint
from mainstem.plan.grounds import Finding
from mainstem.plan.sales import Level, Portion, SalePlan, SaleRule, credits
from mainstem.plan.uplines import Member
from mainstem.plan.words import Clause, clauses, difference

__all__ = [
    "NOBODY",
    "Basis",
    "Clause",
    "Earning",
    "Explanation",
    "Finding",
    "Level",
    "Member",
    "Plan",
    "PlanAsks",
    "PlanDocument",
    "PlanRefused",
    "Portion",
    "Rule",
    "SaleFacts",
    "SalePlan",
    "SaleRule",
    "Share",
    "Sold",
    "clauses",
    "compiled",
    "credits",
    "difference",
    "evaluate",
    "explain",
    "fingerprint",
    "from_first_format",
    "lint",
    "parse",
    "refuse_what_nobody_expects",
    "shares_of",
    "tell",
    "worst_case",
]
