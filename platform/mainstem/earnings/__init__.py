"""Commissions: what delivered sales have earned whom, settled to what should stand."""

from mainstem.earnings.not_more import why_not_more
from mainstem.earnings.reattribution import (
    AttributionChange,
    approve_reattribution,
    deny_reattribution,
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
    "AttributionChange",
    "CommissionReview",
    "EarnedLine",
    "NothingToReview",
    "OrderAnswer",
    "OrderToReview",
    "approve_reattribution",
    "decide",
    "deny_reattribution",
    "hold_for_review",
    "reattributions_of",
    "reattributions_waiting",
    "release",
    "request_reattribution",
    "review_of",
    "settle",
    "waiting",
    "why_not_more",
    "why_nothing_from_member",
    "why_order_unpaid",
]
