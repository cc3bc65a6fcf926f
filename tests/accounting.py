"""What the guide for the accountant says of the books, held against books that tests have filled."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from mainstem.kit.work import Work

SET_UP = ("earning", "demo-fund")
"""Postings that only the set-up of a test or of the demo makes (`company.an_earning`)."""

GUIDE = Path(__file__).parents[1] / "docs" / "guides" / "accounting.md"
_EVENT = re.compile(r"^\| [^|]+ \| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_ACCOUNT = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def accounts() -> set[str]:
    """The accounts that the guide explains."""
    return set(_ACCOUNT.findall(GUIDE.read_text()))


@cache
def events() -> dict[str, frozenset[tuple[str, str]]]:
    """By the first word of a key, what is booked on which side; both ways, since much goes back."""
    found: dict[str, frozenset[tuple[str, str]]] = {}
    for key, debit, credit in _EVENT.findall(GUIDE.read_text()):
        named = re.findall(r"`(\w+)`", debit + credit)
        both = frozenset((account, side) for account in named for side in "DC")
        found[key] = found.get(key, frozenset()) | both
    return found


def unexplained(work: Work) -> list[str]:
    """Postings that the guide does not explain: their key's first word, and what they have booked."""
    rows = work.rows(
        """SELECT DISTINCT split_part(t.key, ':', 1) AS event, e.account, e.side
             FROM ledger_transfer t JOIN ledger_entry e
               ON e.home_id = t.home_id AND e.transfer_id = t.id
            WHERE split_part(t.key, ':', 1) <> ALL(%(set_up)s::text[]) ORDER BY 1, 2, 3""",
        set_up=list(SET_UP),
    )
    return [
        f"{row.event}: {row.account} {row.side}"
        for row in rows
        if (row.account, row.side) not in events().get(row.event, ())
    ]
