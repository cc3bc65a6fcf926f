"""Posting and balances.

Writers only append, so any number of them can credit one shared upline without waiting for each
other. Balances are rolled up behind them: a balance is what has been rolled up plus the entries of
transactions since the mark, read in one statement and therefore exact at every instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from mainstem.kit.bulk import given, insert_many, relation
from mainstem.kit.work import Work
from mainstem.ledger.postings import Posting
from mainstem.ledger.recent import RECENT_ENTRIES
from mainstem.money import Money


class RestoredElsewhere(RuntimeError):
    """The roll-up's mark is a number that this server's transactions have not come to."""

    def __init__(self) -> None:
        super().__init__(
            "The roll-up's mark is ahead of this server's transactions, as after a restore from a"
            " dump. Work the balances out anew: mainstem check --rebuild-balances"
        )


class _TransferRow(NamedTuple):
    home_id: int
    key: str
    reason: str
    currency: str
    entries: int
    effective_on: date


class _EntryRow(NamedTuple):
    home_id: int
    transfer_id: int
    seq: int
    owner_id: int
    account: str
    currency: str
    side: str
    amount_minor: int
    held_until: date | None


_TRANSFERS = f"""
INSERT INTO ledger_transfer (home_id, key, reason, currency, entries, effective_on, actor, posted_at)
SELECT home_id, key, reason, currency, entries, effective_on, %(actor)s, %(now)s
  FROM {relation(_TransferRow, "new")}
ON CONFLICT (home_id, key) DO NOTHING
RETURNING home_id, key, id"""


def post(work: Work, postings: Iterable[Posting]) -> set[tuple[int, str]]:
    """Book postings; the (home, key) of those that were new. A key that is known is left alone."""
    by_key = {(t.home_id, t.key): t for t in postings if t is not None}
    if not by_key:
        return set()
    ordered = list(by_key.values())
    wanted = [
        _TransferRow(t.home_id, t.key, t.reason, t.currency, len(t.entries), t.effective_on)
        for t in ordered
    ]
    booked = {
        (row.home_id, row.key): row.id
        for row in work.rows(
            _TRANSFERS,
            actor=str(work.actor),
            now=work.now(),
            **given(wanted, _TransferRow, "new"),
        )
    }
    rows = [
        _EntryRow(t.home_id, booked[t.home_id, t.key], seq, e.owner_id, e.account, t.currency,
                  e.side, e.amount_minor, e.held_until)
        for t in ordered
        if (t.home_id, t.key) in booked
        for seq, e in enumerate(t.entries)
    ]  # fmt: skip
    insert_many(work, "ledger_entry", rows)
    return set(booked)


_BALANCES = f"""
SELECT owner_id, account, currency, sum(balance_minor)::bigint AS balance_minor
  FROM (SELECT owner_id, account, currency, balance_minor FROM ledger_balance
         WHERE owner_id = ANY(%(owners)s::bigint[])
         UNION ALL
        SELECT owner_id, account, currency, sum(signed_minor) FROM {RECENT_ENTRIES}
         WHERE owner_id = ANY(%(owners)s::bigint[])
         GROUP BY 1, 2, 3) AS parts
 GROUP BY 1, 2, 3"""


def balances(work: Work, owners: Sequence[int]) -> dict[tuple[int, str, str], int]:
    """Every balance of these owners now, as {(owner, account, currency): credits less debits}."""
    return {
        (row.owner_id, row.account, row.currency): row.balance_minor
        for row in work.rows(_BALANCES, owners=list(owners))
    }


def balance(work: Work, owner_id: int, account: str, currency: str) -> Money:
    """One balance now, credits less debits."""
    found = balances(work, [owner_id]).get((owner_id, account, currency), 0)
    return Money(found, currency)


_HELD = f"""
SELECT owner_id, currency, held_until, sum(balance_minor)::bigint AS balance_minor
  FROM (SELECT owner_id, currency, held_until, balance_minor FROM ledger_held
         WHERE held_until <= %(day)s AND (%(owner)s::bigint IS NULL OR owner_id = %(owner)s)
         UNION ALL
        SELECT owner_id, currency, held_until, sum(signed_minor) FROM {RECENT_ENTRIES}
         WHERE account = 'pending'
           AND held_until <= %(day)s AND (%(owner)s::bigint IS NULL OR owner_id = %(owner)s)
         GROUP BY 1, 2, 3) AS parts
 GROUP BY 1, 2, 3 HAVING sum(balance_minor) <> 0
 ORDER BY 1, 2, 3"""


def held_until(
    work: Work, day: date, *, owner_id: int | None = None
) -> list[tuple[int, str, date, int]]:
    """What is pending with a hold that ends on or before a day: (owner, currency, day, minor)."""
    return [tuple(row) for row in work.rows(_HELD, day=day, owner=owner_id)]


def roll_up(work: Work) -> int:
    """Fold the finished entries since the mark into the balances; how many there were.

    The mark is a transaction horizon: everything below it has committed or never will. One roller
    at a time (advisory lock); nobody who posts ever waits for it.
    """
    work.run("SELECT pg_advisory_xact_lock(7217)")
    low, high = work.rows(
        """SELECT before_xid::text, pg_snapshot_xmin(pg_current_snapshot())::text
             FROM ledger_mark"""
    )[0]
    if low == high:
        return 0
    if int(low) > int(high):
        raise RestoredElsewhere
    folded, empty = _fold(work, low, high)
    if not folded:  # the mark stays, so that an idle company writes nothing
        return 0
    if empty:
        work.run(
            f"""DELETE FROM ledger_held h USING {relation(_HeldDay, "empty")}
                 WHERE (h.owner_id, h.currency, h.held_until)
                       = (empty.owner_id, empty.currency::char(3), empty.held_until)
                   AND h.balance_minor = 0""",
            **given(empty, _HeldDay, "empty"),
        )
    work.run("UPDATE ledger_mark SET before_xid = %(high)s::xid8", high=high)
    return folded


class _HeldDay(NamedTuple):
    owner_id: int
    currency: str
    held_until: date


# Postings by the index over their transactions, and each one's entries by its key, once for both tables.
_FOLD = """
WITH moved AS MATERIALIZED (
  SELECT e.owner_id, e.account, e.currency, e.held_until, sum(e.signed_minor)::bigint AS total,
         count(*) AS entries, -sum(least(e.signed_minor, 0))::bigint AS debits,
         sum(greatest(e.signed_minor, 0))::bigint AS credits
    FROM (SELECT home_id, id FROM ledger_transfer
           WHERE xid >= %(low)s::xid8 AND xid < %(high)s::xid8 ORDER BY xid OFFSET 0) AS t
   CROSS JOIN LATERAL (SELECT owner_id, account, currency, held_until, signed_minor FROM ledger_entry
                        WHERE home_id = t.home_id AND transfer_id = t.id OFFSET 0) AS e
   GROUP BY 1, 2, 3, 4),
