"""Services that were performed before they came here: the history that a company brings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple
from uuid import UUID

from mainstem import orders
from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked, given, relation
from mainstem.kit.errors import Refused
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.orders import lock
from mainstem_fulfillment.jobs.model import JobKey
from mainstem_fulfillment.jobs.rules import PERFORMS

LASTED = timedelta(hours=1)
"""How long a job of the past is said to have taken: nobody wrote it down."""


class NobodyPerforms(Refused):
    """No team has ever been able to do this."""

    code: ClassVar[str] = "nobody_performs"
    message: ClassVar[str] = "No team performs {service}. Open one with that skill first."


_OPEN = f"""
SELECT j.home_id, j.order_id, j.line_no, p.category, l.quantity - l.canceled AS quantity,
       (SELECT t.id FROM team t
         WHERE t.active AND {PERFORMS}
         ORDER BY t.code LIMIT 1) AS team_id
  FROM job j
  JOIN {ASKED_ORDERS} USING (home_id, order_id)
  JOIN order_line l USING (home_id, order_id, line_no)
  JOIN variant v ON v.id = l.variant_id
  JOIN product p ON p.id = v.product_id
 WHERE j.state = 'unscheduled'
 ORDER BY j.home_id, j.order_id, j.line_no"""


class _Done(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    team_id: int
    at: datetime


_SIGN_OFF = f"""
UPDATE job j SET state = 'signed_off', team_id = done.team_id, starts_at = done.at - %(lasted)s,
       ends_at = done.at, done_at = done.at, signed_off_at = done.at, signed_off_by = %(by)s
  FROM {relation(_Done, "done")}
 WHERE j.home_id = done.home_id AND j.order_id = done.order_id AND j.line_no = done.line_no"""


def perform(work: Work, performed: Mapping[RowKey, datetime]) -> int:
    """Sign off the open jobs of these orders as done at these instants; how many there were.

    The first team with the skill is said to have done them. No half hour is held: those are over.
    """
    keys = in_key_order(performed)
    lock(work, keys)
    jobs = work.rows(_OPEN, **asked(keys))
    if not jobs:
        return 0
    for job in jobs:
        if job.team_id is None:
            raise NobodyPerforms(service=job.category)
    at = {(job.home_id, job.order_id): performed[job.home_id, job.order_id] for job in jobs}
    done = [
        _Done(job.home_id, job.order_id, job.line_no, job.team_id, at[job.home_id, job.order_id])
        for job in jobs
    ]
    work.run(_SIGN_OFF, lasted=LASTED, by=str(work.actor), **given(done, _Done, "done"))
    lines = [
        orders.LineQuantity(job.home_id, job.order_id, job.line_no, job.quantity) for job in jobs
    ]
    orders.record_shipment(work, lines, at=at)
    orders.record_delivery(work, lines, at=at)
    orders.record_acceptance(
        work, [orders.LineAccepted(one.home_id, one.order_id, one.line_no, one.at) for one in done]
    )
    record_all(
        work,
        "job.signed_off",
        [(job.home_id, JobKey(job.home_id, job.order_id, job.line_no).subject) for job in jobs],
        happened_at=[at[job.home_id, job.order_id] for job in jobs],
    )
    return len(jobs)
