"""Every message that there is: why it is sent, to whom, and of what it is made.

Its words stand in templates/email/<reason>.html and <reason>.txt. A message with a topic may be
refused by whoever gets it; what belongs to a purchase, a payout or a sign-in may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.mail import contexts
from mainstem.mail.contexts import Context

CLIENT, AFFILIATE, STAFF = "client", "affiliate", "staff"


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message. `name` is what staff call it; `roles` are those of people who get it
    for what they are here, and not for what they bought, asked or were asked."""

    reason: str
    to: str
    name: str
    context: type[Context]
    roles: tuple[str, ...] = ()
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """What somebody may choose to get, how often, and how often they get it unasked."""

    key: str
    name: str
    choices: tuple[str, ...]
    usual: str


NEVER, ALWAYS = "never", "always"
# What an affiliate is told goes to those of its people who see its money; who only sells for it does not.
PARTNER = ("affiliate",)
EVERYBODY = ("affiliate", "seller", "picker", "lead_desk", "finance", "admin")
TOPICS = {
    topic.key: topic
    for topic in (
        Topic("credit_digest", "What you have earned", ("daily", "weekly", NEVER), "weekly"),
        Topic("weekly_summary", "The company's week", ("weekly", NEVER), "weekly"),
        Topic("low_stock", "What runs out", (ALWAYS, NEVER), ALWAYS),
    )
}

MESSAGES = {
    message.reason: message
    for message in (
        Message("order_confirmed", CLIENT, "Order confirmed", contexts.OrderConfirmed),
        Message("payment_failed", CLIENT, "Payment failed", contexts.PaymentFailed),
        Message("parcel_sent", CLIENT, "Parcel sent", contexts.ParcelMail),
        Message("parcel_delivered", CLIENT, "Parcel delivered", contexts.ParcelMail),
        Message("quote_sent", CLIENT, "Quote", contexts.QuoteMail),
        Message("quote_reminder", CLIENT, "Reminder of a quote", contexts.QuoteMail),
        Message("visit_booked", CLIENT, "Visit booked", contexts.VisitMail),
        Message("visit_reminder", CLIENT, "Reminder of a visit", contexts.VisitMail),
        Message("team_on_the_way", CLIENT, "Team on the way", contexts.VisitMail),
        Message("sign_off", CLIENT, "Sign-off", contexts.VisitMail),
        Message("order_receipt", CLIENT, "Receipt", contexts.OrderReceipt),
        Message("withdrawal_received", CLIENT, "Withdrawal received", contexts.WithdrawalReceived),
        Message("withdrawal_answered", CLIENT, "Withdrawal answered", contexts.WithdrawalAnswered),
        Message("refund_sent", CLIENT, "Refund sent", contexts.RefundSent),
        Message("order_canceled", CLIENT, "Order cancelled", contexts.OrderCanceled),
        Message(
            "programme_invitation",
            AFFILIATE,
            "Invitation to apply",
            contexts.ProgrammeInvitation,
        ),
        Message(
            "application_confirm", AFFILIATE, "Confirm the e-mail", contexts.ConfirmApplication
        ),
        Message(
            "application_received", AFFILIATE, "Application received", contexts.ApplicationStep
        ),
        Message(
            "application_in_review", AFFILIATE, "Application in review", contexts.ApplicationStep
        ),
        Message(
            "application_question",
            AFFILIATE,
            "Question about an application",
            contexts.ApplicationQuestion,
        ),
        Message(
            "application_approved", AFFILIATE, "Application approved", contexts.ApplicationStep
        ),
        Message(
            "application_declined", AFFILIATE, "Application declined", contexts.ApplicationStep
        ),
        Message("affiliate_state", AFFILIATE, "What changes", contexts.AffiliateState, PARTNER),
        Message("first_sale", AFFILIATE, "First sale", contexts.FirstSale, PARTNER),
        Message(
            "credit_digest",
            AFFILIATE,
            "What was earned",
            contexts.CreditDigest,
            PARTNER,
            "credit_digest",
        ),
        Message("payout_sent", AFFILIATE, "Payout paid", contexts.PayoutMail, PARTNER),
        Message("payout_failed", AFFILIATE, "Payout failed", contexts.PayoutMail, PARTNER),
        Message(
            "inquiry_answered",
            AFFILIATE,
            "Question about a commission answered",
            contexts.InquiryAnswered,
            PARTNER,
        ),
        Message(
            "account_needs_you", AFFILIATE, "Account needs you", contexts.AccountNeedsYou, PARTNER
        ),
        Message(
            "storefront_opened", AFFILIATE, "Storefront approved", contexts.StorefrontMail, PARTNER
        ),
        Message(
            "storefront_returned",
            AFFILIATE,
            "Storefront sent back",
            contexts.StorefrontMail,
            PARTNER,
        ),
        Message("domain_proved", AFFILIATE, "Own domain proved", contexts.DomainMail, PARTNER),
        Message("domain_paused", AFFILIATE, "Own domain paused", contexts.DomainMail, PARTNER),
        Message("sponsor_changed", AFFILIATE, "Another sponsor", contexts.SponsorChanged, PARTNER),
        Message("reattributed", AFFILIATE, "Credited to another", contexts.Reattributed, PARTNER),
        Message("staff_invitation", STAFF, "Invitation", contexts.Invitation),
        Message("password_reset", STAFF, "Link for a new password", contexts.PasswordReset),
        Message("new_device", STAFF, "Sign-in from a new device", contexts.NewDevice, EVERYBODY),
        Message(
            "credentials_changed",
            STAFF,
            "Password or second factor changed",
            contexts.CredentialsChanged,
            EVERYBODY,
        ),
        Message(
            "new_application",
            STAFF,
            "New application",
            contexts.NewApplication,
            ("finance", "admin"),
        ),
        Message(
            "storefront_waiting",
            STAFF,
            "Storefront to approve",
            contexts.StorefrontWaiting,
            ("admin",),
        ),
        Message("dead_letters", STAFF, "Failed tasks", contexts.DeadLetters, ("admin",)),
        Message(
            "low_stock", STAFF, "Low stock", contexts.LowStock, ("picker", "admin"), "low_stock"
        ),
        Message(
            "failed_payout", STAFF, "Failed payout, for staff", contexts.FailedPayout, ("finance",)
        ),
        Message(
            "weekly_summary",
            STAFF,
            "Weekly summary",
            contexts.WeeklySummary,
            ("admin", "finance"),
            "weekly_summary",
        ),
    )
}
"""By reason, in the order in which a purchase, an affiliate and the company's week go."""
