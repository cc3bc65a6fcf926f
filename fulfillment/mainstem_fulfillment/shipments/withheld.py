"""What does not leave after all: canceled, or parked while a bank decides about its money."""

from __future__ import annotations

from collections.abc import Sequence

from mainstem import orders, payments
from mainstem.kit.bulk import ASKED_ORDERS, asked
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.orders import OrderKey, lock
from mainstem_fulfillment.shipments.steps import subject_of

_CANCEL = f"""
UPDATE fulfilment f SET state = 'canceled', parked_for = NULL
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id
   AND f.state NOT IN ('shipped', 'canceled')"""


def cancel_fulfilments(work: Work, canceled: Sequence[OrderKey]) -> None:
    """Cancel what has not left of canceled orders."""
    # The orders first, as whoever picks for one of them does.
    lock(work, in_key_order(canceled))
    work.run(_CANCEL, **asked(canceled))


_DISPUTED = f"""
SELECT home_id, order_id, bool_or(status <> ALL(%(over)s::text[])) AS open,
       bool_or(status = 'lost') AS lost
  FROM dispute JOIN {ASKED_ORDERS} USING (home_id, order_id)
 GROUP BY 1, 2 ORDER BY 1, 2"""


_PARK = f"""
UPDATE fulfilment f SET state = 'parked', parked_for = 'dispute'
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id
   AND f.state IN ('assigned', 'released', 'picking', 'picked', 'packed')
RETURNING f.home_id, f.order_id, f.no"""


# What was done before it was parked is done: it goes on from there.
_GO_ON = f"""
UPDATE fulfilment f SET parked_for = NULL,
       state = CASE WHEN packed_at IS NOT NULL THEN 'packed' WHEN picked_at IS NOT NULL THEN 'picked'
                    WHEN picker IS NOT NULL THEN 'picking' ELSE 'released' END
  FROM {ASKED_ORDERS}
 WHERE f.home_id = asked.home_id AND f.order_id = asked.order_id AND f.parked_for = 'dispute'
RETURNING f.home_id, f.order_id, f.no"""


def apply_disputes(work: Work, disputed: Sequence[OrderKey]) -> None:
    """Bring what has not left of these orders to where their disputes stand now.

    It is parked while one is open, goes on where it was once all are won, and is canceled, its
    goods free again, when one is lost. What has left stays shipped.
    """
    keys = in_key_order(disputed)
    lock(work, keys)
    apply_disputes_of_locked(work, keys)


def apply_disputes_of_locked(work: Work, keys: Sequence[OrderKey]) -> None:
    """The same for orders that are locked already."""
    rows = work.rows(_DISPUTED, over=list(payments.DISPUTE_OVER), **asked(keys))
    if not rows:
        return
    where = [(row.home_id, row.order_id) for row in rows if row.open]
    _turn(work, _PARK, where, "fulfilment.parked")
    lost = [(row.home_id, row.order_id) for row in rows if row.lost and not row.open]
    if lost:
        orders.withhold(work, lost)
        cancel_fulfilments(work, lost)
    won = [(row.home_id, row.order_id) for row in rows if not row.open and not row.lost]
    _turn(work, _GO_ON, won, "fulfilment.resumed")
    # Canceled while the bank had the money: now that it is back, it goes to the client.
    orders.give_rest_back(work, won, reason="canceled")


def _turn(work: Work, sql: str, keys: Sequence[OrderKey], fact: str) -> None:
    if not keys:
        return
    turned = work.rows(sql, **asked(keys))
    done = sorted((row.home_id, row.order_id, row.no) for row in turned)
    record_all(work, fact, [(key[0], subject_of(key)) for key in done])
