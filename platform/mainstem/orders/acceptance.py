"""The client has accepted the work of a service: what is promised for accepted work is due from here on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mainstem.kit.bulk import given, relation
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.orders.progress import lock


class LineAccepted(NamedTuple):
    """A line of a service, and when its client accepted the work or let the time for it pass."""

    home_id: int
    order_id: UUID
    line_no: int
    at: datetime


# Once, and never before it was delivered: what a client has not got they cannot accept.
_ACCEPT = f"""
UPDATE order_line l SET accepted_at = accepted.at
  FROM {relation(LineAccepted, "accepted")}
 WHERE l.home_id = accepted.home_id AND l.order_id = accepted.order_id AND l.line_no = accepted.line_no
   AND l.kind = 'service' AND l.delivered > 0 AND l.accepted_at IS NULL
RETURNING l.home_id, l.order_id"""


def record_acceptance(work: Work, lines: Sequence[LineAccepted]) -> None:
    """The work of these lines, as far as it was delivered, is accepted."""
    if not lines:
        return
    lock(work, in_key_order((one.home_id, one.order_id) for one in lines))
    accepted = work.rows(_ACCEPT, **given(lines, LineAccepted, "accepted"))
    found = in_key_order({(row.home_id, row.order_id) for row in accepted})
    record_all(work, "order.work_accepted", found)
