"""What pages read of withdrawals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.calendar import place_of, withdrawal_ends
from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money


@dataclass(frozen=True, slots=True)
class Summary:
    """That an order was withdrawn from, as whoever sees the order may know it."""

    id: UUID
    state: str
    received_at: datetime
    channel: str
    pieces: int
    """0 while nobody knows which."""


def of_order(work: Work, home_id: int, order_id: UUID) -> list[Summary]:
    """The withdrawals from an order, oldest first: nothing of what anybody typed."""
    return work.rows_as(
        Summary,
        """SELECT w.id, w.state, w.received_at, w.channel,
                  (SELECT coalesce(sum(l.quantity), 0)::int FROM withdrawal_line l
                    WHERE l.home_id = w.home_id AND l.withdrawal_id = w.id) AS pieces
             FROM withdrawal w WHERE w.home_id = %(home)s AND w.order_id = %(order)s
            ORDER BY w.received_at, w.id""",
        home=home_id,
        order=order_id,
    )


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Pieces of a line that a statement named."""

    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A statement as it was made: what its receipt says. `lines` only where it was made on the order's
    own page, where they were chosen."""

    home_id: int
    id: UUID
    storefront: str
    locale: str
    channel: str
    name: str
    number: str
    contact: str
    parts: str
    received_at: datetime
    lines: Sequence[ReceiptLine]


def receipt(work: Work, home_id: int, id: UUID) -> Receipt:
    """The receipt of a statement; the same whether or not there is such an order."""
    row = work.row(
        """SELECT w.home_id, w.id, s.slug AS storefront, w.locale, w.channel, w.name, w.number,
                  w.contact, w.parts, w.received_at
             FROM withdrawal w
             JOIN storefront s ON s.home_id = w.home_id AND s.id = w.storefront_id
            WHERE w.home_id = %(home)s AND w.id = %(id)s""",
        home=home_id,
        id=id,
    )
    if row is None:
        raise NotFound("page")
    lines = []
    if row.channel != "form":
        lines = work.rows_as(
            ReceiptLine,
            """SELECT o.name, l.quantity FROM withdrawal_line l
                 JOIN order_line o USING (home_id, order_id, line_no)
                WHERE l.home_id = %(home)s AND l.withdrawal_id = %(id)s ORDER BY l.line_no""",
            home=home_id,
            id=id,
        )
    return Receipt(**row._asdict(), lines=lines)


def begin_asked_at(work: Work, home_id: int, order_id: UUID) -> datetime | None:
    """When the client asked for the service of an order to begin before their right was over."""
    at = work.value(
        """SELECT q.begin_asked_at FROM orders o
             JOIN quote q ON q.home_id = o.home_id AND q.lead_id = o.lead_id AND q.state = 'accepted'
            WHERE o.home_id = %(home)s AND o.id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    assert at is None or isinstance(at, datetime)
    return at


def may_not_begin_until(work: Work, home_id: int, order_id: UUID) -> date | None:
    """The last day of the client's right to withdraw from the services of an order, where they have not
    asked for the work to begin before; None where they have, or where it is over."""
    if begin_asked_at(work, home_id, order_id) is not None:
        return None
    order = work.row(
        "SELECT placed_at, address FROM orders WHERE home_id = %(home)s AND id = %(order)s",
        home=home_id,
        order=order_id,
    )
    if order is None:
        return None
    place = place_of(order.address["country"], order.address.get("postal_code") or "")
    ending = withdrawal_ends(order.placed_at, place)
    return ending.last_day if work.now() < ending.over_at else None


# ---------------------------------------------------------------- the desk


@dataclass(frozen=True, slots=True)
class Waiting:
    """A withdrawal as the desk's list shows it."""

    home_id: int
    id: UUID
    order_id: UUID | None
    number: str
    name: str
    storefront: str
    channel: str
    state: str
    received_at: datetime
    refund_due_on: date | None
    pieces: int
    parts: str


_BY_TIME = (
    SortColumn("w.received_at", "received_at", datetime),
    SortColumn("w.home_id", "home_id", int),
    SortColumn("w.id", "id", UUID),
)
# Every refund is due so many days after its notice: what came first is due first.
_DUE_FIRST = Sorting("due", _BY_TIME, descending=False)
_NEWEST = Sorting("newest", _BY_TIME)

