"""The events that the gateway is asked to send, by destination: as few as tell everything.

One payment ends in one event of its checkout and one of its fee. Its intent and its first charge
would only say the same once more; where they are sent all the same, they are understood.
"""

from __future__ import annotations

SUBSCRIBED: dict[str, tuple[str, ...]] = {
    "platform": (
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.canceled",
        "charge.updated",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "transfer.created",
        "transfer.reversed",
    ),
    "connect": (
        "payout.created",
        "payout.updated",
        "payout.paid",
        "payout.failed",
        "payout.canceled",
        "account.updated",
        "account.application.deauthorized",
        "capability.updated",
    ),
    "thin": (
        "v2.core.account.updated",
        "v2.core.account.closed",
        "v2.core.account[configuration.recipient].updated",
        "v2.core.account[configuration.recipient].capability_status_updated",
        "v2.core.account[requirements].updated",
    ),
}
"""By kind of destination: the company's own account, connected accounts, their thin events."""
