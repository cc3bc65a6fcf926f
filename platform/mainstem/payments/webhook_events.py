"""Webhook events: each says where to look; what is found there is what counts.

An event may come twice, late or before the one it follows. Looking again and keeping totals and
forward steps makes all of that the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from mainstem.kit import inbox
from mainstem.kit.bulk import RowKey
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.inbox import ReceivedEvent
from mainstem.kit.work import GATEWAY, Query, Work
from mainstem.payments.duplicates import (
    record_dispute_of_duplicate,
    record_duplicate,
    record_duplicate_refunds,
    record_fee_of_duplicate,
)
from mainstem.payments.gateway import DisputeState, Gateway, SessionState, WebhookEvent
from mainstem.payments.refunds import record_refunds

DISPUTE_OVER = ("won", "lost", "warning_closed", "prevented")
"""The ends of a dispute, in the gateway's words; in every other state it is open."""

_OF_SESSIONS = ("checkout.session.",)
_OF_DISPUTES = ("charge.dispute.",)
_OF_REFUNDS = ("refund.", "charge.refund.", "charge.refunded")
PAYMENT_EVENTS = (*_OF_SESSIONS, "payment_intent.", "charge.", *_OF_DISPUTES, *_OF_REFUNDS)
"""How the types of the events begin that are about a payment."""


def is_ours(work: Work, event: WebhookEvent) -> bool:
    """Whether an event is about the company's own account, or one of its affiliates' pay accounts."""
    account = event.account
    if not account and event.type.startswith("v2.core.account"):
        account = event.object_id
    return not account or bool(
        work.value("SELECT 1 FROM pay_account WHERE account = %(account)s LIMIT 1", account=account)
    )


def apply_webhook_events(database: Database, ids: Sequence[UUID]) -> list[ReceivedEvent]:
    """Look up what these webhook events are about, each thing once, and bring our rows to it.

    Where a payment is captured and its fee known, its events have nothing to add and nothing is
    asked. Others' payments are left alone. The events that are about no payment come back.
    """
    with database.work(GATEWAY) as work:
        events, payments = work.fetch_all([inbox.received(ids), _payments_of(ids)])
    groups: dict[object, list[ReceivedEvent]] = {}
    for event in events:
        if event.type.startswith(PAYMENT_EVENTS):
            groups.setdefault(event.intent_id or event.id, []).append(event)
    for about in groups.values():
        _apply(database, about, payments.get(about[0].intent_id))
    return [event for event in events if not event.type.startswith(PAYMENT_EVENTS)]


def _payments_of(ids: Sequence[UUID]) -> Query[dict[str, Any]]:
    return Query(
        """SELECT DISTINCT p.intent_id, p.session_id, p.fee_minor > 0 AND p.captured_at IS NOT NULL AS complete
             FROM inbox i JOIN payment p ON p.intent_id = i.intent_id
            WHERE i.id = ANY(%(ids)s::uuid[])""",
        {"ids": list(ids)},
        lambda rows: {row.intent_id: row for row in rows},
    )


def _apply(database: Database, events: Sequence[ReceivedEvent], payment: Any | None) -> None:
    """First the payment, whichever event came first: what follows needs to know its order."""
    gateway: Gateway = database.tools.gateway
    disputed = dict.fromkeys(one.object_id for one in events if one.type.startswith(_OF_DISPUTES))
    disputes = [gateway.dispute(id) for id in disputed]
    intent = events[0].intent_id or _intent_of(gateway, events[0], disputes)
    if payment is None or not payment.complete:
        sessions = [one.object_id for one in events if one.type.startswith(_OF_SESSIONS)]
        if payment is not None and payment.session_id:
            sessions.append(payment.session_id)
        if sessions:
            for id in dict.fromkeys(sessions):
                settle_session(database, id)
        else:
            _settle_intent(database, intent)
    for dispute in disputes:
        record_dispute(database, dispute)
    if disputes or any(event.type.startswith(_OF_REFUNDS) for event in events):
        sync_refunds(database, intent)


