"""Sending a payout: transfer to the affiliate's balance, then to their bank.

Each step is an operation: durable before the call, looked for before a second try, booked from what
was found. A certain no puts the payout on hold with its reason; an uncertain one leaves it waiting.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mainstem import ledger
from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record
from mainstem.kit.work import SYSTEM, Work
from mainstem.ledger import postings
from mainstem.money import Money
from mainstem.payments import Gateway, GatewayDeclined, PayoutState, account_changed, operations
from mainstem.payouts.service import another_in_progress

_STATES = {"pending": "requested", "in_transit": "in_transit", "paid": "paid",
           "failed": "failed", "canceled": "failed"}  # fmt: skip
# A payout only moves forward; that a paid one fails after all is legal and the last word.
# What is being canceled, or has been, listens to no bank payout any more.
_RANK = {"transferred": 0, "requested": 1, "in_transit": 2, "paid": 3, "failed": 4,
         "reversing": 5, "canceled": 5}  # fmt: skip


TO_SEND = ("reserved", "transferring", "transferred")


def send(database: Database, fact: Fact) -> None:
    """Carry a reserved payout as far as it goes now. Safe to repeat at any point."""
    payout = _take(database, fact.home_id, fact.uuid)
    if payout is None:
        return
    if payout.provider == "bank":
        with database.work(SYSTEM) as work:
            set_state(work, payout, "requested", only_from=("reserved",))
        return
    try:
        if payout.transfer_id is None:
            _transfer(database, payout)
        _pay_out(database, payout)
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            if set_state(work, payout, "on_hold", error=str(error), only_from=TO_SEND):
                record(work, "payout.held", payout.id, home=payout.home_id)
        # It may be the account, and its event lost: what we keep of it must not stand in the way
        # of the event that will say that it is well again.
        account_changed(database, payout.account)


def _take(database: Database, home_id: int, payout_id: UUID) -> Any | None:
    with database.work(SYSTEM) as work:
        return work.row(
            """UPDATE payout SET state = CASE WHEN state = 'reserved' AND provider = 'stripe'
                                              THEN 'transferring' ELSE state END
                WHERE home_id = %(home)s AND id = %(id)s
                  AND state IN ('reserved', 'transferring', 'transferred')
            RETURNING home_id, id, number, provider, account, currency, amount_minor, transfer_id""",
            home=home_id,
            id=payout_id,
        )


def _transfer(database: Database, payout: Any) -> None:
    gateway: Gateway = database.tools.gateway
    group = f"payout_{payout.id}"
    request = {
        "amount": payout.amount_minor,
        "currency": payout.currency.lower(),
        "destination": payout.account,
        "transfer_group": group,
        "description": f"Mainstem {payout.number}",
        "metadata": metadata_of(payout),
    }
    with database.work(SYSTEM) as work:
        if not still(work, payout, "transferring"):
            return
        operation = operations.open_operation(work, payout.home_id, "transfer", payout.id, request)
        operations.trying(work, payout.home_id, operation.id)
    found = None
    if operation.tried:
        found = gateway.find_transfer(
            group, destination=payout.account, amount_minor=payout.amount_minor
        )
    try:
        found = found or gateway.create_transfer(operation.request, operation.key)
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            operations.close(work, payout.home_id, operation.id, error=str(error))
        raise
    with database.work(SYSTEM) as work:
        # The payout's lock before its operation's, as when it was opened.
        record_transfer(work, payout.home_id, payout.id, found)
        operations.close(work, payout.home_id, operation.id, provider_id=found)


def still(work: Work, payout: Any, state: str) -> bool:
    """Lock the payout; whether this step is still to be made.

    Another sender may have been faster: a second click, or a lease that ran out while the gateway
    was slow. Its operation is closed by now, and ours would be a new attempt with a new key.
    """
    now = work.value(
        "SELECT state FROM payout WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        home=payout.home_id,
        id=payout.id,
    )
    return bool(now == state)


def record_transfer(work: Work, home_id: int, payout_id: UUID, transfer_id: str) -> None:
    """Note that the money has left the parent's balance, and book it, once."""
    row = work.row(
        """SELECT state, number, currency, amount_minor, transfer_id FROM payout
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=payout_id,
    )
    if row is None or row.transfer_id is not None:
        return
    late = row.state == "canceled"
    # Canceled while its transfer was still under way: it is reversed. Beside a newer payout
    # to the same affiliate it waits for people instead, as whatever has failed: one is under way at
    # a time.
    waits = late and another_in_progress(work, home_id, payout_id, row.currency)
    work.run(
        """UPDATE payout SET transfer_id = %(transfer)s,
                  state = CASE WHEN state IN ('reserved', 'transferring', 'on_hold')
                               THEN 'transferred'
                               WHEN state = 'canceled' AND %(waits)s THEN 'failed'
                               WHEN state = 'canceled' THEN 'reversing' ELSE state END
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payout_id,
        transfer=transfer_id,
        waits=waits,
    )
    if late:
        record(
            work, "payout.failed" if waits else "payout.cancel_requested", payout_id, home=home_id
        )
    event = postings.canceled_payout_transferred if late else postings.payout_transferred
    amount = Money(row.amount_minor, row.currency)
    day = work.now().astimezone(work.tools.zone).date()
    ledger.post(work, [event(home_id, payout_id, row.number, amount, on=day)])


