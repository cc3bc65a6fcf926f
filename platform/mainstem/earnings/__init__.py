"""Commissions: what delivered sales have earned whom, settled to what should stand."""

from mainstem.earnings.client_reattribution import (
    BindingChange,
    approve_client_reattribution,
    client_reattribution_of,
    client_reattributions_of,
    client_reattributions_waiting,
    deny_client_reattribution,
    request_client_reattribution,
    withdraw_client_reattribution,
)
from mainstem.earnings.delivered import Worth, worth_of
from mainstem.earnings.estimates import Estimate, EstimatedShare, estimate
from mainstem.earnings.not_more import why_not_more
from mainstem.earnings.promises import PromisedShare, promised
from mainstem.earnings.reattribution import (
    OTHERS_MAX,
    AttributionChange,
    Part,
    SharedWith,
    approve_reattribution,
    credited_now,
    deny_reattribution,
    part_of,
    reattributions_of,
    reattributions_waiting,
    request_reattribution,
)
from mainstem.earnings.release import release
from mainstem.earnings.review import (
    CommissionReview,
    NothingToReview,
    OrderToReview,
    decide,
    hold_for_review,
    review_of,
    waiting,
)
from mainstem.earnings.settle import settle
from mainstem.earnings.unpaid import (
    EarnedLine,
    OrderAnswer,
    why_nothing_from_member,
    why_order_unpaid,
)

__all__ = [
    "OTHERS_MAX",
    "AttributionChange",
    "BindingChange",
    "CommissionReview",
    "EarnedLine",
    "Estimate",
    "EstimatedShare",
    "NothingToReview",
    "OrderAnswer",
    "OrderToReview",
    "Part",
    "PromisedShare",
    "SharedWith",
    "Worth",
    "approve_client_reattribution",
    "approve_reattribution",
    "client_reattribution_of",
    "client_reattributions_of",
    "client_reattributions_waiting",
    "credited_now",
    "decide",
    "deny_client_reattribution",
    "deny_reattribution",
    "estimate",
    "hold_for_review",
    "part_of",
    "promised",
    "reattributions_of",
    "reattributions_waiting",
    "release",
    "request_client_reattribution",
    "request_reattribution",
    "review_of",
    "settle",
    "waiting",
    "why_not_more",
    "why_nothing_from_member",
    "why_order_unpaid",
    "withdraw_client_reattribution",
    "worth_of",
]
