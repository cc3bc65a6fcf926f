"""The calendar: working days where somebody lives, and when a period that the law counts is over."""

from mainstem.calendar.days import (
    add_months,
    add_working_days,
    is_public_holiday,
    is_working_day,
    next_working_day,
)
from mainstem.calendar.periods import (
    REFUND_DAYS,
    WITHDRAWAL_DAYS,
    Ending,
    payable_on,
    period_ends,
    refund_due_on,
    withdrawal_ends,
)
from mainstem.calendar.places import Place, place_of, place_of_zone

__all__ = [
    "REFUND_DAYS",
    "WITHDRAWAL_DAYS",
    "Ending",
    "Place",
    "add_months",
    "add_working_days",
    "is_public_holiday",
    "is_working_day",
    "next_working_day",
    "payable_on",
    "period_ends",
    "place_of",
    "place_of_zone",
    "refund_due_on",
    "withdrawal_ends",
]
