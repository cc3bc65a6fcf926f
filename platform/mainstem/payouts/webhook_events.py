"""What the gateway says of payouts: by its webhook events, or asked when none has come."""

from __future__ import annotations

from uuid import UUID

from mainstem.kit.bulk import RowKey
from mainstem.kit.db import Database
from mainstem.kit.events import Fact
from mainstem.kit.inbox import ReceivedEvent
from mainstem.kit.work import GATEWAY, SYSTEM, Work
from mainstem.payments import Gateway, account_changed, queue_reconciliations
from mainstem.payouts.cancellation import complete_cancellation, record_reversals
from mainstem.payouts.send import TO_SEND, record_payout, record_transfer, send
from mainstem.payouts.service import retry

# A bank takes days. What waits for the account, or for money, may be tried again once a day.
_WAITING = """
SELECT p.home_id, p.id::text AS subject, p.reserved_at AS since,
       CASE WHEN p.state IN ('requested', 'in_transit') THEN interval '12 hours'
            WHEN p.state = 'on_hold' THEN interval '1 day' ELSE interval '3 hours' END AS again
  FROM payout p
 WHERE p.provider = 'stripe'
   AND p.state IN ('reserved','transferring','transferred','requested','in_transit','on_hold','reversing')
   AND p.reserved_at < %(now)s - CASE WHEN p.state IN ('requested', 'in_transit', 'on_hold')
                                      THEN interval '1 day' ELSE interval '1 hour' END
   AND (p.state <> 'on_hold' OR p.cancel_reason IS NULL AND EXISTS (SELECT 1 FROM pay_account a
          WHERE a.home_id = p.home_id AND a.account = p.account AND a.currency = p.currency
            AND a.state = 'active'))"""


def queue_payout_reconciliations(work: Work) -> int:
    """Queue the payouts to reconcile, or to carry on, of which nothing was heard for too long."""
    return queue_reconciliations(
        work, "reconcile.payout", _WAITING, besides=["payout.reserved", "payout.cancel_requested"]
    )


def reconcile_payout(database: Database, fact: Fact) -> None:
    """Bring a payout to what the gateway says; one that stopped on its way goes on."""
    with database.work(GATEWAY) as work:
        payout = work.row(
            """SELECT state, account, payout_id FROM payout
                WHERE home_id = %(home)s AND id = %(id)s""",
            home=fact.home_id,
            id=fact.uuid,
        )
    if payout is None:
        return
    if payout.state in TO_SEND:
        send(database, fact)
    elif payout.state in ("requested", "in_transit") and payout.payout_id:
        found = database.tools.gateway.payout(payout.payout_id, account=payout.account)
        with database.work(GATEWAY) as work:
            record_payout(work, fact.home_id, fact.uuid, found)
    elif payout.state == "reversing":
        complete_cancellation(database, fact)
    elif payout.state == "on_hold":
        with database.work(SYSTEM) as work:
            retry(work, fact.home_id, fact.uuid)


def apply_webhook_event(database: Database, event: ReceivedEvent) -> None:
    """Bring a payout or an account to what the gateway says, after a webhook event about it."""
    gateway: Gateway = database.tools.gateway
    if event.type.startswith("payout.") and event.account:
        payout = gateway.payout(event.object_id, account=event.account)
        if ours := _ours(payout.metadata):
            with database.work(GATEWAY) as work:
                if _goes_to(work, *ours, event.account):
                    record_payout(work, *ours, payout)
    elif event.type == "transfer.created":
        if ours := _ours(gateway.transfer(event.object_id).metadata):
            with database.work(GATEWAY) as work:
                record_transfer(work, *ours, event.object_id)
    elif event.type == "transfer.reversed":
        found = gateway.transfer(event.object_id)
        if ours := _ours(found.metadata):
            with database.work(GATEWAY) as work:
                record_reversals(work, *ours, found)
    elif event.type.startswith(("v2.core.account", "account.", "capability.")):
        account_changed(database, event.account or event.object_id)


def _goes_to(work: Work, home_id: int, payout_id: UUID, account: str) -> bool:
    """Whether our payout goes to this account: what stands on a payout, its own account may write."""
    return bool(
        work.value(
            """SELECT 1 FROM payout
                WHERE home_id = %(home)s AND id = %(id)s AND account = %(account)s""",
            home=home_id,
            id=payout_id,
            account=account,
        )
    )


def _ours(metadata: dict[str, str]) -> RowKey | None:
    try:
        return int(metadata["home_id"]), UUID(metadata["payout_id"])
    except (KeyError, ValueError):
        return None
