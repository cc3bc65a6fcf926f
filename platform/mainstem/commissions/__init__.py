"""Commissions: what delivered sales have earned whom, settled to what should stand."""

from mainstem.commissions.release import release
from mainstem.commissions.settle import settle

__all__ = ["release", "settle"]
