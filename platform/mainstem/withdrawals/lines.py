"""The lines of one order as withdrawing sees them: what is here, what is gone, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line, and how far each piece of it has come."""

    line_no: int
    sku: str
    name: str
    kind: str
    quantity: int
    total_minor: int
    canceled: int
    shipped: int
    delivered: int
    delivered_at: datetime | None
    withdrawal: str
    returned: int
    """Taken back after a withdrawal."""
    waits: int
    """Withdrawn from, and nothing has come of it yet."""
    at_work: bool
    """A team is there, or was: people decide about it."""

    @property
    def gone(self) -> int:
        """How many the client does not keep, as it stands."""
        return self.canceled + self.returned

    @property
    def free(self) -> int:
        """How many may still be withdrawn from."""
        return max(0, self.quantity - self.gone - self.waits)

    @property
    def here(self) -> int:
        """How many have not left and could still be canceled."""
        return 0 if self.at_work else self.quantity - self.canceled - self.shipped


_LINES = """
SELECT l.line_no, l.sku, l.name, l.kind, l.quantity, l.total_minor, l.canceled, l.shipped, l.delivered,
       l.delivered_at, l.withdrawal, w.returned, w.waits,
       l.kind = 'service' AND EXISTS (
         SELECT 1 FROM job j WHERE j.home_id = l.home_id AND j.order_id = l.order_id
            AND j.line_no = l.line_no AND j.state IN ('on_site', 'done', 'disputed')) AS at_work
  FROM order_line l
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(p.returned), 0)::int AS returned,
              coalesce(sum(p.quantity - p.canceled - p.returned - p.declined)
                         FILTER (WHERE x.state = 'received'), 0)::int AS waits
         FROM withdrawal_line p
         JOIN withdrawal x ON x.home_id = p.home_id AND x.id = p.withdrawal_id
        WHERE p.home_id = l.home_id AND p.order_id = l.order_id AND p.line_no = l.line_no) AS w
 WHERE l.home_id = %(home)s AND l.order_id = %(order)s ORDER BY l.line_no"""


def lines_of(work: Work, home_id: int, order_id: UUID) -> list[OrderLine]:
    """The lines of an order."""
    return work.rows_as(OrderLine, _LINES, home=home_id, order=order_id)
