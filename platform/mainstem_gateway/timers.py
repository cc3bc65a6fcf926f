"""What happens by itself: each thing that was set to fall due, at the gateway's own time."""

from collections.abc import Callable

from mainstem_gateway import balance, checkout, payments, payouts, refunds
from mainstem_gateway.turn import Turn

WHAT: dict[str, Callable[[Turn, str, str], None]] = {
    "session.expire": lambda turn, id, account: checkout.fell_due(turn, id),
    "delayed.arrives": lambda turn, id, account: checkout.delayed_money_decided(
        turn, id, arrived=True
    ),
    "delayed.fails": lambda turn, id, account: checkout.delayed_money_decided(
        turn, id, arrived=False
    ),
    "dispute.open": lambda turn, id, account: payments.open_dispute_fell_due(turn, id),
    "refund.settle": lambda turn, id, account: refunds.settle_fell_due(turn, id),
    "refund.fail": lambda turn, id, account: refunds.fail_fell_due(turn, id),
    "payout.send": lambda turn, id, account: payouts.send(turn, id),
    "payout.arrive": lambda turn, id, account: payouts.arrive(turn, id),
    "funds.available": balance.funds_fell_due,
}


def run(turn: Turn, what: str, subject: str, account: str) -> None:
    WHAT[what](turn, subject, account)


def finish(turn: Turn) -> None:
    """The end of every turn: money that came pays what waited for it, then it is told."""
    for account, currency in sorted(turn.raised):
        refunds.settle_waiting(turn, account, currency)
    balance.tell_of_available(turn)
