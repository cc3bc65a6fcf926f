"""What follows from what: the whole business on one page.

A fact is a name and an id. Each consumer of it has a reaction, which looks up the rest, runs in a transaction of
its own and may run twice, late, or beside another. Facts of one name are taken together where the verb takes
many. What is recorded only so that somebody looks again has names of its own (`reconcile.…`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from mainstem import (
    audit,
    checks,
    clockwork,
    domains,
    earnings,
    mail,
    network_files,
    orders,
    payments,
    payouts,
    periods,
    rewards,
    setup,
    tax,
    withdrawals,
)
from mainstem.kit.bulk import RowKey
from mainstem.kit.db import Database
from mainstem.kit.events import Fact
from mainstem.kit.work import Tools, Work
from mainstem_fulfillment import jobs, routing, shipments

Reaction = Callable[[Work, Sequence[Fact]], object]
Outside = Callable[[Database, Fact], object]
Together = Callable[[Database, Sequence[Fact]], object]


def _keys(facts: Sequence[Fact]) -> list[RowKey]:
    return [(fact.home_id, fact.uuid) for fact in facts]


def _of_orders(verb: Callable[[Work, Sequence[RowKey]], object]) -> Reaction:
    """The reaction that hands a verb the orders (or what else has such keys) of the facts."""
    return lambda work, facts: verb(work, _keys(facts))


def _paid(work: Work, facts: Sequence[Fact]) -> None:
    routing.route(work, _keys(facts))
    earnings.hold_for_review(work, _keys(facts))


def _settled(work: Work, facts: Sequence[Fact]) -> None:
    """What an order earns; and the closed periods that it counts in, if it does, are settled today."""
    earnings.settle(work, _keys(facts))
    periods.touch(work, _keys(facts))


def _order_canceled(work: Work, facts: Sequence[Fact]) -> None:
    shipments.cancel_fulfilments(work, _keys(facts))
    jobs.cancel_jobs(work, _keys(facts))
    _settled(work, facts)


def _lines_canceled(work: Work, facts: Sequence[Fact]) -> None:
    jobs.cancel_jobs(work, _keys(facts))
    _settled(work, facts)


def _disputed(work: Work, facts: Sequence[Fact]) -> None:
    """The money first: what a lost dispute has left of it depends on what it took."""
    orders.record_dispute(work, _keys(facts))
    shipments.apply_disputes(work, _keys(facts))


# Inside: one transaction for the facts of one consumer and all that they cause.
REACTIONS: dict[str, dict[str, Reaction]] = {
    "payment.captured": {"orders": _of_orders(orders.mark_paid)},
    "payment.fee_known": {"orders": _of_orders(orders.mark_paid)},
    "order.paid": {"fulfillment": _paid},
    "order.delivered": {"commissions": _settled},
    "order.work_accepted": {"commissions": _of_orders(earnings.settle)},
    "refund.submitted": {"orders": _of_orders(orders.settle_refunds)},
    "refund.succeeded": {"orders": _of_orders(orders.settle_refunds)},
    "refund.failed": {"orders": _of_orders(orders.settle_refunds)},
    # Recorded by releases before 0.2 of an order, whatever had become of its refund.
    "payment.refunded": {"orders": _of_orders(orders.record_refund)},
    "order.refunded": {"commissions": _settled},
    "goodwill.ended": {"commissions": _settled},
    "payment.disputed": {"orders": _disputed},
    "order.disputed": {"commissions": _settled},
    "order.reattributed": {"commissions": _of_orders(periods.touch)},
    "commission.released_by_review": {"commissions": _of_orders(periods.touch)},
    "commission.refused_by_review": {"commissions": _of_orders(periods.touch)},
    "order.lines_canceled": {"fulfillment": _lines_canceled},
    "order.canceled": {"fulfillment": _order_canceled},
    "order.expired": {"fulfillment": _of_orders(shipments.cancel_fulfilments)},
    "withdrawal.received": {"withdrawals": _of_orders(withdrawals.settle)},
    "withdrawal.matched": {"withdrawals": _of_orders(withdrawals.settle)},
    "approval.given": {"withdrawals": _of_orders(withdrawals.settle_approvals)},
    "approval.denied": {"withdrawals": _of_orders(withdrawals.settle_approvals)},
    "approval.withdrawn": {"withdrawals": _of_orders(withdrawals.settle_approvals)},
    "account.changed": {"payouts": lambda w, facts: payouts.resume(w, [f.home_id for f in facts])},
    "clock.sweep": {"reconciliation": clockwork.sweep, "sponsors": clockwork.move_affiliates},
    "clock.hourly": {
        "reconciliation": clockwork.hourly,
        "reports": lambda work, _: tax.keep_days(work),
        "sponsors": clockwork.work_out_teams,
        "costs": clockwork.roll_up_costs,
    },
    "clock.daily": {
        "commissions": clockwork.daily,
        "periods": clockwork.periods_of_today,
        "housekeeping": clockwork.housekeeping,
        "income": clockwork.income_statements,
    },
    "clock.weekly": {"payouts": clockwork.weekly},
}
for _name in rewards.FACTS:  # what brings store credit back, or changes what a friend's order gives
    REACTIONS.setdefault(_name, {})["store_credit"] = _of_orders(rewards.follow)
for _name, _tell in mail.REACTIONS.items():  # whom each fact is told to: see mail/follow.py
    REACTIONS.setdefault(_name, {})["mail"] = _tell


def _apply_webhook_events(database: Database, facts: Sequence[Fact]) -> None:
    for event in payments.apply_webhook_events(database, [fact.uuid for fact in facts]):
        payouts.apply_webhook_event(database, event)


# Outside: these talk to the gateway, or read for long, between transactions of their own.
OUTSIDE: dict[str, dict[str, Outside]] = {
    "refund.requested": {"gateway": payments.send_refund},
    "payout.reserved": {"gateway": payouts.send},
    "payout.cancel_requested": {"gateway": payouts.complete_cancellation},
    "payment.duplicated": {"gateway": payments.refund_duplicate},
    "retry.duplicate": {"gateway": payments.retry_duplicate_refund},
    "reconcile.payment": {"gateway": payments.reconcile_payment},
    "reconcile.refund": {"gateway": payments.reconcile_refund},
    "reconcile.dispute": {"gateway": payments.reconcile_dispute},
    "reconcile.account": {"gateway": payments.reconcile_account},
    "reconcile.payout": {"gateway": payouts.reconcile_payout},
    "check.requested": {"checks": checks.run},
    "audit.requested": {"checks": audit.run},
    "reconcile.audit": {"checks": audit.run},
    "mail.queued": {"smtp": mail.deliver},
    "domain.check_requested": {"domains": domains.check},
    "catalogue.import_requested": {"catalogue": setup.apply_file},
    "network.import_requested": {"network": network_files.run},
}

# The same for facts of one group, which one look answers.
OUTSIDE_TOGETHER: dict[str, dict[str, Together]] = {
    "webhook.received": {"gateway": _apply_webhook_events},
}

CONSUMERS: dict[str, tuple[str, ...]] = {
    name: tuple(consumers)
    for table in (REACTIONS, OUTSIDE, OUTSIDE_TOGETHER)
    for name, consumers in table.items()
}
"""Who takes each fact. Each of them has its own place in the queue, tries of its own and an end of
its own: what fails for one holds no other up."""

INSIDE_CONSUMERS = sorted({one for consumers in REACTIONS.values() for one in consumers})
MAIL_CONSUMERS = ["smtp", "domains"]  # apart, so that a slow server keeps no payment waiting
OUTSIDE_CONSUMERS = sorted(
    {one for table in (OUTSIDE, OUTSIDE_TOGETHER) for name in table for one in table[name]}
    - set(MAIL_CONSUMERS)
)


def tools(*, zone: str = "Europe/Stockholm", **others: Any) -> Tools:
    """The tools of a Work whose facts are followed up; `others` as Tools has them."""
    return Tools(consumers=CONSUMERS, zone=ZoneInfo(zone), **others)
