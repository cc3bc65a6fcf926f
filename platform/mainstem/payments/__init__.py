"""Payments: what clients pay and get back, through Stripe's SDK alone. Our rows follow the
gateway's truth and are never ahead of it."""

from mainstem.payments.accounts import account_changed, onboarding_link, open_account
from mainstem.payments.currencies import (
    AmountNotPossible,
    amount_problem,
    payable_part,
    payout_problem,
    payout_step,
    refuse_impossible,
)
from mainstem.payments.doubled import ask_return, return_second, return_second_again
from mainstem.payments.errors import (
    GatewayDeclined,
    GatewayUnavailable,
    LetterRefused,
    NothingToRefund,
    OrderNotPayable,
)
from mainstem.payments.gateway import Gateway, Letter, verify
from mainstem.payments.letters import DISPUTE_OVER, apply_letters, settle_session
from mainstem.payments.overdue import (
    chase_accounts,
    chase_disputes,
    chase_payments,
    chase_refunds,
    look_for_account,
    look_for_dispute,
    look_for_payment,
    look_for_refund,
)
from mainstem.payments.service import (
    Checkout,
    PastRefund,
    open_checkouts,
    record_external,
    record_external_refunds,
    request_refund,
    retry_refund,
    send_refund,
    show_checkout,
    start,
)
from mainstem.payments.subscriptions import SUBSCRIBED

__all__ = [
    "DISPUTE_OVER",
    "SUBSCRIBED",
    "AmountNotPossible",
    "Checkout",
    "Gateway",
    "GatewayDeclined",
    "GatewayUnavailable",
    "Letter",
    "LetterRefused",
    "NothingToRefund",
    "OrderNotPayable",
    "PastRefund",
    "account_changed",
    "amount_problem",
    "apply_letters",
    "ask_return",
    "chase_accounts",
    "chase_disputes",
    "chase_payments",
    "chase_refunds",
    "look_for_account",
    "look_for_dispute",
    "look_for_payment",
    "look_for_refund",
    "onboarding_link",
    "open_account",
    "open_checkouts",
    "payable_part",
    "payout_problem",
    "payout_step",
    "record_external",
    "record_external_refunds",
    "refuse_impossible",
    "request_refund",
    "retry_refund",
    "return_second",
    "return_second_again",
    "send_refund",
    "settle_session",
    "show_checkout",
    "start",
    "verify",
]
