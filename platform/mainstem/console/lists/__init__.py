"""The console's lists, page by page. Each is read in the order of an index (migration 0020)."""

from mainstem.console.lists.activity import DUE_SHOWN, FactRow, WaitingFact, due, facts, in_trouble
from mainstem.console.lists.clients import ClientLead, leads_of_client, orders_of_client
from mainstem.console.lists.decisions import (
    HeldCommissionRow,
    approvals,
    commission_reviews,
)
from mainstem.console.lists.money import (
    AffiliateBalances,
    EntryRow,
    OwedBack,
    PayoutRow,
    balances_of_affiliates,
    entries,
    owed_back,
    payouts,
)
from mainstem.console.lists.network import AffiliateRow, affiliates
from mainstem.console.lists.sales import (
    CHOICES_MAX,
    MONEY_BACK,
    ORDER_SORTINGS,
    PAGE,
    FoundOrder,
    StorefrontChoice,
    currencies,
    orders,
    storefront_named,
    storefronts,
)

__all__ = [
    "CHOICES_MAX",
    "DUE_SHOWN",
    "MONEY_BACK",
    "ORDER_SORTINGS",
    "PAGE",
    "AffiliateBalances",
    "AffiliateRow",
    "ClientLead",
    "EntryRow",
    "FactRow",
    "FoundOrder",
    "HeldCommissionRow",
    "OwedBack",
    "PayoutRow",
    "StorefrontChoice",
    "WaitingFact",
    "affiliates",
    "approvals",
    "balances_of_affiliates",
    "commission_reviews",
    "currencies",
    "due",
    "entries",
    "facts",
    "in_trouble",
    "leads_of_client",
    "orders",
    "orders_of_client",
    "owed_back",
    "payouts",
    "storefront_named",
    "storefronts",
]
