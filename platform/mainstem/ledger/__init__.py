"""The books: double entry, append-only, per currency, every posting under a key of its own."""

from mainstem.ledger.audit import Finding, audit, trial_balance
from mainstem.ledger.chart import (
    AFFILIATE_ACCOUNTS,
    DEBIT_ACCOUNTS,
    HELD_OPEN,
    OPENING,
    PARENT,
    PARENT_ACCOUNTS,
    Entry,
    Transfer,
    moved,
    on_its_side,
)
from mainstem.ledger.rebuild import rebuild
from mainstem.ledger.recent import RECENT_ENTRIES
from mainstem.ledger.service import (
    RestoredElsewhere,
    balance,
    balances,
    held_until,
    post,
    roll_up,
)

__all__ = [
    "AFFILIATE_ACCOUNTS",
    "DEBIT_ACCOUNTS",
    "HELD_OPEN",
    "OPENING",
    "PARENT",
    "PARENT_ACCOUNTS",
    "RECENT_ENTRIES",
    "Entry",
    "Finding",
    "RestoredElsewhere",
    "Transfer",
    "audit",
    "balance",
    "balances",
    "held_until",
    "moved",
    "on_its_side",
    "post",
    "rebuild",
    "roll_up",
    "trial_balance",
]
