"""A payout run: reserve first. What is reserved has left the payable account, so no second run
and no late click can pay it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import ledger
from mainstem.kit.bulk import ASKED, RowKey, asked, insert_many
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import record, record_all
from mainstem.kit.ids import new_ids, short
from mainstem.kit.work import Work
from mainstem.ledger import postings
from mainstem.money import Money
from mainstem.payments import payable_part
from mainstem.payouts.errors import PayoutInProgress
from mainstem.payouts.exchange import Conversion, convert, rates_in_force
from mainstem.plan import book

# Taken before the candidates are read: whoever waited here for a retry must see what it made.
_ACCOUNTS = """
SELECT count(*) FROM (SELECT FROM pay_account WHERE state = 'active'
                       ORDER BY home_id, currency FOR UPDATE) AS locked"""
_CANDIDATES = """
SELECT p.home_id, p.provider, p.account, p.currency FROM pay_account p
  JOIN affiliate a ON a.id = p.home_id
 WHERE p.state = 'active' AND a.state IN ('active', 'paused', 'terminated')
   AND NOT EXISTS (SELECT 1 FROM payout o
                    WHERE o.home_id = p.home_id AND o.currency = p.currency
                      AND (o.period = %(period)s OR o.state IN ('reserved','transferring',
                           'transferred','requested','in_transit','on_hold','reversing')))
 ORDER BY p.home_id, p.opened_at, p.currency"""
_ACCOUNTED = """
SELECT home_id, currency FROM pay_account
 WHERE home_id = ANY(%(homes)s::bigint[]) AND state NOT IN ('rejected', 'closed')"""


@dataclass(frozen=True, slots=True)
class _Due:
    """A payout to be made: to whose account, how much, what stays payable, and what of it is
    changed money."""

    to: Any
    amount_minor: int
    left_minor: int
    changed: list[Conversion]


class _PayoutRow(NamedTuple):
    home_id: int
    id: UUID
    number: str
    period: date
    provider: str
    account: str
    currency: str
    amount_minor: int
    left_minor: int
    state: str
    reserved_at: datetime


def run(work: Work, period: date) -> int:
    """Reserve a payout for every affiliate who has enough; how many. Running twice pays once.

    Whoever is below the minimum, in debt, without a working account or still waiting for an
    earlier payout is left for the next run. What an affiliate has in a currency that none of their
    accounts takes is changed and paid with the rest, where that is the policy and there is a rate.
    Before a plan is in force nobody has earned anything.
    """
    plan = book.now(work)
    if plan is None:
        return 0
    ledger.roll_up(work)
    work.value(_ACCOUNTS)
    due = _due(work, plan.minimum_payout_minor, work.rows(_CANDIDATES, period=period))
    ids = new_ids(len(due))
    insert_many(
        work,
        "payout",
        [_payout_row(one, id, period, work.now()) for one, id in zip(due, ids, strict=True)],
    )
    for one, id in zip(due, ids, strict=True):
        convert(work, one.to.home_id, id, one.changed)
    ledger.post(
        work,
        [
            postings.payout_reserved(
                one.to.home_id,
                id,
                short(id),
                Money(one.amount_minor, one.to.currency),
                on=period,
            )
            for one, id in zip(due, ids, strict=True)
        ],
    )
    record_all(
        work, "payout.reserved", [(one.to.home_id, id) for one, id in zip(due, ids, strict=True)]
    )
    return len(due)


def _payout_row(due: _Due, id: UUID, period: date, now: datetime) -> _PayoutRow:
    return _PayoutRow(
        home_id=due.to.home_id,
        id=id,
        number=short(id),
        period=period,
        provider=due.to.provider,
        account=due.to.account,
        currency=due.to.currency,
        amount_minor=due.amount_minor,
        left_minor=due.left_minor,
        state="reserved",
        reserved_at=now,
    )


def _due(work: Work, minimum: Mapping[str, int], candidates: Sequence[Any]) -> list[_Due]:
    """Who of those who may be paid has enough, and how much of it."""
    homes = sorted({row.home_id for row in candidates})
    payable: dict[int, dict[str, int]] = {}
    for (home, account, currency), minor in ledger.balances(work, homes).items():
        if account == "payable":
            payable.setdefault(home, {})[currency] = minor
    changes = _changes(work, candidates, payable)
    due = []
    for row in candidates:
        changed = changes.get((row.home_id, row.currency), [])
        minor = payable.get(row.home_id, {}).get(row.currency, 0)
        total = Money(minor + sum(one.after.minor for one in changed), row.currency)
        # Some currencies reach a bank in whole units only: what is left over stays payable.
        amount = (payable_part(total) if row.provider == "stripe" else total).minor
        if amount >= max(minimum.get(row.currency, 1), 1):
            due.append(_Due(row, amount, total.minor - amount, changed))
    return due


def _changes(
    work: Work, candidates: Sequence[Any], payable: dict[int, dict[str, int]]
) -> dict[tuple[int, str], list[Conversion]]:
    """What would be changed for each account that may be paid: into an affiliate's first one."""
    if work.tools.other_currency != "convert" or not (rates := rates_in_force(work)):
        return {}
    first: dict[int, str] = {}
    for row in candidates:
        first.setdefault(row.home_id, row.currency)
    taken = {(row.home_id, row.currency) for row in work.rows(_ACCOUNTED, homes=list(first))}
    found: dict[tuple[int, str], list[Conversion]] = {}
    for home, into in first.items():
        for currency, minor in sorted(payable.get(home, {}).items()):
            rate = rates.get((currency, into))
            if minor <= 0 or rate is None or (home, currency) in taken:
                continue
            before = Money(minor, currency)
            if after := before.converted(into, rate.billionths):
                found.setdefault((home, into), []).append(Conversion(before, after, rate))
    return found


