"""Payouts: what is payable goes out, exactly once, and nothing that is not there."""

from mainstem.payouts.send import apply_letter, chase_payouts, look_for_payout, send
from mainstem.payouts.service import PayoutBelowMinimum, confirm_bank, retry, run

__all__ = [
    "PayoutBelowMinimum",
    "apply_letter",
    "chase_payouts",
    "confirm_bank",
    "look_for_payout",
    "retry",
    "run",
    "send",
]
