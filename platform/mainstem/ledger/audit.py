"""Whether the books are right: every check must find nothing."""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.kit.work import Work
from mainstem.ledger.recent import RECENT_ENTRIES


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its sentence, and how many things contradict it, with one example."""

    invariant: str
    wrong: int
    example: str = ""


_CHECKS = {
    "Every posting sums to zero, is whole and in one currency": """
        SELECT coalesce(t.key, e.home_id || ' ' || e.transfer_id) FROM ledger_transfer t
          FULL JOIN (SELECT home_id, transfer_id, sum(signed_minor) AS total, count(*) AS n,
                            min(currency) AS lowest, max(currency) AS highest
                       FROM ledger_entry GROUP BY 1, 2) e
            ON e.home_id = t.home_id AND e.transfer_id = t.id
         WHERE e.total IS DISTINCT FROM 0 OR e.n IS DISTINCT FROM t.entries OR t.key IS NULL
            OR e.lowest <> t.currency OR e.highest <> t.currency""",
    "The books sum to zero in every currency": """
        SELECT currency FROM ledger_entry GROUP BY currency HAVING sum(signed_minor) <> 0""",
    "Every rolled-up balance is the sum of its entries": f"""
        SELECT coalesce(b.owner_id, e.owner_id) || ' ' || coalesce(b.account, e.account)
          FROM (SELECT owner_id, account, currency, sum(total) AS total, sum(n) AS n,
                       sum(debits) AS debits, sum(credits) AS credits
                  FROM (SELECT owner_id, account, currency, balance_minor AS total, entries AS n,
                               debits_minor AS debits, credits_minor AS credits
                          FROM ledger_balance
                         UNION ALL
                        SELECT owner_id, account, currency, signed_minor, 1, -least(signed_minor, 0),
                               greatest(signed_minor, 0)
                          FROM {RECENT_ENTRIES}) AS parts
                 GROUP BY 1, 2, 3) AS b
          FULL JOIN (SELECT owner_id, account, currency, sum(signed_minor) AS total, count(*) AS n,
                            -sum(least(signed_minor, 0)) AS debits
                       FROM ledger_entry GROUP BY 1, 2, 3) AS e USING (owner_id, account, currency)
         WHERE b.total IS DISTINCT FROM e.total OR b.n IS DISTINCT FROM e.n
            OR b.debits IS DISTINCT FROM e.debits OR b.credits - b.debits <> e.total""",
    "What is held by day is the sum of the pending entries": f"""
        SELECT coalesce(h.owner_id, e.owner_id) || ' ' || coalesce(h.held_until, e.held_until)
          FROM (SELECT owner_id, currency, held_until, sum(total) AS total
                  FROM (SELECT owner_id, currency, held_until, balance_minor AS total FROM ledger_held
                         UNION ALL
                        SELECT owner_id, currency, held_until, signed_minor FROM {RECENT_ENTRIES}
                         WHERE account = 'pending') AS parts
                 GROUP BY 1, 2, 3 HAVING sum(total) <> 0) AS h
          FULL JOIN (SELECT owner_id, currency, held_until, sum(signed_minor) AS total
                       FROM ledger_entry WHERE account = 'pending'
                      GROUP BY 1, 2, 3 HAVING sum(signed_minor) <> 0) AS e
            USING (owner_id, currency, held_until)
         WHERE h.total IS DISTINCT FROM e.total""",
    "The roll-up's mark is not ahead of the transactions": """
        SELECT before_xid::text FROM ledger_mark
         WHERE before_xid > pg_snapshot_xmax(pg_current_snapshot())""",
    "Nothing pending or on its way to an affiliate is below zero": """
        SELECT owner_id || ' ' || account || ' ' || currency FROM ledger_entry
         WHERE account IN ('pending', 'payout_clearing')
         GROUP BY owner_id, account, currency HAVING sum(signed_minor) < 0""",
}


def audit(work: Work) -> list[Finding]:
    """Every check of the books, each with how many contradictions it found."""
    return [_check(work, invariant, sql) for invariant, sql in _CHECKS.items()]


def _check(work: Work, invariant: str, sql: str) -> Finding:
    row = work.row(f"SELECT count(*) AS wrong, min(key) AS example FROM ({sql}) AS found (key)")
    assert row is not None
    return Finding(invariant, row.wrong, row.example or "")


def trial_balance(work: Work) -> list[tuple[str, str, int, int]]:
    """The books in short: (account, currency, debits, credits) in minor units, affiliates together."""
    return [
        tuple(row)
        for row in work.rows(
            f"""SELECT account, currency, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits
                 FROM (SELECT account, currency, debits_minor AS debits, credits_minor AS credits
                         FROM ledger_balance
                        UNION ALL
                       SELECT account, currency, -least(signed_minor, 0), greatest(signed_minor, 0)
                         FROM {RECENT_ENTRIES}) AS parts
                GROUP BY 1, 2 ORDER BY 2, 1"""
        )
    ]
