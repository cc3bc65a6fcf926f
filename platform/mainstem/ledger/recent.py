"""The entries that are not rolled up into the balances yet."""

from __future__ import annotations

RECENT_ENTRIES = """(
  SELECT owner_id, account, currency, held_until, signed_minor FROM ledger_entry
   WHERE xid >= (SELECT before_xid FROM ledger_mark) ORDER BY xid OFFSET 0) AS recent"""
"""They stand in a FROM clause beside the balances, in one statement, so that none is counted twice.

They are few, and the planner cannot know it: it takes them for a third of all entries, and would read
the whole history of an account instead. Ordered and set apart, they are found by the index over them.
"""