kept AS (
  INSERT INTO ledger_balance AS b
         (owner_id, account, currency, balance_minor, debits_minor, credits_minor, entries)
  SELECT owner_id, account, currency, sum(total)::bigint, sum(debits)::bigint, sum(credits)::bigint,
         sum(entries)::bigint
    FROM moved GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (owner_id, account, currency) DO UPDATE
    SET balance_minor = b.balance_minor + excluded.balance_minor,
        debits_minor = b.debits_minor + excluded.debits_minor,
        credits_minor = b.credits_minor + excluded.credits_minor,
        entries = b.entries + excluded.entries),
held AS (
  INSERT INTO ledger_held AS h (owner_id, currency, held_until, balance_minor)
  SELECT owner_id, currency, held_until, total FROM moved
   WHERE account = 'pending' AND total <> 0 ORDER BY 1, 2, 3
  ON CONFLICT (owner_id, currency, held_until) DO UPDATE
    SET balance_minor = h.balance_minor + excluded.balance_minor
  RETURNING owner_id, currency, held_until, balance_minor)
SELECT (SELECT coalesce(sum(entries), 0)::bigint FROM moved) AS folded,
       owner_id, currency::text AS currency, held_until
  FROM (SELECT) AS always LEFT JOIN held ON balance_minor = 0"""


def _fold(work: Work, low: str, high: str) -> tuple[int, list[_HeldDay]]:
    """Fold the entries of a span of transactions in: how many, and the days on which nothing is held now."""
    rows = work.rows(_FOLD, low=low, high=high)
    empty = [_HeldDay(row.owner_id, row.currency, row.held_until) for row in rows if row.held_until]
    return int(rows[0].folded), empty
