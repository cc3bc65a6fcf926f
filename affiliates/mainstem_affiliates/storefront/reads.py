"""What the client's page reads about one order. The signed link has named that order before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mainstem import withdrawals
from mainstem.calendar import place_of
from mainstem.kit import search_terms
from mainstem.kit.bulk import RowKey
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import Net, is_late, net_of_order, promised_on, tax_notes
from mainstem.withdrawals import OrderLine as Withdrawable


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line as it was bought, and how far it has come."""

    no: int
    name: str
    kind: str
    quantity: int
    total: Money
    canceled: int
    shipped: int
    delivered: int
    refunded: Money
    withdrawal: str
    """Whether it may be withdrawn from: `yes`, or the law's exception."""
    points: int
    """What all its pieces counted for when they were ordered; for whoever sold it, never for the client."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened, as an English message with what fills it."""

    at: datetime
    message: str
    facts: dict[str, str]
    tone: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClientRefund:
    """Money that goes back, or has gone."""

    amount: Money
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its client reads it. `state` is in the words of this page."""

    home_id: int
    id: UUID
    number: str
    storefront: str
    storefront_id: int
    state: str
    client: dict[str, str]
    address: dict[str, str]
    items: Money
    shipping: Money
    tax: Money
    total: Money
    placed_at: datetime
    pay_by: datetime
    is_payable: bool
    promised_by: date | None
    is_late: bool
    """The day we promised is over, and the client still waits."""
    withdraw_until: date | None
    """The last day of the client's right to withdraw from the purchase, once all of it has come."""
    withdrawals: list[withdrawals.Summary]
    cancelable: dict[int, int]
    """How many pieces of each line the client may still cancel by themselves."""
    now: datetime
    paid_at: datetime | None
    paid_by: str
    earns: bool
    earns_reason: str
    agreed: str
    """What the accepted quote covers, word for word; empty for what was bought in the shop."""
    agreed_number: str
    lines: list[OrderLine]
    moments: list[TimelineEntry]
    refunds: list[ClientRefund]
    session_id: str | None
    delivery: str
    """What the way is called in which it comes, where one was chosen."""
    tax_notes: list[str]
    """Why it carries another tax than the company's own, as English messages."""
    net: Net
    """The same without tax, for a storefront that shows its prices so."""


_ORDER = """
SELECT o.*, s.slug AS storefront,
       coalesce((SELECT p.provider FROM payment p WHERE p.home_id = o.home_id AND p.order_id = o.id
                    AND p.state = 'captured' ORDER BY p.attempt LIMIT 1), '') AS paid_by,
       (SELECT r.tax_bp FROM shipping_rate r WHERE r.currency = o.currency) AS shipping_tax_bp,
       coalesce(q.scope, '') AS agreed,
       coalesce(l.number || '-' || q.no, '') AS agreed_number,
       (SELECT p.state FROM payment p WHERE p.home_id = o.home_id AND p.order_id = o.id
         ORDER BY p.attempt DESC LIMIT 1) AS payment_state,
       (SELECT p.captured_at FROM payment p WHERE p.home_id = o.home_id AND p.order_id = o.id
           AND p.state = 'captured' ORDER BY p.attempt LIMIT 1) AS captured_at,
       (SELECT p.session_id FROM payment p WHERE p.home_id = o.home_id AND p.order_id = o.id
           AND p.provider = 'stripe' ORDER BY p.attempt DESC LIMIT 1) AS session_id
  FROM orders o JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
  LEFT JOIN lead l ON l.home_id = o.home_id AND l.id = o.lead_id
  LEFT JOIN quote q ON q.home_id = l.home_id AND q.lead_id = l.id AND q.state = 'accepted'
 WHERE o.home_id = %(home)s AND o.id = %(order)s"""

_LINES = """
SELECT line_no, name, kind, quantity, total_minor, canceled, shipped, delivered, refunded_minor,
       delivered_at, tax_minor, tax_bp, tax_country, tax_treatment, tax_reason, withdrawal, points
  FROM order_line WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY line_no"""

