"""One client, who needs no account: who they are by the e-mail that they gave, and what became of orders.

What belongs to orders is read for the orders of one page alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import CREDITED_TO


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """A client as they said who they are the last time."""

    client_key: str
    client: dict[str, str]
    address: dict[str, str]
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ClientJob:
    """A job of one of a client's orders."""

    home_id: int
    order_id: UUID
    line_no: int
    number: str
    state: str
    service: str
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientMoney:
    """Money of an order that went back, is to go back, or is contested. `kind`: refund, dispute."""

    kind: str
    home_id: int
    order_id: UUID
    number: str
    state: str
    currency: str
    amount_minor: int
    at: datetime

    @property
    def amount(self) -> Money:
        """How much of it."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Binding:
    """The seller that a client is tied to, and until when."""

    affiliate_id: int
    name: str
    bound_at: datetime
    bound_until: datetime


@dataclass(frozen=True, slots=True)
class PastBinding:
    """To whom a client is or was tied, from when until when, and why: by which order, if by one."""

    affiliate_id: int
    name: str
    since: datetime
    until: datetime
    reason: str
    home_id: int | None
    order_id: UUID | None
    number: str | None


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that is not closed, and to whom it is credited."""

    home_id: int
    id: UUID
    number: str
    placed_at: datetime
    credited: str


_LAST = """
SELECT client_key, client, address, at AS last_at FROM (
  (SELECT client_key, client, address, placed_at AS at FROM orders WHERE client_key = %(key)s
    ORDER BY placed_at DESC LIMIT 1)
  UNION ALL
  (SELECT client_key, client, address, created_at FROM lead
    WHERE mailbox = mailbox_of(%(key)s) AND client_key = %(key)s ORDER BY created_at DESC LIMIT 1)) AS said
 ORDER BY at DESC LIMIT 1"""


def client(work: Work, key: str) -> ClientDetails:
    """Who this is; else NotFound."""
    found = work.rows_as(ClientDetails, _LAST, key=key)
    if not found:
        raise NotFound("client")
    return found[0]


def jobs_of_orders(work: Work, orders: Sequence[RowKey]) -> list[ClientJob]:
    """The jobs of these orders, those to come first."""
    if not orders:
        return []
    return work.rows_as(
        ClientJob,
        f"""SELECT j.home_id, j.order_id, j.line_no, o.number, j.state, l.name AS service, j.starts_at
              FROM {ASKED_ORDERS}
              JOIN job j USING (home_id, order_id)
              JOIN order_line l USING (home_id, order_id, line_no)
              JOIN orders o ON o.home_id = j.home_id AND o.id = j.order_id
             ORDER BY j.starts_at DESC NULLS FIRST, j.order_id, j.line_no""",
        **asked(orders),
    )


def money_of_orders(work: Work, orders: Sequence[RowKey]) -> list[ClientMoney]:
    """The refunds and disputes of these orders, newest first."""
    if not orders:
        return []
    return work.rows_as(
        ClientMoney,
        f"""WITH chosen AS (SELECT home_id, order_id FROM {ASKED_ORDERS}),
                 money AS (
              SELECT 'refund' AS kind, home_id, order_id, state, currency, amount_minor, requested_at AS at
                FROM chosen JOIN refund USING (home_id, order_id)
              UNION ALL
              SELECT 'dispute', home_id, order_id, status, currency, amount_minor, opened_at
                FROM chosen JOIN dispute USING (home_id, order_id))
            SELECT m.kind, m.home_id, m.order_id, o.number, m.state, m.currency::text, m.amount_minor, m.at
              FROM money m JOIN orders o ON o.home_id = m.home_id AND o.id = m.order_id
             ORDER BY m.at DESC, m.order_id""",
        **asked(orders),
    )


def binding_of(work: Work, key: str) -> Binding | None:
    """The seller that a client is tied to, if that lasts still."""
    found = work.rows_as(
        Binding,
        """SELECT b.affiliate_id, a.name, b.bound_at, b.bound_until
             FROM client_binding b JOIN affiliate a ON a.id = b.affiliate_id
            WHERE b.client_key = %(key)s AND b.bound_until > %(now)s""",
        key=key,
        now=work.now(),
    )
    return found[0] if found else None


# The one that is in force or was the last; those that staff have replaced, as they were; and those that staff
# had made and that ran out since, of which nothing else is kept.
_BINDINGS = """
WITH kept AS (
  SELECT affiliate_id, bound_at AS since, bound_until AS until, reason, home_id, order_id
    FROM client_binding WHERE client_key = %(key)s
  UNION ALL
  SELECT from_affiliate_id, bound_at, decided_at, bound_by, bound_home_id, bound_order_id
    FROM binding_change WHERE client_key = %(key)s AND state = 'approved'
  UNION ALL
  SELECT c.to_affiliate_id, c.decided_at, c.bound_until, 'staff', NULL, NULL
    FROM binding_change c WHERE c.client_key = %(key)s AND c.state = 'approved'
     AND NOT EXISTS (SELECT FROM client_binding b
                      WHERE b.client_key = c.client_key AND b.bound_at = c.decided_at)
     AND NOT EXISTS (SELECT FROM binding_change n WHERE n.client_key = c.client_key
                        AND n.state = 'approved' AND n.bound_at = c.decided_at AND n.id <> c.id))
SELECT k.affiliate_id, a.name, k.since, k.until, k.reason, k.home_id, k.order_id, o.number
  FROM kept k JOIN affiliate a ON a.id = k.affiliate_id
  LEFT JOIN orders o ON o.home_id = k.home_id AND o.id = k.order_id
 ORDER BY k.since DESC, k.until DESC LIMIT %(most)s"""


def bindings_of(work: Work, key: str, *, most: int = 50) -> list[PastBinding]:
    """To whom a client is tied and was tied before, as far as it is kept, newest first."""
    return work.rows_as(PastBinding, _BINDINGS, key=key, most=most)


def open_orders_of(work: Work, key: str, *, most: int = 20) -> list[OpenOrder]:
    """Orders of a client that are not closed, newest first, each with whom it is credited to."""
    return work.rows_as(
        OpenOrder,
        f"""SELECT o.home_id, o.id, o.number, o.placed_at, a.name AS credited
              FROM orders o {CREDITED_TO} JOIN affiliate a ON a.id = credited.upline[1]
             WHERE o.client_key = %(key)s AND o.state IN ('pending', 'placed') AND o.earns
             ORDER BY o.placed_at DESC, o.home_id, o.id LIMIT %(most)s""",
        key=key,
        most=most,
    )
