"""What the company owes: to clients whose money would not go back, and to affiliates."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES
from mainstem.money import Money


@dataclass(frozen=True, slots=True)
class Payable:
    """What the affiliates could be paid now in one currency."""

    currency: str
    affiliates: int
    payable_minor: int
    debts_minor: int

    @property
    def payable(self) -> Money:
        """What could be paid."""
        return Money(self.payable_minor, self.currency)

    @property
    def debts(self) -> Money:
        """What affiliates owe the company, below nothing."""
        return Money(self.debts_minor, self.currency)


# Who is owed money that would not go back. A failed refund whose money has gone back by another
# one is nobody's task any more; a duplicate payment is one while its last request has failed.
OWED_BACK = """
SELECT p.home_id, p.order_id, p.id, o.number, o.state AS order_state, o.client->>'name' AS client,
       p.currency, p.captured_minor AS amount_minor, '' AS reason, last.error,
       p.captured_at AS since, '{}'::text[] AS disputes, 'payments' AS kind
  FROM payment p JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
  CROSS JOIN LATERAL (SELECT n.state, n.error FROM operation n
                       WHERE n.home_id = p.home_id AND n.kind = 'refund' AND n.subject_id = p.id
                       ORDER BY n.attempt DESC LIMIT 1) AS last
 WHERE p.state = 'duplicate' AND last.state = 'failed'
 UNION ALL
SELECT r.home_id, r.order_id, r.id, o.number, o.state AS order_state, o.client->>'name' AS client,
       r.currency, r.amount_minor, r.reason, r.error, r.requested_at AS since,
       CASE WHEN paid.provider = 'stripe' THEN ARRAY(
              SELECT d.status FROM dispute d
               WHERE d.home_id = r.home_id AND d.order_id = r.order_id) ELSE '{}' END AS disputes,
       'refunds' AS kind
  FROM refund r JOIN payment paid ON paid.home_id = r.home_id AND paid.id = r.payment_id
  JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
 WHERE r.state = 'failed'
   AND r.amount_minor <= o.paid_minor - o.disputed_minor - (
         SELECT coalesce(sum(q.amount_minor), 0) FROM refund q
          WHERE q.home_id = r.home_id AND q.order_id = r.order_id
            AND q.state IN ('requested', 'submitted', 'succeeded'))"""


def payout_state(work: Work, home_id: int, payout_id: UUID) -> str:
    """How far a payout has come, which nobody else moves meanwhile; else NotFound."""
    state: str | None = work.value(
        "SELECT state FROM payout WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        home=home_id,
        id=payout_id,
    )
    if state is None:
        raise NotFound("payout")
    return state


def payable(work: Work) -> list[Payable]:
    """What the affiliates could be paid now, per currency: how many, how much, and the debts."""
    return work.rows_as(
        Payable,
        f"""SELECT currency, count(*) FILTER (WHERE minor > 0) AS affiliates,
                  coalesce(sum(minor) FILTER (WHERE minor > 0), 0)::bigint AS payable_minor,
                  coalesce(sum(minor) FILTER (WHERE minor < 0), 0)::bigint AS debts_minor
             FROM (SELECT owner_id, currency, sum(balance_minor)::bigint AS minor
                     FROM (SELECT owner_id, currency, balance_minor FROM ledger_balance
                            WHERE account = 'payable'
                           UNION ALL
                           SELECT owner_id, currency, signed_minor FROM {RECENT_ENTRIES}
                            WHERE account = 'payable') parts
                    GROUP BY 1, 2) owners
            WHERE minor <> 0 GROUP BY 1 ORDER BY 1""",
    )
