"""What a client has, for the pages that show it."""

from __future__ import annotations

from uuid import UUID

from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.store_credit.entries import today
from mainstem.store_credit.model import Balance, CreditView, OrderCredit

_BALANCES = """
SELECT currency,
       greatest(0, sum(left_minor) FILTER (WHERE is_usable OR left_minor < 0))::bigint AS usable_minor,
       coalesce(sum(left_minor) FILTER (WHERE is_held AND left_minor > 0), 0)::bigint AS held_minor,
       greatest(0, -sum(left_minor) FILTER (WHERE is_usable OR left_minor < 0))::bigint AS owed_minor
  FROM (SELECT c.currency, c.available_on > %(today)s AS is_held,
               c.available_on <= %(today)s AND (c.expires_on IS NULL OR c.expires_on > %(today)s) AS is_usable,
               (SELECT sum(amount_minor) FROM store_credit_entry WHERE credit_id = c.id) AS left_minor
          FROM store_credit c WHERE c.client_key = %(key)s) AS each
 WHERE left_minor <> 0 GROUP BY currency ORDER BY currency"""

_CREDITS = """
SELECT c.id, c.kind, c.currency, c.reason, c.actor, c.granted_at, c.available_on, c.expires_on,
       c.home_id, c.order_id, o.number, e.granted_minor, e.left_minor
  FROM store_credit c
  LEFT JOIN orders o ON o.home_id = c.home_id AND o.id = c.order_id
  JOIN LATERAL (SELECT sum(amount_minor)::bigint AS left_minor,
                       sum(amount_minor) FILTER (WHERE kind = 'granted')::bigint AS granted_minor
                  FROM store_credit_entry WHERE credit_id = c.id) AS e ON e.granted_minor IS NOT NULL
 WHERE c.client_key = %(key)s ORDER BY c.granted_at DESC, c.id DESC LIMIT %(most)s"""


def balances_of(work: Work, client_key: str) -> list[Balance]:
    """What a client has, by currency; nothing where there is and was none."""
    return work.rows_as(Balance, _BALANCES, key=client_key, today=today(work))


def debts_of(work: Work, client_key: str) -> list[Money]:
    """What a client owes of credit that was taken back after it was spent, by currency."""
    return [one.owed for one in balances_of(work, client_key) if one.owed_minor]


def credits_of(work: Work, client_key: str, *, most: int = 50) -> list[CreditView]:
    """A client's credits, the newest first."""
    return work.rows_as(CreditView, _CREDITS, key=client_key, most=most)


def spent_on(work: Work, home_id: int, order_id: UUID) -> int:
    """How much credit an order was paid with, less what came back, in minor units."""
    return int(
        work.value(
            """SELECT coalesce(-sum(amount_minor), 0)::bigint FROM store_credit_entry
                WHERE home_id = %(home)s AND order_id = %(order)s""",
            home=home_id,
            order=order_id,
        )
    )


def of_order(work: Work, home_id: int, order_id: UUID) -> OrderCredit:
    """The credit that was spent on an order, and what of it came back."""
    return work.rows_as(
        OrderCredit,
        """SELECT coalesce(-sum(amount_minor) FILTER (WHERE kind = 'spent'), 0)::bigint AS spent_minor,
                  coalesce(sum(amount_minor) FILTER (WHERE kind = 'given_back'), 0)::bigint
                    AS given_back_minor
             FROM store_credit_entry WHERE home_id = %(home)s AND order_id = %(order)s""",
        home=home_id,
        order=order_id,
    )[0]
