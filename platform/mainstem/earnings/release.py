"""Release: when the hold is over, pending becomes payable. One posting an affiliate and day."""

from __future__ import annotations

from datetime import date

from mainstem import ledger
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.ledger import postings


def release(work: Work, day: date) -> int:
    """Make payable everything whose hold ends on or before a day; for how many affiliates.

    What was reversed in the meantime has already left the pending account, so the net is released.
    The same day again releases what has come since, which is normally nothing.
    """
    work.run("SELECT pg_advisory_xact_lock(7219)")  # nobody settles meanwhile
    ledger.roll_up(work)
    due: dict[tuple[int, str], list[tuple[date, int]]] = {}
    for owner, currency, ends, minor in ledger.held_until(work, day):
        due.setdefault((owner, currency), []).append((ends, minor))
    again = work.value(
        """SELECT count(*) FROM fact WHERE home_id = 0 AND name = 'commission.released'
              AND subject = %(day)s""",
        day=day.isoformat(),
    )
    ledger.post(
        work,
        [
            postings.hold_released(owner, day, again, currency, buckets)
            for (owner, currency), buckets in due.items()
        ],
    )
    work.run(
        """INSERT INTO release_day (day, released_at) VALUES (%(day)s, %(now)s)
           ON CONFLICT (day) DO NOTHING""",
        day=day,
        now=work.now(),
    )
    if due or not again:
        record(work, "commission.released", day.isoformat())
    return len(due)
