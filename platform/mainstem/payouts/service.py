"""A payout run: reserve first. What is reserved has left the payable account, so no second run
and no late click can pay it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mainstem import ledger, planbook
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import record, record_all
from mainstem.kit.ids import new_ids, short
from mainstem.kit.work import Work
from mainstem.ledger import PARENT, Transfer
from mainstem.ledger.chart import moved
from mainstem.money import Money
from mainstem.payments import payable_part
from mainstem.payouts.errors import PayoutOvertaken

# Taken before the candidates are read: whoever waited here for a retry must see what it made.
_ACCOUNTS = """
SELECT count(*) FROM (SELECT FROM pay_account WHERE state = 'active'
                       ORDER BY home_id FOR UPDATE) AS locked"""
_CANDIDATES = """
SELECT p.home_id, p.provider, p.account, p.currency FROM pay_account p
  JOIN affiliate a ON a.id = p.home_id
 WHERE p.state = 'active' AND a.state IN ('active', 'paused', 'terminated')
   AND NOT EXISTS (SELECT 1 FROM payout o
                    WHERE o.home_id = p.home_id AND o.currency = p.currency
                      AND (o.period = %(period)s OR o.state IN ('reserved','transferring',
                           'transferred','requested','in_transit','on_hold','unwinding')))
 ORDER BY p.home_id"""


def run(work: Work, period: date) -> int:
    """Reserve a payout for every affiliate who has enough; how many. Running twice pays once.

    Whoever is below the minimum, in debt, without a working account or still waiting for an
    earlier payout is left for the next run. Before a plan is in force nobody has earned anything.
    """
    plan = planbook.now(work)
    if plan is None:
        return 0
    ledger.roll_up(work)
    work.value(_ACCOUNTS)
    candidates = work.rows(_CANDIDATES, period=period)
    balances = ledger.balances(work, [row.home_id for row in candidates])
    minimum = plan.minimum_payout_minor
    due = []
    for row in candidates:
        payable = Money(balances.get((row.home_id, "payable", row.currency), 0), row.currency)
        # Some currencies reach a bank in whole units only: what is left over stays payable.
        amount = (payable_part(payable) if row.provider == "stripe" else payable).minor
        if amount >= max(minimum.get(row.currency, 1), 1):
            due.append((row, amount))
    ids = new_ids(len(due))
    work.run(
        """INSERT INTO payout (home_id, id, number, period, provider, account, currency,
                               amount_minor, state, reserved_at)
           SELECT home_id, id, number, %(period)s, provider, account, currency, amount, 'reserved',
                  %(now)s
             FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[], %(numbers)s::text[],
                         %(providers)s::text[], %(accounts)s::text[], %(currencies)s::text[],
                         %(amounts)s::bigint[])
               AS new (home_id, id, number, provider, account, currency, amount)""",
        period=period,
        now=work.now(),
        homes=[row.home_id for row, _ in due],
        ids=ids,
        numbers=[short(id) for id in ids],
        providers=[row.provider for row, _ in due],
        accounts=[row.account for row, _ in due],
        currencies=[row.currency for row, _ in due],
        amounts=[amount for _, amount in due],
    )
    ledger.post(
        work,
        [
            Transfer(
                row.home_id,
                f"payout:{id}",
                f"Payout {short(id)} reserved",
                row.currency,
                period,
                moved(row.home_id, "payable", -amount)
                + moved(row.home_id, "payout_clearing", amount),
            )
            for (row, amount), id in zip(due, ids, strict=True)
        ],
    )
    record_all(
        work, "payout.reserved", [(row.home_id, id) for (row, _), id in zip(due, ids, strict=True)]
    )
    return len(due)


def retry(work: Work, home_id: int, payout_id: UUID) -> None:
    """Try a payout again whose cause for waiting or failing has gone.

    Raises PayoutOvertaken for one that failed while another to the same affiliate is under way.
    """
    lock_account(work, home_id)
    row = work.row(
        """SELECT state, currency FROM payout
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=payout_id,
    )
    if row is None:
        raise NotFound("payout")
    if row.state not in ("on_hold", "failed", "reserved", "transferred"):
        raise InvalidTransition("payout", row.state, "retried")
    if row.state == "failed":
        refuse_overtaken(work, home_id, payout_id, row.currency)
    work.run(
        """UPDATE payout SET error = NULL, payout_id = NULL, called_off = NULL,
                  state = CASE WHEN transfer_id IS NULL THEN 'reserved' ELSE 'transferred' END
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payout_id,
    )
    record(work, "payout.reserved", payout_id, home=home_id)


def lock_account(work: Work, home_id: int) -> None:
    """Take the affiliate's account, before any payout of hers is taken.

    A run takes it before it reserves: while we hold it, no payout appears beside ours.
    """
    work.row("SELECT 1 FROM pay_account WHERE home_id = %(home)s FOR UPDATE", home=home_id)


def refuse_overtaken(work: Work, home_id: int, payout_id: UUID, currency: str) -> None:
    """Raise PayoutOvertaken when another payout of hers is under way."""
    if is_overtaken(work, home_id, payout_id, currency):
        raise PayoutOvertaken()


def is_overtaken(work: Work, home_id: int, payout_id: UUID, currency: str) -> bool:
    """Whether another payout of hers is under way."""
    beside = work.value(
        """SELECT count(*) FROM payout WHERE home_id = %(home)s AND currency = %(currency)s
              AND id <> %(id)s AND state IN ('reserved','transferring','transferred','requested',
                                             'in_transit','on_hold','unwinding')""",
        home=home_id,
        id=payout_id,
        currency=currency,
    )
    return bool(beside)


def resume(work: Work, affiliates: Sequence[int]) -> int:
    """Try again what waited for these affiliates' accounts, where they can be paid now; how many.

    What is on hold comes first. Of several that the bank has returned only the last goes on by
    itself: one payout to an affiliate is under way at a time.
    """
    waiting = work.rows(
        """SELECT p.home_id, p.id FROM payout p
             JOIN pay_account a ON a.home_id = p.home_id AND a.account = p.account
            WHERE p.home_id = ANY(%(homes)s::bigint[]) AND p.provider = 'stripe'
              AND a.provider = 'stripe' AND a.state = 'active' AND p.state IN ('on_hold', 'failed')
              AND p.called_off IS NULL
            ORDER BY p.home_id, p.state = 'failed', p.reserved_at DESC""",
        homes=sorted(set(affiliates)),
    )
    count = 0
    for row in waiting:
        try:
            retry(work, row.home_id, row.id)
        except (InvalidTransition, PayoutOvertaken):
            continue
        count += 1
    return count


def confirm_bank(
    work: Work, payouts: Sequence[tuple[int, UUID]], *, at: datetime | None = None
) -> int:
    """Say that payouts by the parent's own bank have left; how many had not been said before."""
    rows: list[Any] = work.rows(
        """UPDATE payout p SET state = 'paid', paid_at = %(at)s
             FROM unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id)
            WHERE p.home_id = asked.home_id AND p.id = asked.id AND p.provider = 'bank'
              AND p.state IN ('reserved', 'requested')
        RETURNING p.home_id, p.id, p.number, p.currency, p.amount_minor""",
        at=at or work.now(),
        homes=[home for home, _ in payouts],
        ids=[id for _, id in payouts],
    )
    day = (at or work.now()).astimezone(work.tools.zone).date()
    ledger.post(
        work,
        [
            Transfer(
                row.home_id,
                f"transfer:{row.id}",
                f"Payout {row.number} paid by bank",
                row.currency,
                day,
                moved(row.home_id, "payout_clearing", -row.amount_minor)
                + moved(PARENT, "bank_cash", row.amount_minor),
            )
            for row in rows
        ],
    )
    record_all(work, "payout.paid", [(row.home_id, row.id) for row in rows])
    return len(rows)