def _intent_of(
    gateway: Gateway, event: ReceivedEvent, disputes: Sequence[DisputeState]
) -> str | None:
    """The payment intent of an event that did not say it."""
    if disputes:
        return disputes[0].intent_id
    if event.type.startswith("refund.") or event.type.startswith("charge.refund."):
        return gateway.intent_of_refund(event.object_id)
    if event.type.startswith("charge."):
        return gateway.intent_of_charge(event.object_id)
    return None


def settle_session(database: Database, session_id: str) -> None:
    """Bring a payment to what its checkout says. The webhook events and the client's return both call it."""
    _settle(database, database.tools.gateway.session(session_id))


def _settle_intent(database: Database, intent_id: str | None) -> None:
    if intent_id and (session := database.tools.gateway.session_of_intent(intent_id)):
        _settle(database, session)


def _settle(database: Database, session: SessionState) -> None:
    if ours := _ours(session):
        with database.work(GATEWAY) as work:
            _keep_session(work, *ours, session)


def _keep_session(work: Work, home_id: int, payment_id: UUID, session: SessionState) -> None:
    payment = _take(work, home_id, payment_id)
    if payment is None:
        raise LookupError(f"checkout {session.id} is of a payment we do not have yet")
    state = _state_of(session)
    ours_too = payment.session_id in (None, session.id)
    if payment.state in ("captured", "duplicate", "returned"):
        if state == "captured" and not ours_too:
            record_duplicate(work, home_id, payment_id, session)
        elif ours_too and payment.state != "captured":
            record_fee_of_duplicate(work, home_id, payment_id, session)
        elif ours_too and session.fee_minor and not payment.fee_minor:
            _keep_fee(work, home_id, payment_id, session)
        return
    if state == "captured":
        assert session.amount_minor == payment.amount_minor, "the client paid what was asked"
        assert session.currency == payment.currency, "in the currency that was asked"
        if payment.paid_before:
            record_duplicate(work, home_id, payment_id, session)
            return
    elif not ours_too or (state == "open" and payment.state != "started"):
        return  # a page that nobody was shown, or an older look
    work.run(
        """UPDATE payment SET state = %(state)s, session_id = %(session)s, intent_id = %(intent)s,
                  charge_id = %(charge)s, captured_minor = %(captured)s, fee_minor = %(fee)s,
                  pay_url = coalesce(pay_url, %(url)s), method_fingerprint = %(fingerprint)s,
                  captured_at = CASE WHEN %(state)s = 'captured' THEN %(now)s::timestamptz END
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payment_id,
        state=state,
        session=session.id,
        intent=session.intent_id,
        charge=session.charge_id,
        url=session.url,
        fingerprint=session.method_fingerprint,
        captured=session.amount_minor if state == "captured" else 0,
        fee=session.fee_minor if state == "captured" else 0,
        # Our clock says when: a demo's clock runs ahead of the gateway's.
        now=work.now(),
    )
    if state == "captured":
        record(work, "payment.captured", payment_id, home=home_id)
    elif state == "failed" and payment.state != "failed":
        record(work, "payment.failed", payment_id, home=home_id)


def _take(work: Work, home_id: int, payment_id: UUID) -> Any | None:
    """A payment, locked after its order, and whether others have paid the order already."""
    key = {"home": home_id, "id": payment_id}
    work.row(
        """SELECT 1 FROM orders o JOIN payment p ON p.home_id = o.home_id AND p.order_id = o.id
            WHERE p.home_id = %(home)s AND p.id = %(id)s FOR NO KEY UPDATE OF o""",
        **key,
    )
    # Asked after the order's lock is ours: whoever held it has written what is read here.
    return work.row(
        """SELECT p.state, p.amount_minor, p.currency, p.session_id, p.fee_minor,
                  coalesce((SELECT sum(q.captured_minor) >= o.total_minor FROM payment q
                             WHERE q.home_id = p.home_id AND q.order_id = p.order_id
                               AND q.id <> p.id AND q.state = 'captured'), false) AS paid_before
             FROM payment p JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
            WHERE p.home_id = %(home)s AND p.id = %(id)s FOR UPDATE OF p""",
        **key,
    )


def _keep_fee(work: Work, home_id: int, payment_id: UUID, session: SessionState) -> None:
    """The gateway takes the money first and works out its fee a moment later."""
    work.run(
        """UPDATE payment SET fee_minor = %(fee)s, charge_id = coalesce(charge_id, %(charge)s)
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=home_id,
        id=payment_id,
        fee=session.fee_minor,
        charge=session.charge_id,
    )
    record(work, "payment.fee_known", payment_id, home=home_id)


