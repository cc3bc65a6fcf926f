"""The console's lists, page by page. Each is read in the order of an index (migration 0020)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mainstem.console.queries import OWED_BACK, money_page
from mainstem.kit import paging, search_terms
from mainstem.kit.ids import first_at
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES

PAGE = 50

# ------------------------------------------------------------------------- orders

_BY_PLACED = (
    SortColumn("o.placed_at", "placed_at", datetime),
    SortColumn("o.home_id", "home_id", int),
    SortColumn("o.id", "id", UUID),
)
ORDER_SORTINGS = {
    "newest": Sorting("newest", _BY_PLACED),
    "oldest": Sorting("oldest", _BY_PLACED, descending=False),
}
MONEY_BACK = ("partially_refunded", "refunded", "disputed")
"""The payment states that a list of orders can be narrowed to: those that are few."""

_ORDERS = """
SELECT o.home_id, o.id, o.number, o.state, o.payment_status, o.fulfillment_status, o.currency,
       o.total_minor, o.placed_at, o.client->>'name' AS client, s.name AS storefront
  FROM orders o JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
 WHERE {where} {seek} {sorted}"""

# Found first and sorted then: walking the whole history past every name would be the other way.
_FOUND_ORDERS = f"""
(o.home_id, o.id) IN (
  SELECT home_id, id FROM orders
   WHERE {search_terms.of_client("orders")}
  UNION
  SELECT home_id, order_id FROM parcel WHERE upper(translate(tracking, ' -', '')) = %(code)s)"""


def orders(
    work: Work,
    *,
    state: str = "",
    payment: str = "",
    storefront: int | None = None,
    currency: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    text: str = "",
    sorting: Sorting = ORDER_SORTINGS["newest"],
    cursor: str | None = None,
    most: int = PAGE,
) -> Page:
    """Orders of the company, narrowed to what is asked. `text` is anything that names one."""
    where = ["true"]
    terms = search_terms.terms(text)
    if state:
        where.append("o.state = %(state)s")
    if payment:
        where.append("o.payment_status = %(payment)s")
    if payment in MONEY_BACK:
        # Said so that the planner knows the index of these few.
        where.append("o.payment_status IN ('partially_refunded', 'refunded', 'disputed')")
    if storefront is not None:
        where.append(
            """(o.home_id, o.storefront_id)
               = (SELECT home_id, id FROM storefront WHERE id = %(storefront)s)"""
        )
    if currency:
        where.append("o.currency = %(currency)s")
    if since:
        where.append("o.placed_at >= %(since)s")
    if until:
        where.append("o.placed_at < %(until)s")
    if text:
        where.append(_FOUND_ORDERS if terms else "false")
    found = paging.read(
        work,
        _ORDERS.replace("{where}", " AND ".join(where)),
        sorting,
        cursor=cursor,
        most=most,
        state=state,
        payment=payment,
        storefront=storefront,
        currency=currency,
        since=since,
        until=until,
        found=terms,
        code=search_terms.code_in(text),
    )
    return money_page(found)


CHOICES_MAX = 40
"""So many storefronts are offered to choose from; of more, one is named."""


def storefronts(work: Work) -> list[Any]:
    """The storefronts by name, one more than are offered to choose from."""
    return work.rows(
        "SELECT id, name FROM storefront ORDER BY name, id LIMIT %(most)s", most=CHOICES_MAX + 1
    )


def storefront_named(work: Work, text: str) -> int | None:
    """The storefront of this name or address."""
    found = work.value(
        """SELECT id FROM storefront WHERE slug = folded(%(text)s) OR folded(name) = folded(%(text)s)
            ORDER BY id LIMIT 1""",
        text=text,
    )
    return int(found) if found else None


def currencies(work: Work) -> list[str]:
    """Every currency that a storefront sells in."""
    rows = work.rows("SELECT DISTINCT currency FROM storefront ORDER BY 1")
    return [row.currency for row in rows]


# ------------------------------------------------------------------------- money

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
) -> Page:
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
                   WHERE found_by(name, phone_key, NULL, slug, email_key) {search_terms.MATCHES}))"""
        )
    found = paging.read(
        work,
        _PAYOUTS.replace("{where}", " AND ".join(where)),
        PAYOUTS,
        cursor=cursor,
        most=most,
        states=list(states),
        provider=provider,
        currency=currency,
        since=since,
        until=until,
        found=terms,
        number=search_terms.number_in(text),
    )
    return money_page(found)


REFUNDS = Sorting(
    "refunds",
    (SortColumn("since", "since", datetime), SortColumn("id", "id", UUID)),
    descending=False,
)


def owed_back(work: Work, *, cursor: str | None = None, most: int = PAGE) -> Page:
    """Refunds, also of duplicate payments, that failed and are still owed, oldest first."""
    sql = f"SELECT * FROM ({OWED_BACK}) AS owed WHERE true {{seek}} {{sorted}}"
    return money_page(paging.read(work, sql, REFUNDS, cursor=cursor, most=most))


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


def balances_of_affiliates(work: Work, *, cursor: str | None = None, most: int = PAGE) -> Page:
    """Every affiliate's accounts in one row a currency, debts first, then the most payable."""
    return money_page(paging.read(work, _COMING, COMING, cursor=cursor, most=most))


