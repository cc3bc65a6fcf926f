"""The entries that are not rolled up into the balances yet."""

from __future__ import annotations

RECENT_ENTRIES = """(
  SELECT e.owner_id, e.account, e.currency, e.held_until, e.signed_minor
    FROM (SELECT home_id, id FROM ledger_transfer
           WHERE xid >= (SELECT before_xid FROM ledger_mark) ORDER BY xid OFFSET 0) AS t
   CROSS JOIN LATERAL (SELECT owner_id, account, currency, held_until, signed_minor FROM ledger_entry
                        WHERE home_id = t.home_id AND transfer_id = t.id OFFSET 0) AS e) AS recent"""
"""They stand in a FROM clause beside the balances, in one statement, so that none is counted twice.

They are few, and the planner cannot know it: it takes their postings for a third of all, and would read
the whole history of an account instead. Ordered and set apart, the postings are found by the index over
their transactions, and each one's entries by its key.
"""
