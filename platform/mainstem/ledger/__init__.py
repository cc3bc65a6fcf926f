"""The books: double entry, append-only, per currency, every posting under a key of its own.

What is posted stands on one page, `ledger.postings`, a function for each event of the business.
"""

from mainstem.ledger.audit import Finding, audit, trial_balance
from mainstem.ledger.chart import (
    AFFILIATE_ACCOUNTS,
    DEBIT_ACCOUNTS,
    HELD_OPEN,
    PARENT,
    PARENT_ACCOUNTS,
    on_its_side,
)
from mainstem.ledger.reasons import reason_in_words
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
    "PARENT",
    "PARENT_ACCOUNTS",
    "RECENT_ENTRIES",
    "Finding",
    "RestoredElsewhere",
    "audit",
    "balance",
    "balances",
    "held_until",
    "on_its_side",
    "post",
    "reason_in_words",
    "rebuild",
    "roll_up",
    "trial_balance",
]
