"""Withdrawals: a client's statement that they withdraw, taken as it is made, and what follows from it."""

from mainstem.withdrawals.canceling import (
    CancellationPlan,
    CannotCancelAlone,
    HasJustLeft,
    cancel_unsent,
    cancelable,
    plan_cancellation,
)
from mainstem.withdrawals.deciding import (
    TakenBack,
    accept,
    close,
    decline,
    enter,
    match,
    name_pieces,
)
from mainstem.withdrawals.lines import OrderLine, lines_of
from mainstem.withdrawals.queries import (
    Details,
    Receipt,
    Summary,
    Waiting,
    begin_asked_at,
    details,
    may_not_begin_until,
    of_order,
    receipt,
    waiting,
)
from mainstem.withdrawals.rights import Ends, right_ends, why_not
from mainstem.withdrawals.settling import settle
from mainstem.withdrawals.shares import share
from mainstem.withdrawals.statement import (
    CONTACT_MAX,
    NAME_MAX,
    NUMBER_MAX,
    PARTS_MAX,
    Statement,
    Submitted,
    WithdrawnMeanwhile,
    check_statement,
    submit,
)

__all__ = [
    "CONTACT_MAX",
    "NAME_MAX",
    "NUMBER_MAX",
    "PARTS_MAX",
    "CancellationPlan",
    "CannotCancelAlone",
    "Details",
    "Ends",
    "HasJustLeft",
    "OrderLine",
    "Receipt",
    "Statement",
    "Submitted",
    "Summary",
    "TakenBack",
    "Waiting",
    "WithdrawnMeanwhile",
    "accept",
    "begin_asked_at",
    "cancel_unsent",
    "cancelable",
    "check_statement",
    "close",
    "decline",
    "details",
    "enter",
    "lines_of",
    "match",
    "may_not_begin_until",
    "name_pieces",
    "of_order",
    "plan_cancellation",
    "receipt",
    "right_ends",
    "settle",
    "share",
    "submit",
    "waiting",
    "why_not",
]