_PACKED = """
SELECT no, packed_at FROM fulfilment
 WHERE home_id = %(home)s AND order_id = %(order)s AND packed_at IS NOT NULL ORDER BY no"""

_PARCELS = """
SELECT no, carrier, tracking, state, shipped_at, delivered_at FROM parcel
 WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY no"""

_REFUNDS = """
SELECT amount_minor, currency, state, requested_at, succeeded_at FROM refund
 WHERE home_id = %(home)s AND order_id = %(order)s AND state IN ('requested','submitted','succeeded')
 ORDER BY requested_at"""


def order_view(work: Work, home_id: int, order_id: UUID) -> OrderView:
    """The order of a signed link."""
    asked = {"home": home_id, "order": order_id}
    row = work.row(_ORDER, **asked)
    if row is None:
        raise NotFound("order")
    currency = row.currency
    found = work.rows(_LINES, **asked)
    lines = [
        OrderLine(
            line.line_no,
            line.name,
            line.kind,
            line.quantity,
            Money(line.total_minor, currency),
            line.canceled,
            line.shipped,
            line.delivered,
            Money(line.refunded_minor, currency),
            line.withdrawal,
            line.points,
        )
        for line in found
    ]
    made = withdrawals.of_order(work, home_id, order_id)
    bought = withdrawals.lines_of(work, home_id, order_id)
    refunds = work.rows(_REFUNDS, **asked)
    promised = row.promised_on
    if row.paid_at is None and row.captured_at and any(line.kind == "goods" for line in lines):
        # The moment between the payment and its booking, which says the same.
        address = row.address
        promised = promised_on(
            row.captured_at,
            address["country"],
            address["postal_code"],
            work.tools.zone,
            chosen=row.delivery,
        )
    return OrderView(
        home_id=home_id,
        id=order_id,
        number=row.number,
        storefront=row.storefront,
        storefront_id=row.storefront_id,
        state=_state(row, work.now()),
        client=row.client,
        address=row.address,
        items=Money(row.items_minor, currency),
        shipping=Money(row.shipping_minor, currency),
        tax=Money(row.tax_minor, currency),
        total=Money(row.total_minor, currency),
        placed_at=row.placed_at,
        pay_by=row.pay_by,
        is_payable=_state(row, work.now()) == "unpaid",
        promised_by=promised,
        is_late=_state(row, work.now()) in ("paid", "shipped")
        and is_late(promised, work.now(), work.tools.zone),
        withdraw_until=_withdraw_until(row, bought),
        withdrawals=made,
        cancelable={}
        if row.captured_at and row.paid_at is None  # the moment before the payment is booked
        else withdrawals.cancelable(bought, row.state, is_paid=row.paid_minor > 0),
        now=work.now(),
        paid_at=row.paid_at,
        paid_by=row.paid_by,
        earns=row.earns,
        earns_reason=row.earns_reason,
        agreed=row.agreed,
        agreed_number=row.agreed_number,
        lines=lines,
        moments=sorted(
            [
                *_moments(work, row, asked, refunds),
                *(TimelineEntry(one.received_at, "You withdrew", {}, "wait") for one in made),
            ],
            key=lambda moment: moment.at,
        ),
        refunds=[
            ClientRefund(
                Money(refund.amount_minor, refund.currency),
                refund.state,
                refund.succeeded_at or refund.requested_at,
            )
            for refund in refunds
        ],
        session_id=row.session_id,
        delivery=row.delivery["name"] if row.delivery else "",
        tax_notes=tax_notes(row.taxes),
        net=net_of_order(row, [line._asdict() for line in found]),
    )


def _withdraw_until(row: Any, lines: list[Withdrawable]) -> date | None:
    place = place_of(row.address["country"], row.address["postal_code"])
    goods = withdrawals.right_ends(lines, placed_at=row.placed_at, place=place).goods
    return goods.last_day if goods else None


