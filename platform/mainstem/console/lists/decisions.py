"""What waits for somebody to decide: money that is to go back, and commission that is held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.console.lists.sales import PAGE
from mainstem.console.queries import APPROVALS, ApprovalRow
from mainstem.kit import paging
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work

_ASKED = Sorting(
    "asked",
    (
        SortColumn("a.asked_at", "asked_at", datetime),
        SortColumn("a.home_id", "home_id", int),
        SortColumn("a.id", "id", UUID),
    ),
    descending=False,
)


def approvals(
    work: Work, *, cursor: str | None = None, most: int = PAGE, strict: bool = False
) -> Page[ApprovalRow]:
    """The requests to send money back that wait for a second person, oldest first."""
    sql = f"{APPROVALS} a.state = 'needs_approval' {{seek}} {{sorted}}"
    return paging.read_as(work, ApprovalRow, sql, _ASKED, cursor=cursor, most=most, strict=strict)


@dataclass(frozen=True, slots=True)
class HeldCommissionRow:
    """An order whose commission is held until somebody says whose purchase it is."""

    home_id: int
    order_id: UUID
    held_at: datetime
    number: str
    client: str
    seller: str


_HELD = Sorting(
    "held",
    (
        SortColumn("r.held_at", "held_at", datetime),
        SortColumn("r.home_id", "home_id", int),
        SortColumn("r.order_id", "order_id", UUID),
    ),
    descending=False,
)
_REVIEWS = """
SELECT r.home_id, r.order_id, r.held_at, o.number, o.client->>'name' AS client, a.name AS seller
  FROM commission_review r
  JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
  JOIN affiliate a ON a.id = o.seller_id
 WHERE r.state = 'held' {seek} {sorted}"""


def commission_reviews(
    work: Work, *, cursor: str | None = None, most: int = PAGE, strict: bool = False
) -> Page[HeldCommissionRow]:
    """Orders whose commission is held, the longest first."""
    return paging.read_as(
        work, HeldCommissionRow, _REVIEWS, _HELD, cursor=cursor, most=most, strict=strict
    )
