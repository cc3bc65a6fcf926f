"""Canceling a payout: its transfer is reversed, and what was owed is owed again.

What comes back is booked from what the gateway says, each reversal once by its own id. One that was
made at the gateway's own pages is booked in the same way.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mainstem import ledger
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, NotFound
from mainstem.kit.events import Fact, record
from mainstem.kit.work import SYSTEM, Work
from mainstem.ledger import postings
from mainstem.money import Money
from mainstem.payments import Gateway, GatewayDeclined, TransferState, operations
from mainstem.payouts.send import (
    metadata_of,
    record_payout,
    record_transfer,
    set_state,
    still,
    tried,
)
from mainstem.payouts.service import lock_account, refuse_while_another_in_progress


def cancel(work: Work, home_id: int, payout_id: UUID, *, reason: str) -> None:
    """Cancel a payout that is on hold or failed, or that our bank has not paid yet.

    One by the bank is canceled at once; one by the gateway when its transfer is reversed.
    Raises InvalidTransition, or PayoutInProgress while another payout to the affiliate is under way.
    """
    lock_account(work, home_id)
    row = work.row(
        """SELECT home_id, id, number, provider, currency, amount_minor, state FROM payout
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=payout_id,
    )
    if row is None:
        raise NotFound("payout")
    by_bank = row.provider == "bank"
    if row.state not in (
        ("reserved", "requested", "on_hold") if by_bank else ("on_hold", "failed")
    ):
        raise InvalidTransition("payout", row.state, "canceled")
    if row.state == "failed":
        refuse_while_another_in_progress(work, home_id, payout_id, row.currency)
    work.run(
        """UPDATE payout SET state = 'reversing', cancel_reason = %(reason)s
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payout_id,
        reason=reason,
    )
    record(work, "payout.cancel_requested", payout_id, home=home_id)
    if by_bank:
        _release_reserved(work, home_id, payout_id)


def complete_cancellation(database: Database, fact: Fact) -> None:
    """Reverse the transfer of a payout that is being canceled. Safe to repeat at any point."""
    home_id, payout_id = fact.home_id, fact.uuid
    if (payout := _being_canceled(database, home_id, payout_id)) is None:
        return
    try:
        _reverse_or_release(database, payout)
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            if set_state(work, payout, "on_hold", error=str(error), only_from=("reversing",)):
                record(work, "payout.held", payout_id, home=home_id)


def _reverse_or_release(database: Database, payout: Any) -> None:
    if _has_arrived_after_all(database, payout):
        return
    if transfer_id := payout.transfer_id or _transferred_after_all(database, payout):
        _reverse_transfer(database, payout, transfer_id)
        return
    with database.work(SYSTEM) as work:
        _release_reserved(work, payout.home_id, payout.id)


def _being_canceled(database: Database, home_id: int, payout_id: UUID) -> Any | None:
    with database.work(SYSTEM) as work:
        return work.row(
            """SELECT home_id, id, number, provider, account, currency, amount_minor, transfer_id,
                      EXISTS (SELECT 1 FROM operation o
                               WHERE o.home_id = p.home_id AND o.subject_id = p.id
                                 AND o.kind = 'transfer' AND o.state IN ('todo', 'unknown'))
                        AS transfer_unknown,
                      EXISTS (SELECT 1 FROM operation o
                               WHERE o.home_id = p.home_id AND o.subject_id = p.id
                                 AND o.kind = 'payout' AND o.state IN ('todo', 'unknown'))
                        AS payout_unknown
                 FROM payout p
                WHERE home_id = %(home)s AND id = %(id)s AND state = 'reversing'""",
            home=home_id,
            id=payout_id,
        )


def _has_arrived_after_all(database: Database, payout: Any) -> bool:
    """Whether a bank payout whose answer was lost is under way: then there is nothing to reverse."""
    if not payout.payout_unknown:
        return False
    with database.work(SYSTEM) as work:
        before = tried(work, payout.home_id, payout.id)
    found = database.tools.gateway.find_payout(
        str(payout.id), account=payout.account, besides=before
    )
    if found is None or found.status in ("failed", "canceled"):
        return False
    with database.work(SYSTEM) as work:
        if set_state(work, payout, "transferred", only_from=("reversing",)):
            record_payout(work, payout.home_id, payout.id, found)
    return True


def _transferred_after_all(database: Database, payout: Any) -> str | None:
    """The transfer whose answer was lost, if it happened; now it stands in the books."""
    if not payout.transfer_unknown:
        return None
    found: str | None = database.tools.gateway.find_transfer(
        f"payout_{payout.id}", destination=payout.account, amount_minor=payout.amount_minor
    )
    if found:
        with database.work(SYSTEM) as work:
            record_transfer(work, payout.home_id, payout.id, found)
    return found


def _reverse_transfer(database: Database, payout: Any, transfer_id: str) -> None:
    """Have the gateway reverse what is left of a transfer, and book what it has reversed.

    The transfer itself says what has been reversed: that is looked at before every try.
    """
    gateway: Gateway = database.tools.gateway
    found = gateway.transfer(transfer_id)
    if found.left_minor > 0:
        request = {
            "amount": found.left_minor,
            "currency": found.currency.lower(),
            "metadata": metadata_of(payout),
        }
        with database.work(SYSTEM) as work:
            if not still(work, payout, "reversing"):
                return
            operation = operations.open_operation(
                work, payout.home_id, "reverse", payout.id, request
            )
            operations.trying(work, payout.home_id, operation.id)
        try:
            reversal = gateway.reverse_transfer(transfer_id, operation.request, operation.key)
        except GatewayDeclined as error:
            with database.work(SYSTEM) as work:
                operations.close(work, payout.home_id, operation.id, error=str(error))
            found = gateway.transfer(transfer_id)
            with database.work(SYSTEM) as work:
                # A certain no may only mean that somebody was quicker.
                record_reversals(work, payout.home_id, payout.id, found)
            raise
        with database.work(SYSTEM) as work:
            operations.close(work, payout.home_id, operation.id, provider_id=reversal)
        found = gateway.transfer(transfer_id)
    with database.work(SYSTEM) as work:
        record_reversals(work, payout.home_id, payout.id, found)
        _close_open(work, payout, found)


def _close_open(work: Work, payout: Any, found: TransferState) -> None:
    """Close the operation whose answer was lost, when its effect was found by looking."""
    operation = work.value(
        """SELECT id FROM operation
            WHERE home_id = %(home)s AND subject_id = %(id)s AND kind = 'reverse'
              AND state IN ('todo', 'unknown')""",
        home=payout.home_id,
        id=payout.id,
    )
    if operation and found.left_minor == 0:
        operations.close(work, payout.home_id, operation, provider_id=found.reversals[0][0])


def record_reversals(work: Work, home_id: int, payout_id: UUID, found: TransferState) -> None:
    """Book what has been reversed of a payout's transfer, each reversal once.

    It is owed again. A payout of which nothing is left, and that no bank has, is canceled.
    """
    record_transfer(work, home_id, payout_id, found.id)
    row = work.row(
        """SELECT state, number, cancel_reason, transfer_id FROM payout
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=payout_id,
    )
    if row is None or row.transfer_id != found.id:
        return
    why = row.cancel_reason or "reversed at the gateway"
    day = work.now().astimezone(work.tools.zone).date()
    ledger.post(
        work,
        [
            postings.transfer_reversed(
                home_id, reversal, row.number, Money(amount, found.currency), why, on=day
            )
            for reversal, amount in found.reversals
        ],
    )
    work.run(
        """UPDATE payout SET returned_minor = %(returned)s
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payout_id,
        returned=found.amount_minor - found.left_minor,
    )
    if found.left_minor == 0 and row.state in (
        "transferring",
        "transferred",
        "on_hold",
        "failed",
        "reversing",
    ):
        _set_canceled(work, home_id, payout_id)


def _release_reserved(work: Work, home_id: int, payout_id: UUID) -> None:
    """Nothing has left: what was reserved is payable again, once."""
    row = work.row(
        """SELECT state, number, currency, amount_minor, cancel_reason, transfer_id FROM payout
            WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=home_id,
        id=payout_id,
    )
    if row is None or row.state != "reversing" or row.transfer_id is not None:
        return
    amount = Money(row.amount_minor, row.currency)
    day = work.now().astimezone(work.tools.zone).date()
    canceled = postings.payout_canceled(
        home_id, payout_id, row.number, amount, row.cancel_reason, on=day
    )
    ledger.post(work, [canceled])
    _set_canceled(work, home_id, payout_id)


def _set_canceled(work: Work, home_id: int, payout_id: UUID) -> None:
    work.run(
        """UPDATE payout SET state = 'canceled', error = NULL
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payout_id,
    )
    record(work, "payout.canceled", payout_id, home=home_id)
