"""The chart of accounts, small on purpose, and the shape of a posting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

PARENT = 0
"""The owner of the parent's own accounts; every other owner is an affiliate's id."""

HELD_OPEN = date.max
"""The day of a hold that nobody can name yet: something it waits for has not happened."""

PARENT_ACCOUNTS = {
    "gateway_cash": "Cash at the payment gateway, as the gateway says it is",
    "bank_cash": "Cash in the parent's own bank",
    "sales": "Sales, without tax",
    "tax": "Tax collected, to be paid to the tax authority",
    "commission_expense": "Commission that delivered sales have earned affiliates",
    "fees": "Fees of the payment gateway",
    "disputes": "Money held by disputes that are not decided",
    "chargeback_losses": "Money that lost disputes have taken",
    "fx_difference": "Differences from converting currencies",
    "write_off": "Debts written off",
    "suspense": "Movements that nobody has explained yet",
    "opening_balances": "What affiliates had earned elsewhere before they came here",
    "store_credit": "Store credit that clients have and may use",
    "store_credit_cost": "What store credit costs, less what was used and so made sales smaller",
}
AFFILIATE_ACCOUNTS = {
    "pending": "Earned, still inside the return window",
    "payable": "Earned and free; below zero it is a debt that the next commissions pay off",
    "payout_clearing": "On its way to the affiliate",
}

DEBIT_ACCOUNTS = frozenset({
    "gateway_cash", "bank_cash", "commission_expense", "fees", "disputes", "chargeback_losses",
    "fx_difference", "write_off", "store_credit_cost",
})  # fmt: skip
"""What grows by debits: what the company has, and what it has spent. The others grow by credits."""


def on_its_side(account: str, signed_minor: int) -> int:
    """A balance as it reads on the account's normal side: below zero only where it is unusual."""
    return -signed_minor if account in DEBIT_ACCOUNTS else signed_minor


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a posting: whose account, which side, how much (above zero, minor units)."""

    owner_id: int
    account: str
    side: str
    amount_minor: int
    held_until: date | None = None

    def __post_init__(self) -> None:
        assert self.side in ("D", "C"), "an entry is a debit or a credit"
        assert self.amount_minor > 0, "the side says the direction; the amount is above zero"
        known = AFFILIATE_ACCOUNTS if self.owner_id else PARENT_ACCOUNTS
        assert self.account in known, f"the chart has no account {self.account} for this owner"
        assert (self.held_until is not None) == (self.account == "pending"), "pending has an end"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One posting in one currency. Its key is made from what it is about, so a repeat is harmless."""

    home_id: int
    key: str
    reason: str
    currency: str
    effective_on: date
    entries: Sequence[Entry]

    def __post_init__(self) -> None:
        assert len(self.entries) >= 2, "a posting has two sides"
        signed = sum(e.amount_minor if e.side == "C" else -e.amount_minor for e in self.entries)
        assert signed == 0, f"{self.key}: debits and credits differ"


def moved(owner_id: int, account: str, signed_minor: int, held: date | None = None) -> list[Entry]:
    """The entry that adds a signed amount (credit above zero) to an account; none for nothing."""
    if signed_minor == 0:
        return []
    side = "C" if signed_minor > 0 else "D"
    return [Entry(owner_id, account, side, abs(signed_minor), held)]
