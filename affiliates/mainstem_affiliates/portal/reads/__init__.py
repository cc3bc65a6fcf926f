"""What the portal reads, bound by the database to the affiliate who asks."""

from mainstem_affiliates.portal.reads.accounts import Code, PayAccount, codes, pay_accounts
from mainstem_affiliates.portal.reads.client_orders import (
    ORDERS_MAX,
    ClientOrder,
    order_state,
    orders,
)
from mainstem_affiliates.portal.reads.earnings import (
    Movement,
    OrderMovements,
    PaidIn,
    earned_on,
    movements,
)
from mainstem_affiliates.portal.reads.paid_out import Payout, payouts
from mainstem_affiliates.portal.reads.people import Colleague, people, said_by
from mainstem_affiliates.portal.reads.profile import (
    AffiliateProfile,
    CurrencyBalance,
    UpcomingPayable,
    balances,
    me,
    next_payout_day,
)
from mainstem_affiliates.portal.reads.statement import (
    Earned,
    StatementAsked,
    StatementSum,
    months_of,
    statement,
    statement_rules,
    statement_sums,
)
from mainstem_affiliates.portal.reads.teammates import (
    Opened,
    Teammate,
    opened,
    sold_by_legs,
    team,
    team_size,
)

__all__ = [
    "ORDERS_MAX",
    "AffiliateProfile",
    "ClientOrder",
    "Code",
    "Colleague",
    "CurrencyBalance",
    "Earned",
    "Movement",
    "Opened",
    "OrderMovements",
    "PaidIn",
    "PayAccount",
    "Payout",
    "StatementAsked",
    "StatementSum",
    "Teammate",
    "UpcomingPayable",
    "balances",
    "codes",
    "earned_on",
    "me",
    "months_of",
    "movements",
    "next_payout_day",
    "opened",
    "order_state",
    "orders",
    "pay_accounts",
    "payouts",
    "people",
    "said_by",
    "sold_by_legs",
    "statement",
    "statement_rules",
    "statement_sums",
    "team",
    "team_size",
]
