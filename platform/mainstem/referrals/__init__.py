"""Referral codes: who may have which, and what becomes of them."""

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
    "TooManyCodes",
    "as_typed",
    "assign",
    "claim",
    "codes",
    "fold",
    "reassign",
    "retire",
]
