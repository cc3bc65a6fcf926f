"""Payments: what clients pay and get back, through Stripe's SDK alone. Our rows follow the
gateway's state and are never ahead of it."""

from mainstem.payments.accounts import (
    account_changed,
    onboarding_link,
    open_account,
    tell_bank_account,
)
from mainstem.payments.checkout import Checkout, open_checkouts, show_checkout, start
from mainstem.payments.currencies import (
    TAKEN,
    AmountNotPossible,
    amount_problem,
    payable_part,
    payment_step,
    payout_problem,
    payout_step,
    refuse_impossible,
)
from mainstem.payments.duplicates import (
    refund_duplicate,
    request_duplicate_refund,
    retry_duplicate_refund,
)
from mainstem.payments.errors import (
    AccountInUse,
    ChargebackLost,
    ChargebackOpen,
    GatewayDeclined,
    GatewayUnavailable,
    InvalidBankAccount,
    NothingToRefund,
    OrderNotPayable,
    TakenByDispute,
    WebhookRefused,
)
from mainstem.payments.external import PastRefund, record_external, record_external_refunds
from mainstem.payments.gateway import Gateway, PayoutState, TransferState, WebhookEvent, verify
from mainstem.payments.left import Left, chargeback_of, left_to_refund, payment_for
from mainstem.payments.reconciliation import (
    queue_account_reconciliations,
    queue_dispute_reconciliations,
    queue_payment_reconciliations,
    queue_reconciliations,
    queue_refund_reconciliations,
    reconcile_account,
    reconcile_dispute,
    reconcile_payment,
    reconcile_refund,
)
from mainstem.payments.refunds import refund_rest, request_refund, retry_refund, send_refund
from mainstem.payments.settlements import failed_refund, settle_by_bank, settlement_of
from mainstem.payments.subscriptions import SUBSCRIBED
from mainstem.payments.webhook_events import (
    DISPUTE_OVER,
    apply_webhook_events,
    is_ours,
    settle_session,
)

__all__ = [
    "DISPUTE_OVER",
    "SUBSCRIBED",
    "TAKEN",
    "AccountInUse",
    "AmountNotPossible",
    "ChargebackLost",
    "ChargebackOpen",
    "Checkout",
    "Gateway",
    "GatewayDeclined",
    "GatewayUnavailable",
    "InvalidBankAccount",
    "Left",
    "NothingToRefund",
    "OrderNotPayable",
    "PastRefund",
    "PayoutState",
    "TakenByDispute",
    "TransferState",
    "WebhookEvent",
    "WebhookRefused",
    "account_changed",
    "amount_problem",
    "apply_webhook_events",
    "chargeback_of",
    "failed_refund",
    "is_ours",
    "left_to_refund",
    "onboarding_link",
    "open_account",
    "open_checkouts",
    "payable_part",
    "payment_for",
    "payment_step",
    "payout_problem",
    "payout_step",
    "queue_account_reconciliations",
    "queue_dispute_reconciliations",
    "queue_payment_reconciliations",
    "queue_reconciliations",
    "queue_refund_reconciliations",
    "reconcile_account",
    "reconcile_dispute",
    "reconcile_payment",
    "reconcile_refund",
    "record_external",
    "record_external_refunds",
    "refund_duplicate",
    "refund_rest",
    "refuse_impossible",
    "request_duplicate_refund",
    "request_refund",
    "retry_duplicate_refund",
    "retry_refund",
    "send_refund",
    "settle_by_bank",
    "settle_session",
    "settlement_of",
    "show_checkout",
    "start",
    "tell_bank_account",
    "verify",
]
