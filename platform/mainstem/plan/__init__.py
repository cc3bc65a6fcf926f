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
from mainstem.plan.document import PlanDocument, compiled, compiled_period, from_first_format
from mainstem.plan.evaluate import Earning, SaleFacts, Share, Sold, evaluate, shares_of
from mainstem.plan.explain import Basis, Explanation, explain, tell
from mainstem.plan.findings import lint
from mainstem.plan.grounds import Finding
from mainstem.plan.words import Clause, clauses, difference

__all__ = [
    "NOBODY",
    "Basis",
    "Clause",
    "Earning",
    "Explanation",
    "Finding",
    "Plan",
    "PlanAsks",
    "PlanDocument",
    "PlanRefused",
    "Rule",
    "SaleFacts",
    "Share",
    "Sold",
    "clauses",
    "compiled",
    "compiled_period",
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
