"""Which fact tells whom: the reactions of the consumer `mail`, by the name of the fact.

Each runs in a transaction of its own, for many facts of one name, and only queues. A company that
has not said who its mail is from is asked that once a batch, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.mail import (
    accounts,
    affiliates,
    applicants,
    clients,
    outbox,
    reattributions,
    staff,
    withdrawals,
)

Writer = Callable[[Work, Sequence[Fact]], object]


def _payout_failed(work: Work, facts: Sequence[Fact]) -> None:
    affiliates.payout_failed(work, facts)
    staff.failed_payouts(work, facts)


def _hourly(work: Work, facts: Sequence[Fact]) -> None:
    for fact in facts:
        day = datetime.fromisoformat(fact.subject).astimezone(work.tools.zone).date()
        staff.dead_letters(work, day)


def _daily(work: Work, facts: Sequence[Fact]) -> None:
    today = work.now().astimezone(work.tools.zone).date()
    for fact in facts:
        day = date.fromisoformat(fact.subject)
        affiliates.digest(work, "daily", day)
        if day == today:  # what was to be reminded of on a missed day is over
            clients.remind(work, day)
            staff.low_stock(work, day)


def _weekly(work: Work, facts: Sequence[Fact]) -> None:
    for fact in facts:
        day = date.fromisoformat(fact.subject)
        affiliates.digest(work, "weekly", day)
        staff.weekly_summary(work, day)


_WRITERS: dict[str, Writer] = {
    "order.paid": clients.paid,
    "payment.failed": clients.payment_failed,
    "order.shipped": clients.shipped,
    "order.delivered": clients.delivered,
    "order.canceled": clients.canceled,
    "refund.succeeded": clients.refunded,
    "payment.returned": clients.returned,
    "receipt.requested": clients.receipts,
    "withdrawal.received": withdrawals.received,
    "withdrawal.matched": withdrawals.matched,
    "withdrawal.answered": withdrawals.answered,
    "lead.quoted": clients.quoted,
    "job.scheduled": clients.visit("scheduled", "visit_booked"),
    "job.departed": clients.visit("en_route", "team_on_the_way"),
    "job.done": clients.visit("done", "sign_off"),
    "programme.invited": applicants.invited,
    "application.sent_in": applicants.sent_in,
    "application.applied": applicants.received,
    "application.in_review": applicants.in_review,
    "application.asked": applicants.asked,
    "application.active": applicants.approved,
    "application.rejected": applicants.declined,
    "affiliate.active": applicants.state_changed("active"),
    "affiliate.paused": applicants.state_changed("paused"),
    "affiliate.suspended": applicants.state_changed("suspended"),
    "affiliate.terminated": applicants.state_changed("terminated"),
    "affiliate.sponsor_changed": affiliates.sponsors_changed,
    "order.reattributed": reattributions.orders_credited,
    "binding_change.approved": reattributions.clients_tied,
    "commission.settled": affiliates.first_sales,
    "payout.paid": affiliates.paid_out,
    "payout.failed": _payout_failed,
    "inquiry.answered": affiliates.inquiries_answered,
    "account.changed": affiliates.account_changed,
    "password.reset_requested": accounts.reset_requested,
    "device.first_seen": accounts.new_device,
    **dict.fromkeys(accounts.CHANGES, accounts.credentials_changed),
    "domain.proved": affiliates.domains_proved,
    "domain.paused": affiliates.domains_paused,
    "storefront.submitted": staff.storefronts_waiting,
    "storefront.published": affiliates.storefronts_opened,
    "storefront.returned": affiliates.storefronts_returned,
    "clock.hourly": _hourly,
    "clock.daily": _daily,
    "clock.weekly": _weekly,
}


def _if_on(writer: Writer) -> Writer:
    return lambda work, facts: writer(work, facts) if outbox.is_on(work) else None


REACTIONS: dict[str, Writer] = {name: _if_on(writer) for name, writer in _WRITERS.items()}
"""What the consumer `mail` does with each fact that somebody is told of."""
