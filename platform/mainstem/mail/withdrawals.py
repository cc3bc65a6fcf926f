"""What whoever withdraws is told: that it came, with its day and time, and what became of it.

The receipt goes where the statement says. The answer, which names money, goes to the client of the
order, whoever made the statement; so does a copy of the receipt once the order is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from mainstem.kit.bulk import ASKED, asked
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.mail import contexts, outbox
from mainstem.mail.clients import SELLS, shop_of
from mainstem.mail.outbox import Outgoing, Recipient
from mainstem.money import Money

RECEIPTS_MAX = 5
"""So many receipts a day go to one address for statements that fit no order: whoever floods the form
writes to nobody's mailbox. The page is a receipt as well."""

_WITHDRAWALS = f"""
SELECT w.home_id, w.id, w.locale, w.name, w.number, w.contact, w.parts, w.channel, w.received_at,
       w.state, w.reason, w.delivery_minor, w.order_id, o.client, o.currency, o.number AS order_number,
       o.shipping_minor - w.delivery_minor AS delivery_kept,
       w.delivery_minor = (o.delivery->>'standard_minor')::bigint AND NOT EXISTS (
         SELECT FROM order_line k
          WHERE k.home_id = o.home_id AND k.order_id = o.id AND k.quantity > k.canceled + (
                SELECT coalesce(sum(x.returned), 0) FROM withdrawal_line x
                 WHERE x.home_id = k.home_id AND x.order_id = k.order_id AND x.line_no = k.line_no)
       ) AS standard_only,
       {SELLS},
       (SELECT count(*) FROM withdrawal e
         WHERE e.contact_key = w.contact_key AND e.order_id IS NULL AND w.order_id IS NULL
           AND e.recorded_at > w.recorded_at - %(day)s::interval
           AND (e.recorded_at, e.id) < (w.recorded_at, w.id)) AS before,
       (SELECT jsonb_agg(jsonb_build_object('name', p.name, 'quantity', l.quantity,
                         'declined', l.declined, 'refunded', l.refunded_minor,
                         'deducted', l.deducted_minor) ORDER BY l.line_no)
          FROM withdrawal_line l JOIN order_line p USING (home_id, order_id, line_no)
         WHERE l.home_id = w.home_id AND l.withdrawal_id = w.id) AS lines
  FROM withdrawal w JOIN {ASKED} USING (home_id, id)
  JOIN storefront s ON s.home_id = w.home_id AND s.id = w.storefront_id
  LEFT JOIN orders o ON o.home_id = w.home_id AND o.id = w.order_id"""


def received(work: Work, facts: Sequence[Fact]) -> None:
    """Withdrawals that have come: their receipts."""
    rows = [row for row in _rows(work, facts) if row.before < RECEIPTS_MAX]
    outbox.queue_all(
        work,
        "withdrawal_received",
        [
            _outgoing(row, Recipient(row.contact, row.name, row.locale), _receipt(row))
            for row in rows
        ],
    )


def matched(work: Work, facts: Sequence[Fact]) -> None:
    """Withdrawals whose order is known now: its client gets the receipt, too, if they had none."""
    outbox.queue_all(
        work,
        "withdrawal_received",
        [
            _outgoing(row, _client_of(row), _receipt(row))
            for row in _rows(work, facts)
            if row.client
        ],
    )


def answered(work: Work, facts: Sequence[Fact]) -> None:
    """What became of them."""
    outbox.queue_all(
        work,
        "withdrawal_answered",
        [_outgoing(row, _client_of(row), _answer(row)) for row in _rows(work, facts)],
    )


def _rows(work: Work, facts: Sequence[Fact]) -> list[Any]:
    keys = {(fact.home_id, fact.uuid) for fact in facts}
    return work.rows(_WITHDRAWALS, day=timedelta(days=1), **asked(keys))


def _outgoing(row: Any, to: Recipient, context: contexts.ClientMail) -> Outgoing:
    return Outgoing(row.home_id, str(row.id), to, context)


def _client_of(row: Any) -> Recipient:
    if row.client:
        return Recipient(row.client["email"], row.client["name"], row.locale)
    return Recipient(row.contact, row.name, row.locale)


def _receipt(row: Any) -> contexts.WithdrawalReceived:
    chosen = row.lines if row.channel != "form" else None
    return contexts.WithdrawalReceived(
        name=row.name,
        shop=shop_of(row),
        home_id=row.home_id,
        id=row.id,
        number=row.number,
        contact=row.contact,
        parts=row.parts,
        pieces=[
            contexts.Content(name=one["name"], quantity=one["quantity"]) for one in chosen or []
        ],
        received_at=row.received_at,
    )


def _answer(row: Any) -> contexts.WithdrawalAnswered:
    lines = row.lines or []
    refunded = row.delivery_minor + sum(one["refunded"] for one in lines)
    deducted = sum(one["deducted"] for one in lines)
    return contexts.WithdrawalAnswered(
        name=_client_of(row).name,
        shop=shop_of(row),
        number=row.order_number or row.number,
        received_at=row.received_at,
        state=row.state,
        why=row.reason,
        refunded=Money(refunded, row.currency) if refunded else None,
        deducted=Money(deducted, row.currency) if deducted else None,
        kept=[
            contexts.Content(name=one["name"], quantity=one["declined"])
            for one in lines
            if one["declined"]
        ],
        dearer_delivery=Money(row.delivery_kept, row.currency)
        if row.standard_only and row.delivery_kept > 0
        else None,
    )
