"""Settle to target: work out what should stand for an order now, and post the difference.

Delivery, refund, dispute, cancellation, correction and repetition are all this one verb, so neither their
order nor their number matters. What should stand is a pure function (`mainstem.plan.credits`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from mainstem import ledger
from mainstem.earnings.delivered import credited_of, read
from mainstem.earnings.moves import STANDING, Standing, Stands, moves_of
from mainstem.earnings.of_client import lock_to_settle, within_clients
from mainstem.earnings.writing import EarningRow, posting_of, rows_of
from mainstem.kit.bulk import RowKey, asked, insert_many
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.ledger.postings import Posting


def settle(work: Work, orders: Sequence[RowKey]) -> int:
    """Bring these orders' commissions to what should stand; how many movements that took.

    Orders (home, id) may be named twice and may need nothing. They are locked in key order first.
    """
    if not orders:
        return 0
    keys = lock_to_settle(work, orders)
    standing: dict[tuple[int, UUID, str], Stands] = {}
    for row in work.rows(STANDING, **asked(keys)):
        levels = standing.setdefault((row.home_id, row.source_id, row.rule), {})
        key = (row.level, row.beneficiary_id)
        levels.setdefault(key, Standing(row.beneficiary_id)).add(row)
    found, plans = read(work, keys)
    released = work.value("SELECT max(day) FROM release_day") or date.min
    postings: list[Posting] = []
    lines: list[EarningRow] = []
    for row, basis, shares in within_clients(plans, credited_of(work, plans, found)):
        stands = standing.get((row.home_id, row.id, row.rule), {})
        moves = list(moves_of(work, row, shares, stands, released))
        if moves:
            plan = plans[row.plan_version]
            first = max((line.no for line in stands.values()), default=0) + 1
            postings.append(posting_of(work, row, moves, first, released))
            lines += rows_of(row, plan, moves, first, basis, work.now())
    ledger.post(work, postings)
    if lines:
        insert_many(work, "earning", lines)
        record_all(
            work,
            "commission.settled",
            in_key_order((line.home_id, line.source_id) for line in lines),
        )
    return len(lines)
