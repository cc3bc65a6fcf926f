"""One order, with all that belongs to it across the slices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """One order by itself, with the names of its storefront and of who is credited."""

    home_id: int
    id: UUID
    number: str
    external_id: str | None
    state: str
    payment_status: str
    fulfillment_status: str
    currency: str
    client_key: str
    client: dict[str, str]
    address: dict[str, str]
    total_minor: int
    tax_minor: int
    paid_minor: int
    refunded_minor: int
    unallocated_minor: int
    disputed_minor: int
    taxes: dict[str, object] | None
    delivery: dict[str, object] | None
    seller_id: int
    is_shared: bool
    """Whether others are credited with a part of it."""
    attributed_by: str
    earns_reason: str
    plan_version: int
    lead_id: UUID | None
    promised_on: date | None
    placed_at: datetime
    paid_at: datetime | None
    delivered_at: datetime | None
    storefront: str
    seller: str
    lead_number: str | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of an order, or its delivery as line 0, with what has been asked back of it."""

    line_no: int
    variant_id: int | None
    sku: str
    name: str
    kind: str
    quantity: int
    canceled: int
    shipped: int
    delivered: int
    unit_minor: int
    total_minor: int
    refunded_minor: int
    asked_minor: int


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One attempt to pay."""

    id: UUID
    provider: str
    attempt: int
    state: str
    currency: str
    amount_minor: int
    captured_minor: int
    fee_minor: int
    reference: str | None
    intent_id: str | None
    created_at: datetime
    captured_at: datetime | None

    @property
    def amount(self) -> Money:
        """What was to be paid."""
        return Money(self.amount_minor, self.currency)

    @property
    def captured(self) -> Money:
        """What came."""
        return Money(self.captured_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What the gateway kept."""
        return Money(self.fee_minor, self.currency)


