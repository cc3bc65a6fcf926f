"""Balances worked out anew, for books that were brought to another server by a dump.

The roll-up's mark and each posting's `xid` are numbers of the transactions of one server. On another
one that has counted less far, every new entry would lie below the mark and be in no balance at all.
"""

from __future__ import annotations

from mainstem.kit.work import Work


def rebuild(work: Work) -> int:
    """Every balance from all entries, and a mark of this server; how many entries there are.

    For the tables' owner alone. Whoever posts waits until this is committed. Nothing that was posted
    changes but the number of its transaction, and that only where this server has not come to it.
    """
    work.run("SET LOCAL statement_timeout = 0")  # as long as the books are
    work.run("SELECT pg_advisory_xact_lock(7217)")  # nobody rolls up meanwhile
    work.run("LOCK TABLE ledger_transfer, ledger_entry IN SHARE ROW EXCLUSIVE MODE")
    mark = work.value("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    work.run("ALTER TABLE ledger_transfer DISABLE TRIGGER append_only")
    work.run("UPDATE ledger_transfer SET xid = '0' WHERE xid >= %(mark)s::xid8", mark=mark)
    work.run("ALTER TABLE ledger_transfer ENABLE TRIGGER append_only")
    work.run("DELETE FROM ledger_balance")
    work.run("DELETE FROM ledger_held")
    work.run(
        """INSERT INTO ledger_balance
                  (owner_id, account, currency, balance_minor, debits_minor, credits_minor, entries)
           SELECT owner_id, account, currency, sum(signed_minor)::bigint,
                  -sum(least(signed_minor, 0))::bigint, sum(greatest(signed_minor, 0))::bigint, count(*)
             FROM ledger_entry GROUP BY 1, 2, 3"""
    )
    work.run(
        """INSERT INTO ledger_held (owner_id, currency, held_until, balance_minor)
           SELECT owner_id, currency, held_until, sum(signed_minor)::bigint FROM ledger_entry
            WHERE account = 'pending' GROUP BY 1, 2, 3 HAVING sum(signed_minor) <> 0"""
    )
    work.run("UPDATE ledger_mark SET before_xid = %(mark)s::xid8", mark=mark)
    return int(work.value("SELECT coalesce(sum(entries), 0)::bigint FROM ledger_balance"))
