"""What the page of an order shows, ready to be drawn."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from mainstem.console import queries
from mainstem.console.reviews import Review
from mainstem.money import Money
from mainstem.web.estimates import ShareView
from mainstem.web.mail_view import MailRow
from mainstem.web.staff.layout import (
    Event,
    Page,
)
from mainstem.withdrawals import Summary


class Commission(msgspec.Struct, frozen=True):
    """One movement of one level, in words."""

    level: int
    name: str
    url: str
    kind: str
    amount: Money
    explanation: str
    payable_on: date | None


class Candidate(msgspec.Struct, frozen=True):
    """One place or team that could have done it, and why it was taken or not."""

    name: str
    chosen: bool
    could: str
    why: str


class Decision(msgspec.Struct, frozen=True):
    """Why here."""

    title: str
    reason: str
    who: str
    at: datetime
    candidates: list[Candidate]


class ActionState(msgspec.Struct, frozen=True):
    """An action: open, or closed with its reason."""

    allowed: bool
    why: str


class LineView(msgspec.Struct, frozen=True):
    """A line with its amounts; line 0 is the delivery."""

    no: int
    sku: str
    name: str
    kind: str
    quantity: int
    canceled: int
    shipped: int
    delivered: int
    unit: Money
    total: Money
    refunded: Money
    left: Money
    here: int
    """How many pieces have not left and are not canceled."""


class Approval(msgspec.Struct, frozen=True):
    """A request that a second person answers, or has answered."""

    id: UUID
    kind: str
    state: tuple[str, str]
    amount: Money
    reason: str
    reference: str
    words: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    waits: bool
    mine: bool
    goodwill: bool


class OrderPage(Page, kw_only=True):
    """Everything about one order."""

    order: queries.OrderDetails
    url: str
    payment: tuple[str, str]
    fulfillment: tuple[str, str]
    attributed: str
    earns: str
    review: Review | None
    lines: list[LineView]
    sums: list[tuple[str, Money]]
    left: Money
    asked_minor: int
    still: int
    tax_notes: list[str]
    is_late: bool
    approvals: list[Approval]
    may_approve: bool
    alone: Money | None
    payments: list[queries.PaymentRow]
    payment_states: dict[str, tuple[str, str]]
    providers: dict[str, str]
    refunds: list[queries.RefundRow]
    refund_states: dict[str, tuple[str, str]]
    disputes: list[queries.DisputeRow]
    dispute_states: dict[str, tuple[str, str]]
    reasons: dict[str, str]
    why_refunded: dict[str, str]
    commissions: list[Commission]
    commission_total: Money
    promised: list[ShareView]
    """What it will have earned everybody, while some of that is still to come."""
    parcels: list[queries.ParcelRow]
    jobs: list[queries.JobRow]
    decisions: list[Decision]
    timeline: list[Event]
    who: dict[str, str]
    cancel: ActionState
    refund: ActionState
    withdrawals: list[Summary]
    withdrawal_states: dict[str, tuple[str, str]]
    withdrawable: list[tuple[int, str, int]]
    """What is left to withdraw from: line, name, pieces."""
    begin_asked_at: datetime | None
    today: date
    opens_desk: bool
    opens_jobs: bool
    opens_money: bool
    client_url: str
    articles: dict[str, int]
    """Where the articles of the lines are seen, by their number."""
    mails: list[MailRow]
