"""Rewards: what clients get who send a friend, settled to what should stand; and credit out of kindness."""

from mainstem.rewards.goodwill import AboveLimit, NothingLeft, give_store_credit, take_store_credit
from mainstem.rewards.queries import RewardView, SentFriend, friends_of, reward_of
from mainstem.rewards.settle import FACTS, follow, settle
from mainstem.rewards.told import Explanations, explanations_of, why_nothing

__all__ = [
    "FACTS",
    "AboveLimit",
    "Explanations",
    "NothingLeft",
    "RewardView",
    "SentFriend",
    "explanations_of",
    "follow",
    "friends_of",
    "give_store_credit",
    "reward_of",
    "settle",
    "take_store_credit",
    "why_nothing",
]
