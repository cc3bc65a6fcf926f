"""Payouts: what is payable goes out, exactly once, and nothing that is not there."""

from mainstem.payouts.affiliate_money import AffiliateMoney, money_of, money_of_all, no_money
from mainstem.payouts.errors import PayoutOvertaken
from mainstem.payouts.left_out import LeftOut, left_out
from mainstem.payouts.letters import apply_letter, chase_payouts, look_for_payout
from mainstem.payouts.send import send
from mainstem.payouts.service import (
    confirm_bank,
    resume,
    retry,
    run,
)
from mainstem.payouts.unwind import call_off, unwind

__all__ = [
    "AffiliateMoney",
    "LeftOut",
    "PayoutOvertaken",
    "apply_letter",
    "call_off",
    "chase_payouts",
    "confirm_bank",
    "left_out",
    "look_for_payout",
    "money_of",
    "money_of_all",
    "no_money",
    "resume",
    "retry",
    "run",
    "send",
    "unwind",
]
