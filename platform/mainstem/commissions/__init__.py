"""Commissions: what delivered sales have earned whom, settled to what should stand."""

from mainstem.commissions.release import release
from mainstem.commissions.review import NothingToReview, decide, review_of, waiting, weigh
from mainstem.commissions.settle import settle

__all__ = ["NothingToReview", "decide", "release", "review_of", "settle", "waiting", "weigh"]
