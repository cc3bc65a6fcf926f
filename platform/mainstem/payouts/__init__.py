"""Payouts: what is payable goes out, exactly once, and nothing that is not there."""

from mainstem.payouts.affiliate_money import AffiliateMoney, money_of, money_of_all, no_money
from mainstem.payouts.cancellation import cancel, complete_cancellation
from mainstem.payouts.contents import PayoutContents, PayoutLine, contents_of, lines_of
from mainstem.payouts.errors import PayoutInProgress
from mainstem.payouts.exchange import (
    DEMO_SOURCE,
    RATE_LIFE,
    Conversion,
    Rate,
    RateRefused,
    conversions_of,
    rates_in_force,
    refresh_demo_rates,
    set_rate,
)
from mainstem.payouts.exclusions import PayoutExclusion, payout_exclusions
from mainstem.payouts.send import send
from mainstem.payouts.service import (
    confirm_bank,
    resume,
    retry,
    run,
)
from mainstem.payouts.webhook_events import (
    apply_webhook_event,
    queue_payout_reconciliations,
    reconcile_payout,
)

__all__ = [
    "DEMO_SOURCE",
    "RATE_LIFE",
    "AffiliateMoney",
    "Conversion",
    "PayoutContents",
    "PayoutExclusion",
    "PayoutInProgress",
    "PayoutLine",
    "Rate",
    "RateRefused",
    "apply_webhook_event",
    "cancel",
    "complete_cancellation",
    "confirm_bank",
    "contents_of",
    "conversions_of",
    "lines_of",
    "money_of",
    "money_of_all",
    "no_money",
    "payout_exclusions",
    "queue_payout_reconciliations",
    "rates_in_force",
    "reconcile_payout",
    "refresh_demo_rates",
    "resume",
    "retry",
    "run",
    "send",
    "set_rate",
]
