"""Checkout: a hosted page of the gateway's for an order, opened once however often it is asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.kit.bulk import ASKED, asked, insert_many
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.ids import new_id, new_ids
from mainstem.kit.work import CLIENT, SYSTEM, Work
from mainstem.payments import operations
from mainstem.payments.errors import (
    GatewayBusy,
    GatewayDeclined,
    GatewayUnavailable,
    OrderNotPayable,
)

# The gateway keeps a checkout open for half an hour at least, and for a day at most.
_SESSION_LIFE = (timedelta(minutes=31), timedelta(hours=23))


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout that is durable with us and still to be opened at the gateway."""

    home_id: int
    payment_id: UUID
    operation_id: UUID
    key: str
    request: dict[str, Any]
    tried: bool = False


def start(
    database: Database, home_id: int, order_id: UUID, *, success_url: str, cancel_url: str
) -> str:
    """The page where the client pays this order. Asking twice gives the same page.

    The order and the operation are durable before the gateway is called; no transaction is open
    while it is. Raises OrderNotPayable, or GatewayUnavailable when the gateway does not answer.
    """
    with database.work(CLIENT) as work:
        ready = _open_checkout(work, home_id, order_id, success_url, cancel_url)
    return ready if isinstance(ready, str) else show_checkout(database, ready)


def show_checkout(database: Database, checkout: Checkout) -> str:
    """Open a checkout at the gateway: the page where the client pays.

    Raises GatewayUnavailable when the gateway does not answer; then `start` tries again.
    """
    home_id, payment_id = checkout.home_id, checkout.payment_id
    try:
        session = database.tools.gateway.create_session(checkout.request, checkout.key)
    except GatewayDeclined as error:
        with database.work(SYSTEM) as work:
            operations.close(work, home_id, checkout.operation_id, error=str(error))
            set_state(work, home_id, payment_id, "failed")
        raise GatewayUnavailable(str(error)) from error
    except GatewayBusy:
        raise
    except GatewayUnavailable as error:
        # The gateway may answer this key with the same trouble for ever. Nobody was given a page
        # that it may have opened, so the next try may safely open another.
        if checkout.tried:
            with database.work(SYSTEM) as work:
                operations.close(work, home_id, checkout.operation_id, error=str(error))
        raise
    assert session.url, "an open checkout has a page"
    with database.work(CLIENT) as work:
        operations.close(work, home_id, checkout.operation_id, provider_id=session.id)
        # Of two pages, opened by two clicks under two keys, the first one written down is shown.
        shown = work.value(
            """UPDATE payment SET session_id = coalesce(session_id, %(session)s),
                      pay_url = coalesce(pay_url, %(url)s),
                      state = CASE WHEN state = 'started' THEN 'open' ELSE state END
                WHERE home_id = %(home)s AND id = %(id)s RETURNING pay_url""",
            home=home_id,
            id=payment_id,
            session=session.id,
            url=session.url,
        )
    return str(shown)


_TO_PAY = f"""
SELECT o.home_id, o.id, o.number, o.state, o.currency, o.locale, o.total_minor, o.shipping_minor,
       o.pay_by, o.client_key, s.name AS shop,
       (SELECT json_agg(json_build_array(l.name, l.quantity, l.unit_minor, l.total_minor)
                        ORDER BY l.line_no)
          FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id) AS lines
  FROM orders o
  JOIN {ASKED} USING (home_id, id)
  LEFT JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id"""


def open_checkouts(
    work: Work, orders: Sequence[tuple[int, UUID, str, str]]
) -> dict[UUID, Checkout]:
    """Checkouts of orders that this very Work has placed, by order: for `show_checkout`.

    Asked as (home, order, success_url, cancel_url). They are durable with their orders, at one
    commit, so that paying needs no second road through the database.
    """
    urls = {order_id: (success, cancel) for _, order_id, success, cancel in orders}
    rows = work.rows(_TO_PAY, **asked(one[:2] for one in orders))
    payments = dict(zip(new_ids(len(rows)), rows, strict=True))
    _write_payments(work, [(order, id, 1) for id, order in payments.items()])
    opened = operations.open_tried(
        work,
        [
            (
                order.home_id,
                new_id(),
                "checkout",
                id,
                _session_request(order, id, *urls[order.id], now=work.now()),
            )
            for id, order in payments.items()
        ],
    )
    return {
        payments[one.subject_id].id: _checkout(one.home_id, one.subject_id, one) for one in opened
    }


