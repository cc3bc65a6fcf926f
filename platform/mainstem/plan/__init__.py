"""The compensation plan: what it may say, what it gives, and how that is told. Knows no database, but
for `book`, which keeps the published versions."""

from mainstem.plan.client_caps import OfClient, of_client
from mainstem.plan.costs import worst_case
from mainstem.plan.credit import Credit
from mainstem.plan.document import PlanDocument, compiled, compiled_period
from mainstem.plan.exact_shares import Party, Portion
from mainstem.plan.explain import Basis, Explanation, explain, tell, way_of
from mainstem.plan.findings import lint
from mainstem.plan.first_format import from_first_format, is_first_format
from mainstem.plan.grounds import Finding
from mainstem.plan.limits import NO_CAP, NOBODY
from mainstem.plan.line_caps import LinePart
from mainstem.plan.milestones import MILESTONES, OF_A_LEAD, Milestone
from mainstem.plan.not_more import Otherwise, SoldLine, SoldOrder, otherwise, tell_otherwise
from mainstem.plan.property_report import properties
from mainstem.plan.refusals import PlanAsks, PlanRefused
from mainstem.plan.reward_explain import (
    SIDE_WORDS,
    explain_reward,
    tell_no_reward,
    tell_own_no_reward,
    tell_own_reward,
    tell_reward,
)
from mainstem.plan.rewards import (
    FriendsOrder,
    NoReward,
    ReferAFriend,
    RewardCredit,
    Side,
    rewards_of,
    why_no_reward,
)
from mainstem.plan.sale_documents import SaleRuleDocument
from mainstem.plan.sale_rules import Level, Line, SalePlan, SaleRule, When
from mainstem.plan.sales import credits, shared_credits
from mainstem.plan.unpaid_reasons import (
    MemberFacts,
    Standing,
    UnpaidFacts,
    UnpaidReason,
    tell_unpaid,
    why_nothing_from,
    why_unpaid,
)
from mainstem.plan.uplines import Member, Place, Uplines, places
from mainstem.plan.version import Plan, fingerprint, parse
from mainstem.plan.words import Change, Clause, clauses, difference, which_of
from mainstem.plan.worked import SALE_MINOR, Example, examples
from mainstem.plan.worst_months import dearest_month, most_percent

__all__ = [
    "MILESTONES",
    "NOBODY",
    "NO_CAP",
    "OF_A_LEAD",
    "SALE_MINOR",
    "SIDE_WORDS",
    "Basis",
    "Change",
    "Clause",
    "Credit",
    "Example",
    "Explanation",
    "Finding",
    "FriendsOrder",
    "Level",
    "Line",
    "LinePart",
    "Member",
    "MemberFacts",
    "Milestone",
    "NoReward",
    "OfClient",
    "Otherwise",
    "Party",
    "Place",
    "Plan",
    "PlanAsks",
    "PlanDocument",
    "PlanRefused",
    "Portion",
    "ReferAFriend",
    "RewardCredit",
    "SalePlan",
    "SaleRule",
    "SaleRuleDocument",
    "Side",
    "SoldLine",
    "SoldOrder",
    "Standing",
    "UnpaidFacts",
    "UnpaidReason",
    "Uplines",
    "When",
    "clauses",
    "compiled",
    "compiled_period",
    "credits",
    "dearest_month",
    "difference",
    "examples",
    "explain",
    "explain_reward",
    "fingerprint",
    "from_first_format",
    "is_first_format",
    "lint",
    "most_percent",
    "of_client",
    "otherwise",
    "parse",
    "places",
    "properties",
    "rewards_of",
    "shared_credits",
    "tell",
    "tell_no_reward",
    "tell_otherwise",
    "tell_own_no_reward",
    "tell_own_reward",
    "tell_reward",
    "tell_unpaid",
    "way_of",
    "which_of",
    "why_no_reward",
    "why_nothing_from",
    "why_unpaid",
    "worst_case",
]
