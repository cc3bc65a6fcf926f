"""The books: double entry, append-only, per currency, every posting under a key of its own."""

from mainstem.ledger.audit import Finding, audit, trial_balance
from mainstem.ledger.chart import HELD_OPEN, PARENT, Entry, Transfer
from mainstem.ledger.rebuild import rebuild
from mainstem.ledger.service import (
    RestoredElsewhere,
    balance,
    balances,
    held_until,
    post,
    roll_up,
)

__all__ = [
    "HELD_OPEN",
    "PARENT",
    "Entry",
    "Finding",
    "RestoredElsewhere",
    "Transfer",
    "audit",
    "balance",
    "balances",
    "held_until",
    "post",
    "rebuild",
    "roll_up",
    "trial_balance",
]
