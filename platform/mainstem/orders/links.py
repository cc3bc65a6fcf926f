"""Links to an order's page: taken out of force together, by the client or by staff.

A link is signed and kept nowhere, so what is kept is the instant until which links were made that
open nothing any more. It is the machine's own time, as the one that is signed into a link is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work


class LinkWithdrawn(Refused):
    """Somebody has taken every link out of force that was made until then."""

    code: ClassVar[str] = "link_withdrawn"
    status: ClassVar[int] = 410
    message: ClassVar[str] = (
        "This link has been closed. Find your order again by its number and your e-mail address."
    )


def withdraw_links(work: Work, home_id: int, order_id: UUID) -> datetime:
    """Take every link to the order's page out of force; the instant from which a new one opens it."""
    changed = work.run(
        """UPDATE orders SET links_withdrawn_at = %(now)s
            WHERE home_id = %(home)s AND id = %(order)s""",
        home=home_id,
        order=order_id,
        # A link is signed as of a whole second.
        now=datetime.now(UTC).replace(microsecond=0),
    )
    if not changed:
        raise NotFound("order")
    record(work, "order.links_withdrawn", order_id, home=home_id)
    return links_open_from(work, home_id, order_id)


def check_link(work: Work, home_id: int, order_id: UUID, *, made_at: datetime) -> None:
    """Refuse a link to an order's page that was made before all of them were withdrawn."""
    if made_at < links_open_from(work, home_id, order_id):
        raise LinkWithdrawn


def links_open_from(work: Work, home_id: int, order_id: UUID) -> datetime:
    """As of when a link to this order must have been made to open it."""
    row = work.row(
        "SELECT links_withdrawn_at AS at FROM orders WHERE home_id = %(home)s AND id = %(order)s",
        home=home_id,
        order=order_id,
    )
    if row is None:
        raise NotFound("order")
    return row.at + timedelta(seconds=1) if row.at else datetime.min.replace(tzinfo=UTC)
