"""Referral codes: who may have which, and what becomes of them."""

from mainstem.referrals.friends import FriendAsked, client_code, is_client_code, keep_referrals
from mainstem.referrals.rules import (
    CODES_MAX,
    CodeMalformed,
    CodeReserved,
    CodeTaken,
    TooManyCodes,
    as_typed,
    fold,
)
from mainstem.referrals.service import Code, assign, claim, codes, reassign, retire

__all__ = [
    "CODES_MAX",
    "Code",
    "CodeMalformed",
    "CodeReserved",
    "CodeTaken",
    "FriendAsked",
    "TooManyCodes",
    "as_typed",
    "assign",
    "claim",
    "client_code",
    "codes",
    "fold",
    "is_client_code",
    "keep_referrals",
    "reassign",
    "retire",
]