def _checkout(home_id: int, payment_id: UUID, operation: Any) -> Checkout:
    return Checkout(
        home_id, payment_id, operation.id, operation.key, operation.request, operation.tried
    )


def _open_checkout(
    work: Work, home_id: int, order_id: UUID, success_url: str, cancel_url: str
) -> str | Checkout:
    order = work.row(_TO_PAY + " FOR UPDATE OF o", **asked([(home_id, order_id)]))
    if order is None:
        raise NotFound("order")
    if order.state != "pending" or order.pay_by <= work.now():
        raise OrderNotPayable(number=order.number, state=order.state)
    last = work.row(
        """SELECT id, attempt, state, pay_url,
                  coalesce(sum(captured_minor) FILTER (WHERE state = 'captured') OVER ()
                           >= %(total)s, false) AS paid
             FROM payment
            WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY attempt DESC LIMIT 1""",
        home=home_id,
        order=order_id,
        total=order.total_minor,
    )
    if last is not None and last.paid:
        # Captured, and its order not yet told: another page would take the money twice.
        raise OrderNotPayable(number=order.number, state="paid")
    if last is not None and last.state == "open":
        return str(last.pay_url)
    if last is not None and last.state == "processing":
        raise OrderNotPayable(number=order.number, state="processing")
    if last is not None and last.state == "started":
        payment_id = last.id
    else:
        payment_id = new_id()
        _write_payments(work, [(order, payment_id, last.attempt + 1 if last else 1)])
    request = _session_request(order, payment_id, success_url, cancel_url, now=work.now())
    operation = operations.open_operation(work, home_id, "checkout", payment_id, request)
    operations.trying(work, home_id, operation.id)
    return _checkout(home_id, payment_id, operation)


class _PaymentRow(NamedTuple):
    home_id: int
    id: UUID
    order_id: UUID
    provider: str
    attempt: int
    state: str
    currency: str
    amount_minor: int
    created_at: datetime


def _write_payments(work: Work, payments: Sequence[tuple[Any, UUID, int]]) -> None:
    """Payments of orders, as (order, id, attempt)."""
    now = work.now()
    rows = [
        _PaymentRow(
            home_id=order.home_id,
            id=id,
            order_id=order.id,
            provider="stripe",
            attempt=attempt,
            state="started",
            currency=order.currency,
            amount_minor=order.total_minor,
            created_at=now,
        )
        for order, id, attempt in payments
    ]
    insert_many(work, "payment", rows)


def _session_request(
    order: Any, payment_id: UUID, success_url: str, cancel_url: str, *, now: datetime
) -> dict[str, Any]:
    items = []
    for name, quantity, unit_minor, total_minor in order.lines:
        # A total that was agreed elsewhere need not be a multiple of the quantity.
        whole = unit_minor * quantity == total_minor
        items.append((name, quantity if whole else 1, unit_minor if whole else total_minor))
    if order.shipping_minor:
        items.append(("Frakt" if order.locale == "sv" else "Delivery", 1, order.shipping_minor))
    metadata = {
        "home_id": str(order.home_id),
        "order_id": str(order.id),
        "payment_id": str(payment_id),
    }
    # The gateway has a clock of its own, which no demo moves: tell it how long, by that clock.
    shortest, longest = _SESSION_LIFE
    life = min(max(order.pay_by - now, shortest), longest)
    # The client pays at the name that they know; without a shop, at the account's own.
    name = {"branding_settings": {"display_name": order.shop}} if order.shop else {}
    return name | {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "client_reference_id": str(order.id),
        "customer_email": order.client_key,
        "locale": order.locale,
        "line_items": [
            {
                "quantity": quantity,
                "price_data": {
                    "currency": order.currency.lower(),
                    "unit_amount": unit,
                    "product_data": {"name": name},
                },
            }
            for name, quantity, unit in items
        ],
        "payment_intent_data": {"transfer_group": f"order_{order.id}", "metadata": metadata},
        "metadata": metadata,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(time.time() + life.total_seconds()),
    }


def set_state(work: Work, home_id: int, payment_id: UUID, state: str) -> None:
    """Have a payment stand in this state."""
    work.run(
        """UPDATE payment SET state = %(state)s
            WHERE home_id = %(home)s AND id = %(id)s AND state = 'started'""",
        home=home_id,
        id=payment_id,
        state=state,
    )