def retry(work: Work, home_id: int, payout_id: UUID) -> None:
    """Try a payout again whose cause for waiting or failing has gone.

    Raises PayoutInProgress for one that failed while another to the same affiliate is under way.
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
        refuse_while_another_in_progress(work, home_id, payout_id, row.currency)
    work.run(
        """UPDATE payout SET error = NULL, payout_id = NULL, cancel_reason = NULL,
                  state = CASE WHEN transfer_id IS NULL THEN 'reserved' ELSE 'transferred' END
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payout_id,
    )
    record(work, "payout.reserved", payout_id, home=home_id)


def lock_account(work: Work, home_id: int) -> None:
    """Take the affiliate's accounts, before any payout of theirs is taken.

    A run takes it before it reserves: while we hold it, no payout appears beside ours.
    """
    work.rows(
        "SELECT 1 FROM pay_account WHERE home_id = %(home)s ORDER BY currency FOR UPDATE",
        home=home_id,
    )


def refuse_while_another_in_progress(
    work: Work, home_id: int, payout_id: UUID, currency: str
) -> None:
    """Raise PayoutInProgress when another payout to the affiliate is under way."""
    if another_in_progress(work, home_id, payout_id, currency):
        raise PayoutInProgress()


def another_in_progress(work: Work, home_id: int, payout_id: UUID, currency: str) -> bool:
    """Whether another payout to the affiliate is under way."""
    beside = work.value(
        """SELECT count(*) FROM payout WHERE home_id = %(home)s AND currency = %(currency)s
              AND id <> %(id)s AND state IN ('reserved','transferring','transferred','requested',
                                             'in_transit','on_hold','reversing')""",
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
                  AND a.currency = p.currency
            WHERE p.home_id = ANY(%(homes)s::bigint[]) AND p.provider = 'stripe'
              AND a.provider = 'stripe' AND a.state = 'active' AND p.state IN ('on_hold', 'failed')
              AND p.cancel_reason IS NULL
            ORDER BY p.home_id, p.state = 'failed', p.reserved_at DESC""",
        homes=sorted(set(affiliates)),
    )
    count = 0
    for row in waiting:
        try:
            retry(work, row.home_id, row.id)
        except (InvalidTransition, PayoutInProgress):
            continue
        count += 1
    return count


_LEFT_BANK = f"""
UPDATE payout p SET state = 'paid', paid_at = %(at)s, reference = %(reference)s
  FROM {ASKED}
 WHERE p.home_id = asked.home_id AND p.id = asked.id AND p.provider = 'bank'
   AND p.state IN ('reserved', 'requested')
RETURNING p.home_id, p.id, p.number, p.currency, p.amount_minor"""


def confirm_bank(
    work: Work,
    payouts: Sequence[RowKey],
    *,
    reference: str | None = None,
    at: datetime | None = None,
) -> int:
    """Say that payouts by the parent's own bank have left; how many had not been said before.

    `reference` is what the bank wrote on it: the affiliate finds the money by it.
    """
    rows: list[Any] = work.rows(
        _LEFT_BANK, at=at or work.now(), reference=reference or None, **asked(payouts)
    )
    day = (at or work.now()).astimezone(work.tools.zone).date()
    ledger.post(
        work,
        [
            postings.payout_left_bank(
                row.home_id,
                row.id,
                row.number,
                Money(row.amount_minor, row.currency),
                reference,
                on=day,
            )
            for row in rows
        ],
    )
    record_all(work, "payout.paid", [(row.home_id, row.id) for row in rows])
    return len(rows)
