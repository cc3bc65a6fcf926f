"""What happens by itself: each thing that was set to fall due, at the gateway's own time."""

from collections.abc import Callable

from mainstem_gateway import balance, checkout, payments, payouts, refunds
from mainstem_gateway.unit_of_work import UnitOfWork

WHAT: dict[str, Callable[[UnitOfWork, str, str], None]] = {
    "session.expire": lambda unit, id, account: checkout.fell_due(unit, id),
    "delayed.arrives": lambda unit, id, account: checkout.delayed_money_decided(
        unit, id, arrived=True
    ),
    "delayed.fails": lambda unit, id, account: checkout.delayed_money_decided(
        unit, id, arrived=False
    ),
    "dispute.open": lambda unit, id, account: payments.open_dispute_fell_due(unit, id),
    "refund.settle": lambda unit, id, account: refunds.settle_fell_due(unit, id),
    "refund.fail": lambda unit, id, account: refunds.fail_fell_due(unit, id),
    "payout.send": lambda unit, id, account: payouts.send(unit, id),
    "payout.arrive": lambda unit, id, account: payouts.arrive(unit, id),
    "funds.available": balance.funds_fell_due,
}


def run(unit: UnitOfWork, what: str, subject: str, account: str) -> None:
    WHAT[what](unit, subject, account)


def finish(unit: UnitOfWork) -> None:
    """The end of every unit: money that came pays what waited for it, then it is told."""
    for account, currency in sorted(unit.raised):
        refunds.settle_waiting(unit, account, currency)
    balance.tell_of_available(unit)
