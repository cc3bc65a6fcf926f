"""Payouts, refunds that failed, and the accounts of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.console.lists.sales import PAGE
from mainstem.console.queries import OWED_BACK
from mainstem.kit import paging, search_terms
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES
from mainstem.money import Money


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """A payout as a list shows it."""

    home_id: int
    id: UUID
    number: str
    period: date
    provider: str
    account: str
    currency: str
    amount_minor: int
    state: str
    error: str | None
    cancel_reason: str | None
    reserved_at: datetime
    paid_at: datetime | None
    reference: str | None
    name: str
    another_in_progress: bool

    @property
    def amount(self) -> Money:
        """What is paid out."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class OwedBack:
    """Money that would not go back to a client, and is still theirs."""

    home_id: int
    order_id: UUID
    id: UUID
    number: str
    order_state: str
    client: str
    currency: str
    amount_minor: int
    reason: str
    error: str | None
    since: datetime
    disputes: list[str]
    kind: str

    @property
    def amount(self) -> Money:
        """What is owed."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class AffiliateBalances:
    """The accounts of an affiliate in one currency."""

    owner_id: int
    name: str
    currency: str
    pending_minor: int
    payable_minor: int
    payout_clearing_minor: int
    is_owed: int
    less: int

    @property
    def pending(self) -> Money:
        """What is held."""
        return Money(self.pending_minor, self.currency)

    @property
    def payable(self) -> Money:
        """What could be paid now; below nothing, what is owed to the company."""
        return Money(self.payable_minor, self.currency)

    @property
    def payout_clearing(self) -> Money:
        """What is on its way to the bank."""
        return Money(self.payout_clearing_minor, self.currency)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of an account."""

    home_id: int
    transfer_id: int
    seq: int
    side: str
    currency: str
    amount_minor: int
    signed_minor: int
    held_until: date | None
    held_open: bool | None
    key: str
    reason: str
    actor: str
    effective_on: date
    posted_at: datetime

    @property
    def amount(self) -> Money:
        """What was posted, as debit or credit."""
        return Money(self.amount_minor, self.currency)

    @property
    def signed(self) -> Money:
        """What it adds to the balance."""
        return Money(self.signed_minor, self.currency)


PAYOUTS = Sorting(
    "payouts",
    (
        SortColumn("p.period", "period", date),
        SortColumn("p.home_id", "home_id", int),
        SortColumn("p.id", "id", UUID),
    ),
)
_PAYOUTS = """
SELECT p.home_id, p.id, p.number, p.period, p.provider, p.account, p.currency,
       p.amount_minor, p.state, p.error, p.cancel_reason, p.reserved_at, p.paid_at,
       p.reference, a.name,
       p.state IN ('failed') AND EXISTS (
         SELECT 1 FROM payout o WHERE o.home_id = p.home_id AND o.currency = p.currency
            AND o.id <> p.id AND o.state IN ('reserved','transferring','transferred',
                'requested','in_transit','on_hold','reversing')) AS another_in_progress
  FROM payout p JOIN affiliate a ON a.id = p.home_id
 WHERE {where} {seek} {sorted}"""


def payouts(
    work: Work,
    *,
    states: Sequence[str] = (),
    provider: str = "",
    currency: str = "",
    text: str = "",
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    most: int = PAGE,
    strict: bool = False,
) -> Page[PayoutRow]:
    """Payouts, newest period first; every state where none is named."""
    where = ["true"]
    terms = search_terms.terms(text)
    if states:
        where.append("p.state = ANY(%(states)s::text[])")
        if "paid" not in states:
            where.append("p.state <> 'paid'")  # so that the planner knows the index of these few
    if provider:
        where.append("p.provider = %(provider)s")
    if currency:
        where.append("p.currency = %(currency)s")
    if since:
        where.append("p.period >= %(since)s")
    if until:
        where.append("p.period <= %(until)s")
    if text:
        where.append(
            f"""(p.number = %(number)s OR p.home_id IN (
                  SELECT id FROM affiliate
                   WHERE found {search_terms.MATCHES}))"""
        )
    return paging.read_as(
        work,
        PayoutRow,
        _PAYOUTS.replace("{where}", " AND ".join(where)),
        PAYOUTS,
        cursor=cursor,
        most=most,
        strict=strict,
        states=list(states),
        provider=provider,
        currency=currency,
        since=since,
        until=until,
        found=terms,
        number=search_terms.number_in(text),
    )


