"""What each message is made of: typed, frozen when it is queued, and read again when it is shown.

Links are no part of it: what opens a page is signed when the mail is sent, and kept nowhere.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from mainstem.money import Money
from mainstem.orders import Net


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What every message has: whom it greets."""

    name: str


# ---------------------------------------------------------------- clients


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """Where something was bought, and who sells there, as the law wants it said."""

    name: str
    slug: str
    seller: str = ""
    number: str = ""
    address: str = ""
    email: str = ""
    own: bool = False
    """Whether the company sells there itself, under its own logo."""


class OrderRef(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and what is needed to link to it."""

    home_id: int
    id: UUID
    number: str


class ClientMail(Context, frozen=True, kw_only=True):
    """A message to a client, in the name of the shop."""

    shop: Shop


class OrderMail(ClientMail, frozen=True, kw_only=True):
    """A message about an order."""

    order: OrderRef


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order, tax included."""

    name: str
    quantity: int
    total: Money
    withdrawal: str = "yes"
    """Whether it may be withdrawn from: `yes`, or the law's exception."""


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """The tax of one rate, which is in the prices."""

    rate_bp: int
    amount: Money


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a parcel."""

    name: str
    quantity: int


class ProducerGuarantee(msgspec.Struct, frozen=True, kw_only=True):
    """How long a producer guaranteed one article when it was ordered."""

    name: str
    sku: str
    producer: str
    months: int


class Bought(OrderMail, frozen=True, kw_only=True):
    """What was bought, and what it cost."""

    placed_at: datetime
    lines: list[Line]
    shipping: Money
    total: Money
    taxes: list[Tax]
    address: list[str]
    country: str
    has_goods: bool
    net: Net | None = None
    """The same without tax, from a shop that shows its prices so."""


class OrderReceipt(Bought, frozen=True, kw_only=True):
    """The receipt of a paid order, for whoever keeps books."""

    paid_at: datetime
    by_bank: bool
    refunded: Money


class OrderConfirmed(Bought, frozen=True, kw_only=True):
    """Everything that distance selling wants on a durable medium."""

    phone: str
    promised_on: date | None
    has_services: bool
    guarantees: list[ProducerGuarantee] = []


class PaymentFailed(OrderMail, frozen=True, kw_only=True):
    """The payment did not go through, and the order can still be paid."""

    total: Money
    pay_by: datetime


class ParcelMail(OrderMail, frozen=True, kw_only=True):
    """A parcel on its way, or there."""

    carrier: str
    tracking: str
    contents: list[Content]
    promised_on: date | None
    withdraw_until: date | None


class QuoteMail(ClientMail, frozen=True, kw_only=True):
    """A quote, or a word that its time is nearly over."""

    home_id: int
    lead_id: UUID
    number: str
    service: str
    amount: Money
    scope: str
    valid_until: datetime
    net: Net | None = None
    """The same without tax, from a shop that shows its prices so."""


class VisitMail(OrderMail, frozen=True, kw_only=True):
    """A visit: booked, tomorrow, on the way, done."""

    service: str
    team: str
    starts_at: datetime
    ends_at: datetime
    address: list[str]
    report: str = ""


class RefundSent(OrderMail, frozen=True, kw_only=True):
    """Money has gone back."""

    amount: Money


class OrderCanceled(OrderMail, frozen=True, kw_only=True):
    """The order was canceled; what was paid goes back."""

    paid: Money


class WithdrawalReceived(ClientMail, frozen=True, kw_only=True):
    """The receipt of a withdrawal: what was said, on which day and at what time."""

    home_id: int
    id: UUID
    number: str
    contact: str
    parts: str
    pieces: list[Content]
    received_at: datetime


class WithdrawalAnswered(ClientMail, frozen=True, kw_only=True):
    """What became of a withdrawal. `why` is a word of ours (`out_of_time`), or what staff wrote."""

    number: str
    received_at: datetime
    state: str
    why: str
    refunded: Money | None
    deducted: Money | None
    kept: list[Content]
    """What stays with the client."""
    dearer_delivery: Money | None = None
    """What of the delivery is not paid back, because a dearer way than the standard one was chosen."""


# ---------------------------------------------------------------- affiliates


class AffiliateMail(Context, frozen=True, kw_only=True):
    """A message to the people of an affiliate."""

    affiliate: str


class ApplicationStep(AffiliateMail, frozen=True, kw_only=True):
    """How far an application has come. `why` is what staff wrote, where they did."""

    application_id: UUID
    why: str = ""


class ConfirmApplication(AffiliateMail, frozen=True, kw_only=True):
    """The link by which an applicant confirms their e-mail. `reference` names it; what opens it is made
    from that when the mail is sent."""

    reference: UUID
    expires_at: datetime


class ApplicationQuestion(AffiliateMail, frozen=True, kw_only=True):
    """Staff want to know something before they decide."""

    application_id: UUID
    question: str


class ProgrammeInvitation(Context, frozen=True, kw_only=True):
    """Somebody is asked to apply, with a sponsor or without one."""

    company: str
    invited_by: str
    sponsor: str
    invitation_id: UUID
    expires_at: datetime


class AffiliateState(AffiliateMail, frozen=True, kw_only=True):
    """What an affiliate may do has changed, and why."""

    state: str  # active | paused | suspended | terminated
    why: str = ""


class FirstSale(AffiliateMail, frozen=True, kw_only=True):
    """The first commission ever."""

    amount: Money
    number: str


class CreditedSum(msgspec.Struct, frozen=True, kw_only=True):
    """What was credited and taken back in one currency, and on how many orders."""

    orders: int
    credited: Money
    reversed: Money


class CreditDigest(AffiliateMail, frozen=True, kw_only=True):
    """What a day or a week has brought. `until` is its last day."""

    period: str  # daily | weekly
    since: date
    until: date
    sums: list[CreditedSum]


class PayoutMail(AffiliateMail, frozen=True, kw_only=True):
    """A payout that arrived, or could not. `payout_id` names its page."""

    payout_id: UUID
    number: str
    amount: Money


class InquiryAnswered(AffiliateMail, frozen=True, kw_only=True):
    """What staff answered to a question about a commission. `state`: upheld or declined."""

    number: str
    asked_at: datetime
    state: str
    answer: str


class AccountNeedsYou(AffiliateMail, frozen=True, kw_only=True):
    """The payout account waits for something that only its owner can give."""

    currency: str


class StorefrontMail(AffiliateMail, frozen=True, kw_only=True):
    """What became of a draft of a storefront. `why` is what staff wrote, where it came back."""

    storefront: str
    slug: str
    why: str = ""


class DomainMail(AffiliateMail, frozen=True, kw_only=True):
    """What became of a host of a storefront's own."""

    storefront: str
    slug: str
    host: str


class SponsorChanged(AffiliateMail, frozen=True, kw_only=True):
    """A team has another sponsor. `told_as` is what the reader is in it: moved, left (their team), came (to it)."""

    told_as: str
    moved: str
    sponsor: str
    """Empty for nobody."""


class Reattributed(AffiliateMail, frozen=True, kw_only=True):
    """An order or a client is another affiliate's now. `told_as` is what the reader does: loses it, gets it, or
    shares it (an order) with others."""

    told_as: str
    number: str
    """Of the order; empty for a client."""


# ---------------------------------------------------------------- staff


class Invitation(Context, frozen=True, kw_only=True):
    """Somebody is invited to work here, or to sign in for an affiliate.

    `reference` names the invitation; what opens it is made from that when the mail is sent.
    """

    company: str
    invited_by: str
    reference: UUID
    expires_at: datetime
    affiliate: str = ""


# ---------------------------------------------------------------- whoever signs in


class PasswordReset(Context, frozen=True, kw_only=True):
    """Somebody has asked for a new password. `reference` names the link that opens, as an
    invitation's does."""

    reference: UUID
    expires_at: datetime


class NewDevice(Context, frozen=True, kw_only=True):
    """A sign-in from a browser that was not known: what it says it is, and roughly where."""

    at: datetime
    browser: str
    system: str
    place: str


class CredentialsChanged(Context, frozen=True, kw_only=True):
    """What somebody signs in with has changed. `what` is which of the changes that there are."""

    what: str
    at: datetime
    codes_left: int = 0
    by: str = ""
    reason: str = ""


# ---------------------------------------------------------------- staff, at work


class NewApplication(Context, frozen=True, kw_only=True):
    """Somebody has applied, for those who decide."""

    affiliate: str
    country: str
    sponsor: str
    application_id: UUID


class FailedTask(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks of one kind that have failed: the fact and consumer, and how many."""

    task: str
    count: int


class DeadLetters(Context, frozen=True, kw_only=True):
    """Tasks that wait for people."""

    count: int
    tasks: list[FailedTask]


class LowShelf(msgspec.Struct, frozen=True, kw_only=True):
    """An article that is nearly out at a location."""

    sku: str
    name: str
    location: str
    free: int
    mark: int


class LowStock(Context, frozen=True, kw_only=True):
    """Articles at or below their mark."""

    shelves: list[LowShelf]


class StorefrontWaiting(Context, frozen=True, kw_only=True):
    """A draft of a storefront that waits for the company."""

    affiliate: str
    storefront: str
    home_id: int
    draft_id: UUID


class FailedPayout(Context, frozen=True, kw_only=True):
    """A payout that could not arrive."""

    affiliate: str
    payout_id: UUID
    home_id: int
    number: str
    amount: Money


class CurrencySum(msgspec.Struct, frozen=True, kw_only=True):
    """What a week came to in one currency."""

    orders: int
    sold: Money
    commission: Money
    paid_out: Money


class WeeklySummary(Context, frozen=True, kw_only=True):
    """The company's week. `until` is its last day."""

    since: date
    until: date
    sums: list[CurrencySum]
    leads: int
    failed_tasks: int