_LISTED = """
SELECT w.home_id, w.id, w.order_id, coalesce(o.number, w.number) AS number, w.name,
       s.name AS storefront, w.channel, w.state, w.received_at, w.refund_due_on, w.parts,
       (SELECT coalesce(sum(l.quantity - l.canceled - l.returned - l.declined), 0)::int
          FROM withdrawal_line l
         WHERE l.home_id = w.home_id AND l.withdrawal_id = w.id) AS pieces
  FROM withdrawal w
  JOIN storefront s ON s.home_id = w.home_id AND s.id = w.storefront_id
  LEFT JOIN orders o ON o.home_id = w.home_id AND o.id = w.order_id
 WHERE {where} {seek} {sorted}"""

LISTED_MAX = 50


def waiting(
    work: Work,
    *,
    all_of_them: bool = False,
    unmatched: bool = False,
    cursor: str | None = None,
    most: int = LISTED_MAX,
    strict: bool = False,
) -> Page[Waiting]:
    """Withdrawals that wait for somebody, what is due first first; or all of them, newest first."""
    where = "true" if all_of_them else "w.state = 'received'"
    if unmatched:
        where += " AND w.order_id IS NULL"
    return paging.read_as(
        work,
        Waiting,
        _LISTED.replace("{where}", where),
        _NEWEST if all_of_them else _DUE_FIRST,
        cursor=cursor,
        most=most,
        strict=strict,
    )


@dataclass(frozen=True, slots=True)
class DetailLine:
    """A line of a withdrawal, with what became of it."""

    line_no: int
    name: str
    sku: str
    quantity: int
    canceled: int
    returned: int
    declined: int
    why_not: str
    refunded_minor: int
    deducted_minor: int
    currency: str
    shipped: int
    delivered: int

    @property
    def waits(self) -> int:
        """How many pieces nothing has come of yet."""
        return self.quantity - self.canceled - self.returned - self.declined

    @property
    def refunded(self) -> Money:
        """What went back for it."""
        return Money(self.refunded_minor, self.currency)

    @property
    def deducted(self) -> Money:
        """What was kept for use beyond trying."""
        return Money(self.deducted_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Details:
    """A withdrawal as the desk sees it: the statement word for word, and what came of it."""

    home_id: int
    id: UUID
    storefront: str
    channel: str
    name: str
    number: str
    contact: str
    parts: str
    statement: str
    received_at: datetime
    recorded_at: datetime
    order_id: UUID | None
    order_number: str | None
    matched_by: str | None
    state: str
    reason: str
    refund_due_on: date | None
    delivery_minor: int
    currency: str | None
    decided_at: datetime | None
    decided_by: str | None
    waits_for_colleague: bool
    begin_asked_at: datetime | None
    lines: Sequence[DetailLine]

    @property
    def delivery(self) -> Money | None:
        """What of the delivery went back."""
        return Money(self.delivery_minor, self.currency) if self.currency else None


def details(work: Work, home_id: int, id: UUID) -> Details:
    """One withdrawal."""
    row = work.row(
        """SELECT w.home_id, w.id, s.name AS storefront, w.channel, w.name, w.number, w.contact,
                  w.parts, encode(w.statement_hash, 'hex') AS statement, w.received_at,
                  w.recorded_at, w.order_id, o.number AS order_number, w.matched_by, w.state,
                  w.reason, w.refund_due_on, w.delivery_minor, o.currency, w.decided_at,
                  w.decided_by, w.approval_id IS NOT NULL AS waits_for_colleague
             FROM withdrawal w
             JOIN storefront s ON s.home_id = w.home_id AND s.id = w.storefront_id
             LEFT JOIN orders o ON o.home_id = w.home_id AND o.id = w.order_id
            WHERE w.home_id = %(home)s AND w.id = %(id)s""",
        home=home_id,
        id=id,
    )
    if row is None:
        raise NotFound("withdrawal")
    lines = work.rows_as(
        DetailLine,
        """SELECT l.line_no, o.name, o.sku, l.quantity, l.canceled, l.returned, l.declined, l.why_not,
                  l.refunded_minor, l.deducted_minor, r.currency, o.shipped, o.delivered
             FROM withdrawal_line l
             JOIN order_line o USING (home_id, order_id, line_no)
             JOIN orders r ON r.home_id = l.home_id AND r.id = l.order_id
            WHERE l.home_id = %(home)s AND l.withdrawal_id = %(id)s ORDER BY l.line_no""",
        home=home_id,
        id=id,
    )
    begun = begin_asked_at(work, home_id, row.order_id) if row.order_id else None
    return Details(**row._asdict(), begin_asked_at=begun, lines=lines)