@dataclass(frozen=True, slots=True)
class RefundRow:
    """Money that was asked back."""

    id: UUID
    state: str
    currency: str
    amount_minor: int
    lines: list[dict[str, int]]
    goods_go: bool
    goodwill: bool
    pieces: dict[str, int]
    reason: str
    actor: str
    requested_at: datetime
    error: str | None
    reference: str | None

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A request to send money back that a second person answers."""

    home_id: int
    id: UUID
    order_id: UUID
    number: str
    client: str
    kind: str
    state: str
    currency: str
    amount_minor: int
    lines: list[dict[str, int]]
    goods_go: bool
    goodwill: bool
    pieces: dict[str, int]
    reason: str
    reference: str | None
    words: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None

    @property
    def amount(self) -> Money:
        """What would go back."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A payment that the client's bank has contested."""

    id: UUID
    status: str
    currency: str
    amount_minor: int
    withdrawn_minor: int
    fee_minor: int
    opened_at: datetime

    @property
    def amount(self) -> Money:
        """What is contested."""
        return Money(self.amount_minor, self.currency)

    @property
    def withdrawn(self) -> Money:
        """What the gateway has taken."""
        return Money(self.withdrawn_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What it costs besides."""
        return Money(self.fee_minor, self.currency)


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """A fulfilment, with its parcel if it has one."""

    no: int
    state: str
    location: str
    picker: str | None
    carrier: str | None
    tracking: str | None
    parcel_state: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job of an order."""

    line_no: int
    state: str
    starts_at: datetime | None
    service: str
    team: str


@dataclass(frozen=True, slots=True)
class RoutingRow:
    """Why here: one decision."""

    no: int
    kind: str
    chosen: str
    reason: str
    candidates: list[dict[str, object]]
    actor: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class OrderFact:
    """What happened to an order or a part of it."""

    id: UUID
    name: str
    subject: str
    actor: str
    happened_at: datetime


def order(work: Work, home_id: int, order_id: UUID) -> OrderDetails:
    """One order; else NotFound."""
    found = work.rows_as(
        OrderDetails,
        """SELECT o.home_id, o.id, o.number, o.external_id, o.state, o.payment_status,
                  o.fulfillment_status, o.currency, o.client_key, o.client, o.address, o.total_minor, o.tax_minor,
                  o.paid_minor, o.refunded_minor, o.unallocated_minor, o.disputed_minor, o.taxes,
                  o.delivery, o.seller_id, o.also_credited IS NOT NULL AS is_shared,
                  o.attributed_by, o.earns_reason, o.plan_version,
                  o.lead_id, o.promised_on, o.placed_at, o.paid_at, o.delivered_at, s.name AS storefront,
                  a.name AS seller, l.number AS lead_number
             FROM orders o
             JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
             JOIN affiliate a ON a.id = o.seller_id
             LEFT JOIN lead l ON l.home_id = o.home_id AND l.id = o.lead_id
            WHERE o.home_id = %(home)s AND o.id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    if not found:
        raise NotFound("order")
    return found[0]


def order_lines(work: Work, home_id: int, order_id: UUID) -> list[LineRow]:
    """An order's lines, with what has been asked back of each, and the delivery as line 0."""
    return work.rows_as(
        LineRow,
        """WITH asked AS (
             SELECT (part->>'line_no')::int AS line_no, sum((part->>'amount_minor')::bigint) AS minor
               FROM refund, jsonb_array_elements(lines) AS part
              WHERE home_id = %(home)s AND order_id = %(order)s
                AND state IN ('requested','submitted','succeeded') GROUP BY 1)
           SELECT l.line_no, l.variant_id, l.sku, l.name, l.kind, l.quantity, l.canceled, l.shipped, l.delivered,
                  l.unit_minor, l.total_minor, l.refunded_minor,
                  coalesce(asked.minor, 0)::bigint AS asked_minor
             FROM order_line l LEFT JOIN asked USING (line_no)
            WHERE l.home_id = %(home)s AND l.order_id = %(order)s
           UNION ALL
           SELECT 0, NULL, '', '', 'delivery', 1, 0, 0, 0, o.shipping_minor, o.shipping_minor, 0,
                  coalesce((SELECT minor FROM asked WHERE line_no = 0), 0)::bigint
             FROM orders o WHERE o.home_id = %(home)s AND o.id = %(order)s AND o.shipping_minor > 0
            ORDER BY 1""",
        home=home_id,
        order=order_id,
    )


def payments_of(work: Work, home_id: int, order_id: UUID) -> list[PaymentRow]:
    """What was paid, each attempt."""
    return work.rows_as(
        PaymentRow,
        """SELECT id, provider, attempt, state, currency, amount_minor, captured_minor, fee_minor,
                  reference, intent_id, created_at, captured_at
             FROM payment WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY attempt""",
        home=home_id,
        order=order_id,
    )


def refunds_of(work: Work, home_id: int, order_id: UUID) -> list[RefundRow]:
    """What was asked back, oldest first."""
    return work.rows_as(
        RefundRow,
        """SELECT id, state, currency, amount_minor, lines, goods_go, goodwill, pieces, reason, actor,
                  requested_at, error, reference
             FROM refund WHERE home_id = %(home)s AND order_id = %(order)s
            ORDER BY requested_at, id""",
        home=home_id,
        order=order_id,
    )


APPROVALS = """
SELECT a.home_id, a.id, a.order_id, o.number, o.client->>'name' AS client, a.kind, a.state,
       a.currency, a.amount_minor, a.lines, a.goods_go, a.goodwill, a.pieces, a.reason, a.reference, a.words,
       a.asked_by, a.asked_at, a.decided_by, a.decided_at
  FROM approval a JOIN orders o ON o.home_id = a.home_id AND o.id = a.order_id
 WHERE """


def approvals_of(work: Work, home_id: int, order_id: UUID) -> list[ApprovalRow]:
    """The requests to send money back of an order that a second person answers, oldest first."""
    return work.rows_as(
        ApprovalRow,
        APPROVALS + "a.home_id = %(home)s AND a.order_id = %(order)s ORDER BY a.asked_at, a.id",
        home=home_id,
        order=order_id,
    )


def approvals_waiting(work: Work, *, most: int = 100) -> list[ApprovalRow]:
    """The requests that nobody has answered yet, oldest first."""
    return work.rows_as(
        ApprovalRow,
        APPROVALS + "a.state = 'needs_approval' ORDER BY a.asked_at, a.id LIMIT %(most)s",
        most=most,
    )


def disputes_of(work: Work, home_id: int, order_id: UUID) -> list[DisputeRow]:
    """What the client's bank has contested."""
    return work.rows_as(
        DisputeRow,
        """SELECT id, status, currency, amount_minor, withdrawn_minor, fee_minor, opened_at
             FROM dispute WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY opened_at""",
        home=home_id,
        order=order_id,
    )


def parcels_of(work: Work, home_id: int, order_id: UUID) -> list[ParcelRow]:
    """An order's fulfilments, each with its parcel if it has one."""
    return work.rows_as(
        ParcelRow,
        """SELECT f.no, f.state, l.name AS location, f.picker, p.carrier, p.tracking,
                  p.state AS parcel_state, p.shipped_at, p.delivered_at
             FROM fulfilment f JOIN location l ON l.id = f.location_id
             LEFT JOIN parcel p ON p.home_id = f.home_id AND p.order_id = f.order_id
                  AND p.fulfilment_no = f.no
            WHERE f.home_id = %(home)s AND f.order_id = %(order)s ORDER BY f.no, p.no""",
        home=home_id,
        order=order_id,
    )


def jobs_of(work: Work, home_id: int, order_id: UUID) -> list[JobRow]:
    """An order's jobs."""
    return work.rows_as(
        JobRow,
        """SELECT j.line_no, j.state, j.starts_at, l.name AS service, coalesce(t.name, '') AS team
             FROM job j JOIN order_line l USING (home_id, order_id, line_no)
             LEFT JOIN team t ON t.id = j.team_id
            WHERE j.home_id = %(home)s AND j.order_id = %(order)s ORDER BY j.line_no""",
        home=home_id,
        order=order_id,
    )


def routing_of(work: Work, home_id: int, order_id: UUID) -> list[RoutingRow]:
    """Why here: every decision with every candidate."""
    return work.rows_as(
        RoutingRow,
        """SELECT no, kind, chosen, reason, candidates, actor, decided_at FROM routing_decision
            WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY no""",
        home=home_id,
        order=order_id,
    )


def places(work: Work) -> dict[str, str]:
    """The names of locations and teams, by their codes."""
    rows = work.rows("SELECT code, name FROM location UNION ALL SELECT code, name FROM team")
    return {row.code: row.name for row in rows}


def facts_of(work: Work, home_id: int, subjects: list[str]) -> list[OrderFact]:
    """Everything that happened to these subjects in one home, oldest first."""
    return work.rows_as(
        OrderFact,
        """SELECT id, name, subject, actor, happened_at FROM fact
            WHERE subject = ANY(%(subjects)s::text[]) AND home_id = %(home)s ORDER BY happened_at, id
            LIMIT 500""",
        subjects=subjects,
        home=home_id,
    )
