"""Payouts: what is payable goes out, exactly once, and nothing that is not there."""

from mainstem.payouts.send import apply_letter, send
from mainstem.payouts.service import PayoutBelowMinimum, confirm_bank, retry, run

__all__ = ["PayoutBelowMinimum", "apply_letter", "confirm_bank", "retry", "run", "send"]