def _pay_out(database: Database, payout: Any) -> None:
    gateway: Gateway = database.tools.gateway
    request = {
        "amount": payout.amount_minor,
        "currency": payout.currency.lower(),
        "metadata": metadata_of(payout),
    }
    with database.work(SYSTEM) as work:
        if not still(work, payout, "transferred"):
            return
        operation = operations.open_operation(work, payout.home_id, "payout", payout.id, request)
        operations.trying(work, payout.home_id, operation.id)
        before = tried(work, payout.home_id, payout.id)
    found = None
    if operation.tried:
        found = gateway.find_payout(str(payout.id), account=payout.account, besides=before)
    try:
        found = found or gateway.create_payout(
            operation.request, operation.key, account=payout.account
        )
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            operations.close(work, payout.home_id, operation.id, error=str(error))
        raise
    with database.work(SYSTEM) as work:
        record_payout(work, payout.home_id, payout.id, found)
        operations.close(work, payout.home_id, operation.id, provider_id=found.id)


def tried(work: Work, home_id: int, payout_id: UUID) -> set[str]:
    """The bank payouts of earlier attempts, which have failed: they are not what we look for."""
    rows = work.rows(
        """SELECT provider_id FROM operation WHERE home_id = %(home)s AND kind = 'payout'
              AND subject_id = %(id)s AND state = 'done'""",
        home=home_id,
        id=payout_id,
    )
    return {row.provider_id for row in rows}


def record_payout(work: Work, home_id: int, payout_id: UUID, found: PayoutState) -> None:
    """Bring a payout to what the gateway says of its way to the bank; it only moves forward."""
    row = work.row(
        "SELECT state, payout_id FROM payout WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        home=home_id,
        id=payout_id,
    )
    state = _STATES.get(found.status)
    if row is None or state is None:
        return
    if found.id != row.payout_id and found.id in tried(work, home_id, payout_id):
        # A late word about an attempt that failed must not touch the one that followed it.
        return
    if _RANK.get(row.state, 0) >= _RANK[state]:
        return
    work.run(
        """UPDATE payout SET state = %(state)s, payout_id = %(provider)s, error = %(error)s,
                  paid_at = CASE WHEN %(state)s = 'paid' THEN %(now)s::timestamptz ELSE paid_at END
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payout_id,
        state=state,
        provider=found.id,
        error=found.failure or None,
        now=work.now(),
    )
    if state in ("paid", "failed"):
        record(work, f"payout.{state}", payout_id, home=home_id)


def set_state(
    work: Work,
    payout: Any,
    state: str,
    *,
    error: str | None = None,
    only_from: tuple[str, ...],
) -> int:
    """Put a payout into a state, if it is in one of these now; whether it was."""
    return work.run(
        """UPDATE payout SET state = %(state)s, error = %(error)s
            WHERE home_id = %(home)s AND id = %(id)s AND state = ANY(%(only)s::text[])""",
        home=payout.home_id,
        id=payout.id,
        state=state,
        error=error,
        only=list(only_from),
    )


def metadata_of(payout: Any) -> dict[str, str]:
    """What we write on everything that the gateway makes for a payout."""
    return {"home_id": str(payout.home_id), "payout_id": str(payout.id)}
