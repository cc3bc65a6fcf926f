"""Work is accepted, by its client or by time, and its line is delivered: from there on it earns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mainstem import orders
from mainstem.kit.bulk import ASKED, asked, given, relation
from mainstem.kit.errors import InvalidInput
from mainstem.kit.events import record_all
from mainstem.kit.work import Work
from mainstem_fulfillment.jobs import rules
from mainstem_fulfillment.jobs.model import Job, JobKey
from mainstem_fulfillment.jobs.rules import JOB


def sign_off(work: Work, key: JobKey, *, by: str) -> None:
    """The client accepts the work, and the line is delivered: from here on it earns."""
    # The order before its job, as everywhere.
    _lock_orders(work, [key])
    job = work.take(Job, key)
    state = JOB.step(job.state, "sign_off")
    if problems := [*orders.text_problems("/by", by, missing="Write who accepts the work.")]:
        raise InvalidInput(*problems)
    job.state = state
    job.signed_off_at = work.now()
    job.signed_off_by = by.strip()
    _deliver(work, [key])


_SIGN_OFF_DUE = f"""
UPDATE job j
   SET state = 'signed_off', signed_off_at = %(now)s, signed_off_by = %(by)s
  FROM {relation(JobKey, "due")}
 WHERE j.home_id = due.home_id AND j.order_id = due.order_id
   AND j.line_no = due.line_no AND j.state = 'done' AND j.done_at <= %(before)s
RETURNING j.home_id, j.order_id, j.line_no"""


def sign_off_overdue(work: Work, *, most: int = 5000) -> int:
    """Accept finished work to which nobody has objected in time; how many jobs, at most `most`."""
    now = work.now()
    due = work.rows(
        """SELECT o.home_id, o.id AS order_id, j.line_no
             FROM job j JOIN orders o ON o.home_id = j.home_id AND o.id = j.order_id
            WHERE j.state = 'done' AND j.done_at <= %(before)s
            ORDER BY o.home_id, o.id, j.line_no LIMIT %(most)s FOR UPDATE OF o SKIP LOCKED""",
        before=now - rules.SIGN_OFF_AFTER,
        most=most,
    )
    # The order is ours now; a client who objected a moment ago has changed the job's state.
    signed = work.rows(
        _SIGN_OFF_DUE,
        now=now,
        by=str(work.actor),
        before=now - rules.SIGN_OFF_AFTER,
        **given(due, JobKey, "due"),
    )
    _deliver(work, sorted(JobKey(*row) for row in signed))
    work.session.expire_all()
    return len(signed)


_LEFT = f"""
SELECT l.home_id, l.order_id, l.line_no, l.quantity - l.canceled - l.shipped AS ship,
       l.quantity - l.canceled - l.delivered AS deliver
  FROM order_line l JOIN {relation(JobKey, "done")} USING (home_id, order_id, line_no)
 ORDER BY 1, 2, 3"""


def _deliver(work: Work, keys: Sequence[JobKey]) -> None:
    """Say that these lines are performed: shipped and delivered in one, as far as not canceled."""
    left = work.rows(_LEFT, **given(keys, JobKey, "done"))
    orders.record_shipment(work, [_part(row, row.ship) for row in left if row.ship > 0])
    orders.record_delivery(work, [_part(row, row.deliver) for row in left if row.deliver > 0])
    orders.record_acceptance(work, [orders.LineAccepted(*key, work.now()) for key in keys])
    record_all(work, "job.signed_off", [(key.home_id, key.subject) for key in keys])


def _part(row: Any, quantity: int) -> orders.LineQuantity:
    return orders.LineQuantity(row.home_id, row.order_id, row.line_no, quantity)


_LOCK_ORDERS = f"""
SELECT 1 FROM orders o JOIN {ASKED} USING (home_id, id)
 ORDER BY o.home_id, o.id FOR UPDATE OF o"""


def _lock_orders(work: Work, keys: Sequence[JobKey]) -> None:
    work.rows(_LOCK_ORDERS, **asked((key.home_id, key.order_id) for key in keys))
