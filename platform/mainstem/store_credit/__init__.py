"""Store credit: what a client may pay less next time, granted, spent, given back, taken back and expired."""

from mainstem.store_credit.granting import Given, GivenAs, settle_given
from mainstem.store_credit.model import Balance, CreditKind, CreditView, OrderCredit
from mainstem.store_credit.proof import PROVES_FOR, proof_of, proven
from mainstem.store_credit.queries import balances_of, credits_of, debts_of, of_order, spent_on
from mainstem.store_credit.rules import given_back_minor, spread, taken_back_minor
from mainstem.store_credit.spending import (
    Purse,
    Spent,
    Usable,
    WentBack,
    expire,
    settle_orders,
    usable,
    write_spent,
)

__all__ = [
    "PROVES_FOR",
    "Balance",
    "CreditKind",
    "CreditView",
    "Given",
    "GivenAs",
    "OrderCredit",
    "Purse",
    "Spent",
    "Usable",
    "WentBack",
    "balances_of",
    "credits_of",
    "debts_of",
    "expire",
    "given_back_minor",
    "of_order",
    "proof_of",
    "proven",
    "settle_given",
    "settle_orders",
    "spent_on",
    "spread",
    "taken_back_minor",
    "usable",
    "write_spent",
]