def storefront_of(work: Work, home_id: int, order_id: UUID) -> str:
    """In which storefront an order was placed."""
    slug = work.value(
        """SELECT s.slug FROM orders o
             JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
            WHERE o.home_id = %(home)s AND o.id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    if slug is None:
        raise NotFound("order")
    return str(slug)


def _state(row: Any, now: datetime) -> str:
    """Where the order stands, for its client: the newest thing that matters to them."""
    if row.state == "canceled":
        return "canceled"
    if row.payment_status == "refunded":
        return "refunded"
    if row.state == "pending" and row.captured_at is None:
        if row.payment_state == "processing":
            return "processing"
        return "unpaid" if row.pay_by > now else "expired"
    if row.state == "expired":
        return "expired"
    if row.fulfillment_status == "canceled":
        return "canceled"
    if row.fulfillment_status == "delivered":
        return "delivered"
    if row.fulfillment_status in ("shipped", "partial", "partially_delivered"):
        return "shipped"
    return "paid"


def _moments(
    work: Work, row: Any, asked: dict[str, Any], refunds: list[Any]
) -> list[TimelineEntry]:
    found = [TimelineEntry(row.placed_at, "You ordered", {}, "good")]
    if row.paid_at or row.captured_at:
        found.append(
            TimelineEntry(row.captured_at or row.paid_at, "We have your payment", {}, "good")
        )
    parcels = work.rows(_PARCELS, **asked)
    several = len(parcels) > 1
    for packed in work.rows(_PACKED, **asked):
        message = "Parcel {no} is packed" if several else "Your parcel is packed"
        found.append(TimelineEntry(packed.packed_at, message, {"no": str(packed.no)}, "good"))
    for parcel in parcels:
        facts = {"no": str(parcel.no), "carrier": parcel.carrier, "tracking": parcel.tracking}
        if parcel.shipped_at:
            message = "Parcel {no} left with {carrier}, {tracking}"
            message = message if several else "It left with {carrier}, parcel {tracking}"
            found.append(TimelineEntry(parcel.shipped_at, message, facts, "good"))
        if parcel.delivered_at:
            message = "Parcel {no} has arrived" if several else "It has arrived"
            found.append(TimelineEntry(parcel.delivered_at, message, facts, "good"))
    for refund in refunds:
        if refund.state == "succeeded" and refund.succeeded_at:
            found.append(TimelineEntry(refund.succeeded_at, "Money went back to you", {}, "good"))
        else:
            found.append(
                TimelineEntry(refund.requested_at, "Money is on its way back to you", {}, "wait")
            )
    if row.state == "expired":
        found.append(TimelineEntry(row.pay_by, "Not paid in time, so nothing was sent", {}, "bad"))
    if row.state == "canceled":
        at = work.value(
            """SELECT max(happened_at) FROM fact WHERE subject = %(order)s
                  AND home_id = %(home)s AND name = 'order.canceled'""",
            home=row.home_id,
            order=str(row.id),
        )
        found.append(TimelineEntry(at or row.placed_at, "The order was cancelled", {}, "bad"))
    return sorted(found, key=lambda moment: moment.at)


def standing_quote(work: Work, home_id: int, lead_id: UUID) -> tuple[int, str]:
    """The newest version of a lead's quote that was sent, and the storefront it came through."""
    row = work.row(
        """SELECT max(q.no) AS no, min(s.slug) AS storefront
             FROM quote q JOIN lead l ON l.home_id = q.home_id AND l.id = q.lead_id
             JOIN storefront s ON s.home_id = l.home_id AND s.id = l.storefront_id
            WHERE q.home_id = %(home)s AND q.lead_id = %(lead)s AND q.sent_at IS NOT NULL""",
        home=home_id,
        lead=lead_id,
    )
    if row is None or row.no is None:
        raise NotFound("quote")
    return int(row.no), str(row.storefront)


def order_for(work: Work, storefront_id: int, number: str, email: str) -> RowKey | None:
    """The order of this storefront with this number, if this is its client's e-mail address.

    The number is read however it was typed: with its hyphen, without, behind a `#`.
    """
    row = work.row(
        """SELECT o.home_id, o.id FROM orders o
             JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
            WHERE s.id = %(storefront)s AND o.number = %(number)s AND o.client_key = %(email)s""",
        storefront=storefront_id,
        number=search_terms.number_in(number),
        email=email.strip().lower(),
    )
    return (row.home_id, row.id) if row else None
