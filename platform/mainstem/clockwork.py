"""What is due each minute, hour, day and week. The clock's facts bring it about; `flow.py` says which.

Each of these may run twice, late, or beside another, as every reaction may.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from mainstem import (
    audit,
    backtests,
    checks,
    domains,
    earnings,
    identity,
    income,
    joining,
    leads,
    mail,
    network,
    network_files,
    orders,
    payments,
    payouts,
    periods,
    reports,
    setup,
    sponsors,
    store_credit,
)
from mainstem.kit import idempotency
from mainstem.kit.events import Fact, record
from mainstem.kit.work import Work
from mainstem_fulfillment import jobs


def sweep(work: Work, facts: Sequence[Fact]) -> None:
    """Each minute: what nobody has paid. The first one of an hour begins the hour."""
    payments.queue_payment_reconciliations(work)
    orders.expire_unpaid(work)
    for fact in facts:
        hour = datetime.fromisoformat(fact.subject).replace(minute=0)
        record(work, "clock.hourly", hour.isoformat())


def move_affiliates(work: Work, facts: Sequence[Fact]) -> None:
    """Each minute, apart from all else: the moves to other sponsors whose instant has come."""
    sponsors.carry_out_due(work)


def work_out_teams(work: Work, facts: Sequence[Fact]) -> None:
    """Each hour: how many each team has, and what it sells."""
    network.work_out_teams(work, orders.CREDITED_TO)


def roll_up_costs(work: Work, facts: Sequence[Fact]) -> None:
    """Each hour: what was sold and what commission cost, by month."""
    reports.roll_up(work)


def hourly(work: Work, facts: Sequence[Fact]) -> None:
    """Each hour: what is to be reconciled with the gateway, and what may end or be forgotten.

    Each of these takes a bounded batch, and the next hour what it has left.
    """
    payments.queue_refund_reconciliations(work)
    payments.queue_dispute_reconciliations(work)
    payments.queue_account_reconciliations(work)
    payouts.queue_payout_reconciliations(work)
    orders.close_finished(work)
    orders.book_lost_disputes(work)
    idempotency.forget(work)
    identity.forget_sign_ins(work)
    joining.forget_unconfirmed(work)


def daily(work: Work, facts: Sequence[Fact]) -> None:
    for fact in facts:
        earnings.release(work, date.fromisoformat(fact.subject))


def periods_of_today(work: Work, facts: Sequence[Fact]) -> None:
    """What came back of closed periods, and what the open one has come to so far."""
    periods.settle(work)
    periods.refresh(work)


def housekeeping(work: Work, facts: Sequence[Fact]) -> None:
    """What else is due once a day: apart from the release, so that neither waits for the other."""
    leads.expire_quotes(work)
    store_credit.expire(work)
    orders.forget_origins(work)
    leads.forget_claims(work)
    jobs.sign_off_overdue(work)
    checks.forget(work)
    audit.forget(work)
    backtests.forget(work)
    setup.forget_files(work)
    network_files.forget(work)
    identity.forget_answers(work)
    sponsors.empty_holding_tank(work)
    joining.forget_rejected(work)
    joining.forget_papers(work)
    joining.forget_invited(work)
    mail.forget_bodies(work)
    domains.queue_checks(work)
    checks.request(work)
    for fact in facts:
        audit.nightly(work, date.fromisoformat(fact.subject))


def income_statements(work: Work, facts: Sequence[Fact]) -> None:
    """The statement that is due, apart: it reads a year, and holds nothing else of the day up when it fails."""
    for fact in facts:
        income.make_due(work, date.fromisoformat(fact.subject))


def weekly(work: Work, facts: Sequence[Fact]) -> None:
    for fact in facts:
        day = date.fromisoformat(fact.subject)
        # Beside another worker the day's own release may still wait; what it frees goes out today.
        earnings.release(work, day)
        payouts.run(work, day)