ENTRIES = Sorting(
    "entries",
    (
        SortColumn("e.transfer_id", "transfer_id", int),
        SortColumn("e.home_id", "home_id", int),
        SortColumn("e.seq", "seq", int),
    ),
)
_ENTRIES = """
SELECT e.home_id, e.transfer_id, e.seq, e.side, e.currency, e.amount_minor, e.signed_minor,
       e.held_until, e.held_until = date '9999-12-31' AS held_open, t.key, t.reason, t.actor,
       t.effective_on, t.posted_at
  FROM ledger_entry e
  JOIN ledger_transfer t ON t.home_id = e.home_id AND t.id = e.transfer_id
 WHERE e.owner_id = %(owner)s AND e.account = %(account)s AND e.currency = %(currency)s
 {seek} {sorted}"""


def entries(
    work: Work,
    owner_id: int,
    account: str,
    currency: str,
    *,
    cursor: str | None = None,
    most: int = PAGE,
) -> Page:
    """One account's entries, newest first."""
    found = paging.read(
        work,
        _ENTRIES,
        ENTRIES,
        cursor=cursor,
        most=most,
        owner=owner_id,
        account=account,
        currency=currency,
    )
    return money_page(found)


# ------------------------------------------------------------------------- affiliates

AFFILIATES = Sorting(
    "affiliates",
    (SortColumn("a.name", "name", str), SortColumn("a.id", "id", int)),
    descending=False,
)
_AFFILIATES = """
SELECT a.id, a.name, a.slug, a.state, a.country, a.joined_at, s.name AS sponsor,
       p.provider, p.state AS account_state, p.currency,
       (SELECT count(*) FROM affiliate t WHERE t.sponsor_id = a.id) AS below
  FROM affiliate a LEFT JOIN affiliate s ON s.id = a.sponsor_id
  LEFT JOIN LATERAL (SELECT provider, state, currency FROM pay_account WHERE home_id = a.id
                      ORDER BY provider = 'bank', opened_at, currency LIMIT 1) p ON true
 WHERE {where} {seek} {sorted}"""


def affiliates(
    work: Work, *, state: str = "", text: str = "", cursor: str | None = None, most: int = PAGE
) -> Page:
    """Affiliates by name, with sponsor and pay account."""
    where = ["true"]
    terms = search_terms.terms(text)
    if state:
        where.append("a.state = %(state)s")
    if text:
        where.append(
            f"""a.id IN (SELECT id FROM affiliate
                          WHERE found_by(name, phone_key, NULL, slug, email_key) {search_terms.MATCHES})"""
        )
    return paging.read(
        work,
        _AFFILIATES.replace("{where}", " AND ".join(where)),
        AFFILIATES,
        cursor=cursor,
        most=most,
        state=state,
        found=terms,
    )


# ------------------------------------------------------------------------- facts

FACTS_PAGE = 100
# Ids are made in the order of time, by the machine's clock.
FACTS = Sorting("facts", (SortColumn("id", "id", UUID), SortColumn("home_id", "home_id", int)))
_FACTS = """
SELECT id, home_id, name, subject, actor, happened_at, recorded_at FROM fact
 WHERE {where} {seek} {sorted}"""


def facts(
    work: Work,
    *,
    subject: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    most: int = FACTS_PAGE,
) -> Page:
    """What happened, newest first: to one subject, or to the whole company."""
    where = ["subject = %(subject)s" if subject else "true"]
    if since:
        where.append("id >= %(since)s::uuid")
    if until:
        where.append("id < %(until)s::uuid")
    return paging.read(
        work,
        _FACTS.replace("{where}", " AND ".join(where)),
        FACTS,
        cursor=cursor,
        most=most,
        subject=subject,
        since=first_at(since) if since else None,
        until=first_at(until) if until else None,
    )


DUE_SHOWN = 25
_WAITING = """
SELECT w.id, w.consumer, w.home_id, w.name, w.subject, w.state, w.attempts, w.next_at, w.error,
       f.recorded_at, f.actor
  FROM fact_waiting w JOIN fact f ON f.home_id = w.home_id AND f.id = w.id"""


TROUBLE = Sorting(
    "trouble",
    (
        SortColumn("w.state", "state", str),
        SortColumn("w.next_at", "next_at", datetime),
        SortColumn("w.id", "id", UUID),
        SortColumn("w.consumer", "consumer", str),
    ),
    descending=False,
)


def in_trouble(work: Work, *, cursor: str | None = None, most: int = PAGE) -> Page:
    """Facts whose reaction has failed, the dead letters first."""
    sql = f"{_WAITING} WHERE (w.state = 'dead' OR w.attempts > 0) {{seek}} {{sorted}}"
    return paging.read(work, sql, TROUBLE, cursor=cursor, most=most)


def due(work: Work) -> list[Any]:
    """The facts whose turn is next."""
    return work.rows(
        f"""{_WAITING} WHERE w.state = 'waiting' AND w.attempts = 0
            ORDER BY w.next_at, w.id, w.consumer LIMIT %(most)s""",
        most=DUE_SHOWN,
    )
