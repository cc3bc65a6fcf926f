"""Reconciliation: what has waited too long for a webhook event is asked of the gateway.

The clock finds what to reconcile and records one fact each; each is then a reaction of its own,
so that one that fails stops nobody. Webhook events and this go through the same verbs: nothing is done
twice, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record_all
from mainstem.kit.work import GATEWAY, Work
from mainstem.payments.accounts import account_changed
from mainstem.payments.duplicates import refund_duplicate
from mainstem.payments.refunds import send_refund
from mainstem.payments.webhook_events import (
    DISPUTE_OVER,
    settle_session,
    sync_dispute,
    sync_refunds,
)

RECONCILIATIONS_MAX = 200
"""Of one kind in one run; the rest are the oldest of the next."""

_UNRECONCILED = """
SELECT c.home_id, c.subject FROM ({waiting}) AS c
 WHERE NOT EXISTS (
       SELECT 1 FROM fact f LEFT JOIN fact_waiting w ON w.home_id = f.home_id AND w.id = f.id
        WHERE f.subject = c.subject AND f.home_id = c.home_id
          AND (f.name = %(name)s AND (w.id IS NOT NULL OR f.happened_at > %(now)s - c.again)
               OR f.name = ANY(%(besides)s::text[]) AND w.state = 'waiting'))
 ORDER BY c.since, c.home_id, c.subject LIMIT %(most)s"""


def queue_reconciliations(
    work: Work,
    name: str,
    waiting: str,
    *,
    besides: Sequence[str] = (),
    most: int = RECONCILIATIONS_MAX,
) -> int:
    """Record the fact `name` about what has waited too long, oldest first; how many.

    `waiting` gives (home_id, subject, since, again): the last is how long it is not asked again. What
    a fact of this name, or a waiting one named in `besides`, already sees to is left to it.
    """
    rows: list[Any] = work.rows(
        _UNRECONCILED.format(waiting=waiting),
        name=name,
        besides=list(besides),
        now=work.now(),
        most=most,
    )
    record_all(work, name, [(row.home_id, row.subject) for row in rows])
    return len(rows)


# A checkout is reconciled before the goods are given up, which is half an hour after the order. Money
# that a bank is still moving takes days.
_PAYMENTS = """
SELECT home_id, id::text AS subject, created_at AS since,
       CASE state WHEN 'processing' THEN interval '6 hours' ELSE interval '1 hour' END AS again
  FROM payment
 WHERE state IN ('open', 'processing', 'duplicate') AND session_id IS NOT NULL
   AND created_at < %(now)s - interval '15 minutes'"""
_REFUNDS = """
SELECT home_id, id::text AS subject, requested_at AS since, interval '6 hours' AS again
  FROM refund
 WHERE state IN ('requested', 'submitted') AND requested_at < %(now)s - interval '1 hour'"""
_ACCOUNTS = """
SELECT home_id, home_id::text AS subject, min(updated_at) AS since, interval '1 day' AS again
  FROM pay_account
 WHERE provider = 'stripe' AND state IN ('created', 'onboarding', 'restricted')
   AND updated_at < %(now)s - interval '1 hour'
 GROUP BY 1"""

# Goods wait for its end, and a bank takes weeks.
_DISPUTES = f"""
SELECT home_id, provider_id AS subject, opened_at AS since, interval '1 day' AS again
  FROM dispute WHERE status NOT IN ({", ".join(f"'{end}'" for end in DISPUTE_OVER)})"""


def queue_payment_reconciliations(work: Work) -> int:
    """Queue the payments to reconcile of which nothing was heard for a quarter of an hour."""
    return queue_reconciliations(
        work, "reconcile.payment", _PAYMENTS, besides=["payment.duplicated"]
    )


def queue_refund_reconciliations(work: Work) -> int:
    """Queue the refunds to reconcile, or to carry out, that have waited for more than an hour."""
    return queue_reconciliations(work, "reconcile.refund", _REFUNDS, besides=["refund.requested"])


def queue_account_reconciliations(work: Work) -> int:
    """Queue the affiliates' accounts to reconcile, once a day, that could not be paid."""
    return queue_reconciliations(work, "reconcile.account", _ACCOUNTS)


def queue_dispute_reconciliations(work: Work) -> int:
    """Queue each open dispute to reconcile, once a day."""
    return queue_reconciliations(work, "reconcile.dispute", _DISPUTES)


def reconcile_payment(database: Database, fact: Fact) -> None:
    """Bring a payment to what the gateway says; a duplicate payment is refunded."""
    with database.work(GATEWAY) as work:
        session_id = work.value(
            """SELECT session_id FROM payment WHERE home_id = %(home)s AND id = %(id)s
                  AND state IN ('open', 'processing', 'duplicate')""",
            home=fact.home_id,
            id=fact.uuid,
        )
    if session_id:
        settle_session(database, session_id)
        refund_duplicate(database, fact)


def reconcile_refund(database: Database, fact: Fact) -> None:
    """Bring a refund to what the gateway says; one that never reached it is carried out."""
    with database.work(GATEWAY) as work:
        row = work.row(
            """SELECT r.state, p.intent_id FROM refund r
                 JOIN payment p ON p.home_id = r.home_id AND p.id = r.payment_id
                WHERE r.home_id = %(home)s AND r.id = %(id)s""",
            home=fact.home_id,
            id=fact.uuid,
        )
    if row is not None and row.state == "requested":
        send_refund(database, fact)
    elif row is not None and row.state == "submitted":
        sync_refunds(database, row.intent_id)


def reconcile_account(database: Database, fact: Fact) -> None:
    """Bring an affiliate's account to what the gateway says."""
    with database.work(GATEWAY) as work:
        account = work.value(
            """SELECT account FROM pay_account
                WHERE home_id = %(home)s AND provider = 'stripe' LIMIT 1""",
            home=fact.home_id,
        )
    if account:
        account_changed(database, account)


def reconcile_dispute(database: Database, fact: Fact) -> None:
    """Bring a dispute to what the gateway says."""
    sync_dispute(database, fact.subject)
