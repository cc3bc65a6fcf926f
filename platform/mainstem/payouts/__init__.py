"""Payouts: what is payable goes out, exactly once, and nothing that is not there."""

from mainstem.payouts.affiliate_money import AffiliateMoney, money_of, money_of_all, no_money
from mainstem.payouts.errors import PayoutOvertaken
from mainstem.payouts.exchange import (
    RATE_LIFE,
    Conversion,
    Rate,
    RateRefused,
    conversions_of,
    rates_in_force,
    set_rate,
)
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
    "RATE_LIFE",
    "AffiliateMoney",
    "Conversion",
    "LeftOut",
    "PayoutOvertaken",
    "Rate",
    "RateRefused",
    "apply_letter",
    "call_off",
    "chase_payouts",
    "confirm_bank",
    "conversions_of",
    "left_out",
    "look_for_payout",
    "money_of",
    "money_of_all",
    "no_money",
    "rates_in_force",
    "resume",
    "retry",
    "run",
    "send",
    "set_rate",
    "unwind",
]
