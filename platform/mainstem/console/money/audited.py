"""What the last audit of the commissions found: each amount that differs, with a link to its order."""

from __future__ import annotations

from uuid import UUID

import msgspec

from mainstem import audit, network
from mainstem.audit import AuditRun, Difference
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.commands import Command, Told
from mainstem.web.staff.layout import MONEY

WHAT = {
    "credited": "Credited amount",
    "reversed": "Amount taken back",
    "beneficiary": "Whose it is",
    "moved": "Moved between holds",
    "posted": "In the books",
    "stray": "In the books, without a line",
    "reward": "Reward for a friend",
    "rank": "Rank",
}
SHOWN_MAX = 20


class Differs(msgspec.Struct, frozen=True):
    """One amount that differs: of which order, what of it, whose, and both amounts as they are shown."""

    order: str
    order_url: str
    rule: str
    level: int | None
    affiliate: str
    affiliate_url: str
    what: str
    should_be: Money | None
    is_now: Money | None
    """None where it is not an amount that differs, but whose it is, or somebody's rank."""


class Audited(msgspec.Struct, frozen=True):
    """The last audit that has ended, and what differs, the first of it."""

    run: AuditRun
    differs: list[Differs]


def last_audit(work: Work, language: Language) -> Audited | None:
    """The last audit that has ended, as a page shows it."""
    run = audit.last(work)
    if run is None:
        return None
    shown = run.differences[:SHOWN_MAX]
    names = network.names(work, [one.affiliate_id for one in shown])
    return Audited(run, [_differs(one, names, language) for one in shown])


def _differs(one: Difference, names: dict[int, str], language: Language) -> Differs:
    whose = one.what in ("beneficiary", "rank")
    return Differs(
        one.order,
        f"/console/orders/{one.home_id}/{one.order_id}" if _is_order(one) else "",
        one.rule,
        one.level,
        names.get(one.affiliate_id, str(one.affiliate_id)),
        f"/console/affiliates/{one.affiliate_id}",
        language.text(WHAT[one.what]),
        None if whose else Money(one.should_be, one.currency),
        None if whose else Money(one.is_now, one.currency),
    )


def _is_order(one: Difference) -> bool:
    try:
        return bool(UUID(one.order_id))
    except ValueError:  # of a posting under a key that is none of ours
        return False


def _request_audit(work: Work) -> str | Told:
    """Have a worker work out again every commission that was ever credited."""
    if audit.request(work):
        return "The audit has begun. What it finds is here when it has ended."
    return Told(
        "An audit is under way already. What it finds is here when it has ended.",
        outcome="done_before",
    )


REQUEST_AUDIT = Command(
    name="request_audit",
    path="/ledger/audits",
    do=_request_audit,
    scope="money:write",
    roles=MONEY,
    tag="Books",
)