def _ours(session: SessionState) -> RowKey | None:
    try:
        return int(session.metadata["home_id"]), UUID(session.metadata["payment_id"])
    except (KeyError, ValueError):
        return None


def _state_of(session: SessionState) -> str:
    if session.payment_status in ("paid", "no_payment_required"):
        return "captured"
    if session.status == "complete":
        # The bank of a delayed payment has said no: the money will not come by this page.
        failed = session.intent_status in ("requires_payment_method", "canceled")
        return "failed" if failed else "processing"
    return "expired" if session.status == "expired" else "open"


def sync_refunds(database: Database, intent_id: str | None) -> None:
    """Bring the refunds of a payment to what the gateway says, whoever asked for them."""
    if intent_id is None:
        return
    found = database.tools.gateway.refunds_of(intent_id)
    with database.work(GATEWAY) as work:
        order = _order_of(work, intent_id)
        if order is None:
            if found and "payment_id" in found[0].metadata:
                raise LookupError(f"refunds of {intent_id} came before its payment")
            return
        if order.state in ("duplicate", "returned"):
            record_duplicate_refunds(work, order.home_id, order.id, found)
        else:
            record_refunds(work, order.home_id, order.order_id, found)


def sync_dispute(database: Database, dispute_id: str) -> None:
    """Bring a dispute, and the refunds of its payment, to what the gateway says."""
    found = database.tools.gateway.dispute(dispute_id)
    _settle_intent(database, found.intent_id)
    record_dispute(database, found)
    sync_refunds(database, found.intent_id)


def record_dispute(database: Database, found: DisputeState) -> None:
    """Note what a look at a dispute has found. An older look than the last one changes nothing.

    Of two looks that saw the same movements of money, the one that saw its end is the newer.
    """
    with database.work(GATEWAY) as work:
        order = _order_of(work, found.intent_id or "")
        if order is None:
            raise LookupError(f"dispute {found.id} came before its payment, or is not ours")
        if order.state in ("duplicate", "returned"):
            record_dispute_of_duplicate(work, order.home_id, order.id, found)
            return
        touched = work.run(
            """INSERT INTO dispute AS d (home_id, id, order_id, provider_id, status, currency,
                      amount_minor, withdrawn_minor, fee_minor, movements, opened_at,
                      respond_by)
               VALUES (%(home)s, %(id)s, %(order)s, %(provider)s, %(status)s, %(currency)s,
                       %(amount)s, %(withdrawn)s, %(fee)s, %(movements)s, %(opened)s,
                       %(respond)s)
               ON CONFLICT (provider_id) DO UPDATE
                  SET status = excluded.status, withdrawn_minor = excluded.withdrawn_minor,
                      fee_minor = excluded.fee_minor, movements = excluded.movements,
                      respond_by = coalesce(excluded.respond_by, d.respond_by)
                WHERE excluded.movements > d.movements
                   OR excluded.movements = d.movements
                      AND (d.status <> ALL(%(over)s::text[]) OR excluded.status = ANY(%(over)s::text[]))
                      AND (d.status, d.withdrawn_minor, d.fee_minor, d.respond_by) IS DISTINCT FROM
                          (excluded.status, excluded.withdrawn_minor, excluded.fee_minor,
                           coalesce(excluded.respond_by, d.respond_by))""",
            home=order.home_id,
            id=new_id(),
            order=order.order_id,
            provider=found.id,
            status=found.status,
            currency=found.currency,
            amount=found.amount_minor,
            withdrawn=found.withdrawn_minor,
            fee=found.fee_minor,
            movements=found.movements,
            opened=found.opened_at,
            respond=found.respond_by,
            over=list(DISPUTE_OVER),
        )
        if touched:
            record(work, "payment.disputed", order.order_id, home=order.home_id)


def _order_of(work: Work, intent_id: str) -> Any | None:
    return work.row(
        "SELECT home_id, order_id, id, state FROM payment WHERE intent_id = %(intent)s",
        intent=intent_id,
    )