REFUNDS = Sorting(
    "refunds",
    (SortColumn("since", "since", datetime), SortColumn("id", "id", UUID)),
    descending=False,
)


def owed_back(
    work: Work, *, cursor: str | None = None, most: int = PAGE, strict: bool = False
) -> Page[OwedBack]:
    """Refunds, also of duplicate payments, that failed and are still owed, oldest first."""
    sql = f"SELECT * FROM ({OWED_BACK}) AS owed WHERE true {{seek}} {{sorted}}"
    return paging.read_as(work, OwedBack, sql, REFUNDS, cursor=cursor, most=most, strict=strict)


# Debts first, then the most payable. What is owed counts downward, so that one order serves.
COMING = Sorting(
    "coming",
    (
        SortColumn("is_owed", "is_owed", int),
        SortColumn("less", "less", int),
        SortColumn("owner_id", "owner_id", int),
        SortColumn("currency", "currency", str),
    ),
    descending=False,
)
_COMING = f"""
SELECT owner_id, name, currency, pending_minor, payable_minor, payout_clearing_minor, is_owed, less
  FROM (SELECT b.owner_id, a.name, b.currency::text AS currency,
               coalesce(sum(minor) FILTER (WHERE account = 'pending'), 0)::bigint AS pending_minor,
               coalesce(sum(minor) FILTER (WHERE account = 'payable'), 0)::bigint AS payable_minor,
               coalesce(sum(minor) FILTER (WHERE account = 'payout_clearing'), 0)::bigint
                 AS payout_clearing_minor,
               (coalesce(sum(minor) FILTER (WHERE account = 'payable'), 0) >= 0)::int AS is_owed,
               -coalesce(sum(minor) FILTER (WHERE account = 'payable'), 0)::bigint AS less
          FROM (SELECT owner_id, account, currency, balance_minor AS minor FROM ledger_balance
                 WHERE owner_id > 0
                UNION ALL
                SELECT owner_id, account, currency, signed_minor FROM {RECENT_ENTRIES}
                 WHERE owner_id > 0) b
          JOIN affiliate a ON a.id = b.owner_id
         GROUP BY 1, 2, 3) AS coming
 WHERE true {{seek}} {{sorted}}"""


def balances_of_affiliates(
    work: Work, *, cursor: str | None = None, most: int = PAGE
) -> Page[AffiliateBalances]:
    """Every affiliate's accounts in one row a currency, debts first, then the most payable."""
    return paging.read_as(work, AffiliateBalances, _COMING, COMING, cursor=cursor, most=most)


_POSTED = (
    SortColumn("e.transfer_id", "transfer_id", int),
    SortColumn("e.home_id", "home_id", int),
    SortColumn("e.seq", "seq", int),
)
ENTRIES = Sorting("entries", _POSTED)
# What is held stands in an index of its own, by the end of the hold.
HELD_ENTRIES = Sorting("held_entries", (SortColumn("e.held_until", "held_until", date), *_POSTED))
# Written out, so that the plan for any account knows the index, too.
_IS_HELD, _IS_FREE = "AND e.account = 'pending'", "AND e.account <> 'pending'"
# The page is cut before its postings are looked up.
_ENTRIES = """
SELECT e.home_id, e.transfer_id, e.seq, e.side, e.currency, e.amount_minor, e.signed_minor,
       e.held_until, e.held_until = date '9999-12-31' AS held_open, t.key, t.reason, t.actor,
       t.effective_on, t.posted_at
  FROM (SELECT * FROM ledger_entry e
         WHERE e.owner_id = %(owner)s AND e.account = %(account)s AND e.currency = %(currency)s
           {held} {seek} {sorted}) AS e
  JOIN ledger_transfer t ON t.home_id = e.home_id AND t.id = e.transfer_id
 {sorted}"""


def entries(
    work: Work,
    owner_id: int,
    account: str,
    currency: str,
    *,
    cursor: str | None = None,
    most: int = PAGE,
) -> Page[EntryRow]:
    """One account's entries, newest first; of what is pending first by the end of the hold, the latest first."""
    held = account == "pending"
    return paging.read_as(
        work,
        EntryRow,
        _ENTRIES.replace("{held}", _IS_HELD if held else _IS_FREE),
        HELD_ENTRIES if held else ENTRIES,
        cursor=cursor,
        most=most,
        owner=owner_id,
        account=account,
        currency=currency,
    )
